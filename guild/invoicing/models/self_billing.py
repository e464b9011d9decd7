"""Self-billing: the member's mandate, her own series, and what became of each document."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import InvoiceId, MemberId, SelfBillingMandateId
from guild.core.lifecycle import Lifecycle

SELF_BILL_LIFECYCLE: Final = Lifecycle(
    "self_bill",
    initial="open",
    moves={"accept": (("open",), "accepted"), "object": (("open",), "objected")},
)
"""A self-billed document waits for its supplier's word; silence accepts it."""


class SelfBillingMandate(Base):
    """A member's prior agreement that the co-operative writes her invoices to it.

    Article 224 of Directive 2006/112/EC. `evidence` says which words were signed, by whom and when.
    """

    __tablename__ = "self_billing_mandate"
    __table_args__ = (
        CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name="revoked_is_whole"),
        CheckConstraint("period IN ('payout', 'month')", name="period_known"),
        Index(
            "uq_self_billing_mandate_running",
            "member_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[SelfBillingMandateId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    terms_version: Mapped[int] = mapped_column(SmallInteger)
    language: Mapped[str] = mapped_column(String(5))
    typed_name: Mapped[str] = mapped_column(String(200))
    signed_at: Mapped[datetime]
    evidence: Mapped[dict[str, Any]]
    charter_version: Mapped[int]
    period: Mapped[str] = mapped_column(String(10), default="payout", server_default="payout")
    """How often she is billed (`rules.self_billing.Period`)."""
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_reason: Mapped[str] = mapped_column(Text, default="")


class SelfBill(Base):
    """What became of a self-billed document: it waits, was accepted, or objected to.

    The payouts that it is for are the rows of `models.self_bill_due` that name it.
    """

    __tablename__ = "self_bill"
    __table_args__ = (
        CheckConstraint(SELF_BILL_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("(state = 'objected') = (credit_note_id IS NOT NULL)", name="objected"),
        CheckConstraint("(state = 'objected') = (objection <> '')", name="objection_says_why"),
        Index("ix_self_bill_waiting", "object_by", postgresql_where=text("state = 'open'")),
        Index(None, "member_id", "invoice_id"),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    mandate_id: Mapped[SelfBillingMandateId] = mapped_column(ForeignKey("self_billing_mandate.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")
    object_by: Mapped[date]
    objection: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    credit_note_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)


class SupplierSeries(Base):
    """The counter of one member's own series, which the co-operative keeps for her.

    Article 226(2) asks for numbers that identify the supplier's invoices, so each has her own.
    """

    __tablename__ = "supplier_series"
    __table_args__ = (
        CheckConstraint("kind IN ('self_bill', 'self_bill_credit')", name="kind_known"),
        CheckConstraint("next >= 1", name="starts_at_one"),
    )

    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    next: Mapped[int]
    last_date: Mapped[date]
