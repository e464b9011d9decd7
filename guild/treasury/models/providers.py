"""Payments that come through a payment provider: accounts there, links, and what was told."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    InvoiceId,
    LinkId,
    MemberId,
    PaymentId,
    ProviderAccountId,
    ProviderPaymentId,
)
from guild.core.lifecycle import Lifecycle

PROVIDER_PAYMENT: Final = Lifecycle(
    "provider_payment",
    initial="asked",
    moves={
        "pay": (("asked", "failed"), "paid"),
        "fail": (("asked",), "failed"),
        "return_part": (("paid", "returned"), "part_returned"),
        "return": (("paid", "part_returned"), "returned"),
        "reinstate": (("part_returned", "returned"), "paid"),
    },
)
"""What a provider takes back, whole or in part, it gives back when a dispute is won."""


class ProviderAccount(Base):
    """What the house holds at a provider in one currency; owner of a `provider_balance`."""

    __tablename__ = "provider_account"
    __table_args__ = (UniqueConstraint("provider", "currency"),)

    id: Mapped[ProviderAccountId] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    opened_at: Mapped[datetime]


class ProviderPayment(Base):
    """A link on which a client pays an invoice, and what became of it."""

    __tablename__ = "provider_payment"
    __table_args__ = (
        CheckConstraint(PROVIDER_PAYMENT.check_sql(), name="state"),
        CheckConstraint("amount_minor > 0 AND fee_minor >= 0", name="amounts"),
        CheckConstraint(
            "returned_minor >= 0 AND on_account_minor >= 0 AND charged_minor >= 0 "
            "AND (state IN ('part_returned', 'returned')) = (returned_minor > 0)",
            name="returned",
        ),
        CheckConstraint("(asked_by IS NULL) <> (link_id IS NULL)", name="asked"),
        Index(None, "invoice_id"),
    )

    id: Mapped[ProviderPaymentId] = mapped_column(primary_key=True)
    account_id: Mapped[ProviderAccountId] = mapped_column(ForeignKey("provider_account.id"))
    provider: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(120), default="")
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    state: Mapped[str] = mapped_column(String(16), default=PROVIDER_PAYMENT.initial)
    amount_minor: Mapped[int]
    fee_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    url: Mapped[str] = mapped_column(String(2000), default="")
    asked_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    link_id: Mapped[LinkId | None] = mapped_column(default=None)
    """The client's own link, when the client asked for it on the invoice's page."""
    asked_at: Mapped[datetime]
    paid_at: Mapped[datetime | None] = mapped_column(default=None)
    returned_minor: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    """What the provider has taken back of it and not given back."""
    on_account_minor: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    """What of it paid no invoice and was put on the client's account."""
    charged_minor: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    """What of it was taken back from the client's account because no invoice could be opened by it:
    a credit note had given it back, or the client had used it. It may have left the account below
    zero."""
    seen_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the provider was asked for what is recorded here; an older answer changes nothing."""


class ProviderRecording(Base):
    """A payment of the invoice that this money made; one more each time it was given back."""

    __tablename__ = "provider_recording"
    __table_args__ = (Index(None, "provider_payment_id"),)

    payment_id: Mapped[PaymentId] = mapped_column(primary_key=True)
    provider_payment_id: Mapped[ProviderPaymentId] = mapped_column(
        ForeignKey("provider_payment.id")
    )


class ProviderEvent(Base):
    """A webhook's event, taken once. Holds ids only."""

    __tablename__ = "provider_event"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(120))
    taken_at: Mapped[datetime]
