"""Claims of statutory late interest; each claims a period of an invoice once."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    BankEntryId,
    DocumentId,
    InterestClaimId,
    InvoiceId,
    MemberId,
    OrganisationId,
)
from guild.core.lifecycle import Lifecycle

INTEREST_CLAIM: Final = Lifecycle(
    "interest_claim",
    initial="claimed",
    moves={
        "pay": (("claimed",), "paid"),
        "waive": (("claimed",), "waived"),
        "reopen": (("paid",), "claimed"),
    },
)
"""Claimed once; then paid, or given up with a reason. Open again when its money was none."""


class InterestClaim(Base):
    """Interest of a period and, once per invoice, the fixed compensation. Not a VAT document.

    `items` are the segments as they were reckoned, with rate and source, so that the claim can be
    read again as it was made whatever the tables say later.
    """

    __tablename__ = "interest_claim"
    __table_args__ = (
        CheckConstraint(INTEREST_CLAIM.check_sql(), name="state_known"),
        CheckConstraint("interest_minor >= 0 AND compensation_minor >= 0", name="amounts"),
        CheckConstraint("interest_minor + compensation_minor > 0", name="claims_something"),
        CheckConstraint("period_from <= period_to", name="period"),
        Index("uq_interest_claim_period", "invoice_id", "period_from", unique=True),
        Index(
            "uq_interest_claim_compensation",
            "invoice_id",
            unique=True,
            postgresql_where=sql("compensation_minor > 0"),
        ),
        Index("uq_interest_claim_reference", "reference", unique=True),
        Index(None, "client_id", "id"),
        Index("ix_interest_claim_open", "id", postgresql_where=sql("state = 'claimed'")),
    )

    id: Mapped[InterestClaimId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    invoice_number: Mapped[str] = mapped_column(String(80))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(10), default=INTEREST_CLAIM.initial)
    period_from: Mapped[date]
    period_to: Mapped[date]
    country: Mapped[str] = mapped_column(String(2))
    """Whose statute sets the rate."""
    items: Mapped[list[Any]]
    interest_minor: Mapped[int]
    compensation_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(25))
    """The structured reference that pays it (ISO 11649)."""
    claimed_on: Mapped[date]
    claimed_at: Mapped[datetime]
    claimed_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    document_id: Mapped[DocumentId | None] = mapped_column(ForeignKey("document.id"), default=None)
    ended_on: Mapped[date | None] = mapped_column(default=None)
    waived_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    waive_reason: Mapped[str] = mapped_column(String(500), default="")
    bank_entry_id: Mapped[BankEntryId | None] = mapped_column(default=None)
    charter_version: Mapped[int]

    @property
    def total_minor(self) -> int:
        """Interest and compensation together."""
        return self.interest_minor + self.compensation_minor
