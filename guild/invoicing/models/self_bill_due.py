"""What members were paid and what of it has its self-billed document, payout by payout."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import InvoiceId, MemberId, PayoutId, SelfBillingMandateId
from guild.core.lifecycle import Lifecycle

SELF_BILL_DUE_LIFECYCLE: Final = Lifecycle(
    "self_bill_due",
    initial="waiting",
    moves={
        "bill": (("waiting", "held"), "billed"),
        "hold": (("waiting",), "held"),
    },
)
"""A payout waits for its document, or for the end of its month; `held` is what the rules refused,
until it is tried again."""


class SelfBillDue(Base):
    """One settled payout under a mandate, and the document that it is part of."""

    __tablename__ = "self_bill_due"
    __table_args__ = (
        CheckConstraint(SELF_BILL_DUE_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("(state = 'billed') = (invoice_id IS NOT NULL)", name="billed_is_whole"),
        CheckConstraint("(state = 'held') = (problem <> '')", name="held_says_why"),
        Index(
            "ix_self_bill_due_waiting",
            "month",
            "member_id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_self_bill_due_held", "member_id", "payout_id",
            postgresql_where=text("state <> 'billed'"),
        ),
        Index(None, "invoice_id"),
    )  # fmt: skip

    payout_id: Mapped[PayoutId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    mandate_id: Mapped[SelfBillingMandateId] = mapped_column(ForeignKey("self_billing_mandate.id"))
    currency: Mapped[str] = mapped_column(String(3))
    lines: Mapped[list[Any]]
    """Invoice, number and net (minor units) of what was paid out."""
    settled_on: Mapped[date]
    month: Mapped[date]
    """The first day of the month in which it was paid."""
    state: Mapped[str] = mapped_column(String(10), default=SELF_BILL_DUE_LIFECYCLE.initial)
    problem: Mapped[str] = mapped_column(String(2000), default="")
    tried_at: Mapped[datetime | None] = mapped_column(default=None)
    invoice_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)
