"""What ends otherwise than by payment: write-offs, overpayments, refunds, insolvent clients."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    BankEntryId,
    DocumentId,
    EntryId,
    InsolvencyId,
    InvoiceId,
    LinkId,
    MemberId,
    OrganisationId,
    RefundId,
    WriteOffId,
)
from guild.core.lifecycle import Lifecycle

WRITE_OFF: Final = Lifecycle(
    "write_off",
    initial="asked",
    moves={
        "book": (("asked",), "booked"),
        "refuse": (("asked",), "refused"),
        "reinstate": (("booked",), "reinstated"),
        "credit": (("booked",), "credited"),
    },
)
"""Asked for with a reason, booked by a second person (small rests at once), undone by money or by
a credit note over it."""

CLIENT_REFUND: Final = Lifecycle(
    "client_refund",
    initial="proposed",
    moves={
        "approve": (("proposed",), "approved"),
        "refuse": (("proposed",), "refused"),
        "order": (("approved", "failed"), "ordered"),
        "settle": (("approved", "ordered"), "paid"),
        "fail": (("ordered", "paid"), "failed"),
        "drop": (("proposed", "approved", "failed"), "refused"),
    },
)
"""Money back to a client: proposed, approved by another person, then the bank's course."""

REFUND_LIVE: Final = ("proposed", "approved", "failed")
"""States in which a refund takes up the client's credit; what is ordered has left it already."""

INSOLVENCY: Final = Lifecycle(
    "insolvency",
    initial="flagged",
    moves={"lift": (("flagged",), "lifted")},
)
"""An insolvent client; lifted by another person when the court has lifted it."""

WRITE_OFF_REASONS: Final = (
    "small_rest",
    "insolvent",
    "uncollectable",
    "settlement",
    "statute_barred",
)


class WriteOff(Base):
    """What is open on an invoice, or a part of it, given up."""

    __tablename__ = "write_off"
    __table_args__ = (
        CheckConstraint(WRITE_OFF.check_sql(), name="state_known"),
        CheckConstraint(f"reason_code IN {WRITE_OFF_REASONS!r}", name="reason_known"),
        CheckConstraint("amount_minor > 0 AND vat_minor >= 0", name="amounts"),
        CheckConstraint(
            "approved_by IS NULL OR small OR approved_by <> asked_by", name="second_person"
        ),
        CheckConstraint(
            "(state IN ('booked', 'reinstated', 'credited')) = (entry_id IS NOT NULL)",
            name="booked_is_posted",
        ),
        CheckConstraint(
            "credited_minor BETWEEN 0 AND amount_minor "
            "AND credited_vat_minor BETWEEN 0 AND vat_minor "
            "AND (state = 'credited') = (credited_minor = amount_minor)",
            name="credited_within",
        ),
        CheckConstraint("vat_decision IN ('', 'reclaim', 'bear')", name="vat_decision_known"),
        Index(
            "uq_write_off_asked",
            "invoice_id",
            unique=True,
            postgresql_where=sql("state = 'asked'"),
        ),
        Index(None, "entry_id"),
        Index(None, "invoice_id"),
    )

    id: Mapped[WriteOffId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(12), default=WRITE_OFF.initial)
    small: Mapped[bool]
    """Whether it was within what the charter leaves to the member alone."""
    amount_minor: Mapped[int]
    vat_minor: Mapped[int]
    """The VAT in it, which stays owed to the State until the treasurer decides (`vat_decision`)."""
    credited_minor: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    """What credit notes took back of it: it was not owed, so it is no loss."""
    credited_vat_minor: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    currency: Mapped[str] = mapped_column(String(3))
    reason_code: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    asked_at: Mapped[datetime]
    approved_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    entry_id: Mapped[EntryId | None] = mapped_column(default=None)
    vat_decision: Mapped[str] = mapped_column(String(10), default="")
    vat_decided_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    vat_ground: Mapped[str] = mapped_column(String(500), default="")
    charter_version: Mapped[int]


class Overpayment(Base):
    """What a bank entry brought beyond what was open, kept for the client. Append-only."""

    __tablename__ = "overpayment"
    __table_args__ = (
        CheckConstraint("kind IN ('twice', 'surplus')", name="kind_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(None, "client_id", "bank_entry_id"),
    )

    bank_entry_id: Mapped[BankEntryId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    noticed_at: Mapped[datetime]


class ClientRefund(Base):
    """Money that goes back to a client out of its credit; treasury moves it once approved."""

    __tablename__ = "client_refund"
    __table_args__ = (
        CheckConstraint(CLIENT_REFUND.check_sql(), name="state_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "approved_by IS NULL OR (approved_by IS DISTINCT FROM proposed_by "
            "AND approved_by IS DISTINCT FROM confirmed_by)",
            name="second_person",
        ),
        Index(
            "uq_client_refund_entry",
            "bank_entry_id",
            unique=True,
            postgresql_where=sql("bank_entry_id IS NOT NULL AND state <> 'refused'"),
        ),
        Index(None, "client_id", "id"),
    )

    id: Mapped[RefundId] = mapped_column(primary_key=True)
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    """Whose client it is; she does not approve it."""
    invoice_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)
    bank_entry_id: Mapped[BankEntryId | None] = mapped_column(default=None)
    """The payment that came in; the refund goes back to the account that it came from."""
    state: Mapped[str] = mapped_column(String(10), default=CLIENT_REFUND.initial)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(500))
    proposed_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    """None: Guild proposed it because something was paid twice."""
    confirmed_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    """Who confirmed the bank entry behind what Guild proposed; she does not approve it."""
    proposed_at: Mapped[datetime]
    approved_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decision_note: Mapped[str] = mapped_column(String(500), default="")
    paid_on: Mapped[date | None] = mapped_column(default=None)


class Insolvency(Base):
    """A client that a court has declared insolvent, with the evidence for it."""

    __tablename__ = "insolvency"
    __table_args__ = (
        CheckConstraint(INSOLVENCY.check_sql(), name="state_known"),
        CheckConstraint("lifted_by IS NULL OR lifted_by <> flagged_by", name="second_person"),
        Index(
            "uq_insolvency_flagged",
            "client_key",
            unique=True,
            postgresql_where=sql("state = 'flagged'"),
        ),
        Index(None, "client_id"),
    )

    id: Mapped[InsolvencyId] = mapped_column(primary_key=True)
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    client_key: Mapped[str] = mapped_column(String(60))
    """What makes clients of several members one and the same (see `members.rules.clients`)."""
    state: Mapped[str] = mapped_column(String(10), default=INSOLVENCY.initial)
    court: Mapped[str] = mapped_column(String(200))
    case_number: Mapped[str] = mapped_column(String(80))
    declared_on: Mapped[date]
    claims_by: Mapped[date | None] = mapped_column(default=None)
    """The last day to declare claims with the administrator, if known."""
    evidence: Mapped[str] = mapped_column(String(2000))
    """What shows it: the official journal's address and text, the administrator's letter."""
    flagged_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    flagged_at: Mapped[datetime]
    bundle_document_id: Mapped[DocumentId | None] = mapped_column(
        ForeignKey("document.id"), default=None
    )
    lifted_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    lifted_at: Mapped[datetime | None] = mapped_column(default=None)
    lift_reason: Mapped[str] = mapped_column(String(500), default="")


class ProfileReply(Base):
    """What a client says about its payment profile; a dispute of the figures shows beside them."""

    __tablename__ = "profile_reply"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('', 'recomputed', 'confirmed') AND (outcome = '') = (settled_by IS NULL)",
            name="outcome_known",
        ),
    )

    client_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    contested: Mapped[bool]
    text: Mapped[str] = mapped_column(String(2000))
    said_at: Mapped[datetime]
    link_id: Mapped[LinkId]
    outcome: Mapped[str] = mapped_column(String(12), default="", server_default=sql("''"))
    """What a treasurer found when the client contested: recomputed, or confirmed as they are."""
    settled_reason: Mapped[str] = mapped_column(String(500), default="", server_default=sql("''"))
    settled_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    settled_at: Mapped[datetime | None] = mapped_column(default=None)


class ProfileNotice(Base):
    """The client was told that its figures will be shown, and from when. Once per client."""

    __tablename__ = "profile_notice"

    client_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    told_at: Mapped[datetime]
    shown_from: Mapped[date]
