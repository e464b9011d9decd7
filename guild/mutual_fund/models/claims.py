"""Claims, their sealed evidence, the juries drawn for them and what these decided."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ClaimId, EntryId, MemberId, PayoutId
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

CLAIM: Final = Lifecycle(
    "claim",
    initial="filed",
    moves={
        "withdraw": (("filed", "jury_drawn"), "withdrawn"),
        "draw": (("filed", "appealed"), "jury_drawn"),
        "grant": (("jury_drawn",), "granted"),
        "grant_part": (("jury_drawn",), "part"),
        "reject": (("jury_drawn",), "rejected"),
        "appeal": (("granted", "part", "rejected", "paid"), "appealed"),
        "pay": (("granted", "part"), "paid"),
        "return": (("paid",), "granted"),
    },
)
"""From filing to payment. An appeal leads through a second draw; it cannot lower the benefit.

What was granted in part is “granted” too once its payment came back from the bank.
"""

JUROR: Final = Lifecycle(
    "juror",
    initial="invited",
    moves={
        "accept": (("invited",), "accepted"),
        "decline": (("invited",), "declined"),
        "replace": (("invited", "accepted"), "replaced"),
        "give_verdict": (("accepted",), "done"),
        "dismiss": (("invited", "accepted"), "dismissed"),
    },
)
"""An invited member says yes or no within the charter's hours; silence replaces her."""


class Claim(Base):
    """A request for a benefit: which days, how much of the work was impossible, what it is worth.

    What the member wrote is evidence, sealed and apart from here (`ClaimEvidence`).
    """

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint(CLAIM.check_sql(), name="state_known"),
        CheckConstraint("started_on <= since AND since <= until", name="period"),
        CheckConstraint("capacity_lost_bps BETWEEN 1 AND 10000", name="capacity"),
        CheckConstraint("amount_minor > 0 AND days > 0", name="worth"),
        CheckConstraint("granted_minor BETWEEN 0 AND amount_minor", name="granted"),
        CheckConstraint("paid_minor BETWEEN 0 AND granted_minor", name="paid"),
        Index(None, "member_id", "id"),
        Index("ix_claim_open", "state", postgresql_where=sql("state IN ('filed', 'appealed')")),
    )

    id: Mapped[ClaimId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), default=CLAIM.initial)
    started_on: Mapped[date]
    since: Mapped[date]
    until: Mapped[date]
    capacity_lost_bps: Mapped[int]
    days: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    pot: Mapped[str] = mapped_column(String(40))
    charter_version: Mapped[int]
    filed_at: Mapped[datetime]
    granted_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    paid_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    """What has reached the member, or was set against her arrears."""
    appealed_at: Mapped[datetime | None]


class ClaimPayout(Base):
    """A payout that the treasury was asked for, and what became of it.

    ``ordered`` until the bank statement shows it; ``void`` when it was refused or came back.
    """

    __tablename__ = "claim_payout"
    __table_args__ = (
        CheckConstraint("state IN ('ordered', 'settled', 'void')", name="state_known"),
        Index(
            "uq_claim_payout_ordered",
            "claim_id",
            unique=True,
            postgresql_where=sql("state = 'ordered'"),
        ),
    )

    payout_id: Mapped[PayoutId] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    claim_id: Mapped[ClaimId] = mapped_column(ForeignKey("claim.id"))
    amount_minor: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="ordered")


class ClaimEvidence(Base):
    """A document or the member's own words, sealed with the row's id as context.

    Health data is opened by a union rep alone, who confirms that it fits; jurors open the rest.
    """

    __tablename__ = "claim_evidence"
    __table_args__ = (
        CheckConstraint("size_bytes BETWEEN 1 AND 262144", name="size"),
        Index(None, "claim_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[ClaimId] = mapped_column(ForeignKey("claim.id"))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(60))
    health: Mapped[bool]
    size_bytes: Mapped[int]
    content_sealed: Mapped[bytes | None]
    """Deleted (null) when nobody needs it any more; the row remains as proof of that."""
    added_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    fits: Mapped[bool | None]
    fits_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))


def evidence_context(evidence_id: UUID) -> str:
    """What a sealed document is bound to, so that it cannot be moved to another claim."""
    return f"claim_evidence.content:{evidence_id}"


SEALED_EVIDENCE = SealedColumn(
    ClaimEvidence.id, ClaimEvidence.content_sealed, evidence_context, batch=50
)


class ClaimAccess(Base):
    """Every opening of a document: who, when, in which capacity. The member sees this list."""

    __tablename__ = "claim_access"
    __table_args__ = (Index(None, "claim_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[ClaimId] = mapped_column(ForeignKey("claim.id"))
    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("claim_evidence.id"))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    capacity: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class JuryDraw(Base):
    """A draw by lot, with all that is needed to draw it again."""

    __tablename__ = "jury_draw"

    claim_id: Mapped[ClaimId] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    head: Mapped[bytes]
    head_size: Mapped[int]
    """Leaves of the checkpoint whose root the head is."""
    seed: Mapped[bytes]
    candidates_hash: Mapped[bytes]
    codes: Mapped[list[str]]
    ranked: Mapped[list[str]]
    """Member ids in the order drawn; never published, the codes are."""
    jury_size: Mapped[int] = mapped_column(SmallInteger)
    drawn_at: Mapped[datetime]


class Juror(Base):
    """A member who was drawn for a claim, her answer and her verdict with its reasons."""

    __tablename__ = "juror"
    __table_args__ = (
        CheckConstraint(JUROR.check_sql(), name="state_known"),
        CheckConstraint(
            "(state = 'done') = (outcome IS NOT NULL) AND (outcome IS NULL) = (reason IS NULL)",
            name="verdict_with_reason",
        ),
        CheckConstraint("outcome IN ('granted', 'part', 'rejected')", name="outcome_known"),
        CheckConstraint("btrim(reason) <> ''", name="reason_given"),
        Index("ix_juror_member_id", "member_id", "state"),
        Index("ix_juror_due", "due_at", postgresql_where=sql("state IN ('invited', 'accepted')")),
    )

    claim_id: Mapped[ClaimId] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    rank: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default=JUROR.initial)
    invited_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """To answer the invitation by, then to give the verdict by."""
    outcome: Mapped[str | None] = mapped_column(String(10))
    amount_minor: Mapped[int | None]
    reason_code: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[datetime | None]


class ClaimDecision(Base):
    """What a jury decided, why, and under which version of the charter. Append-only."""

    __tablename__ = "claim_decision"
    __table_args__ = (
        CheckConstraint("outcome IN ('granted', 'part', 'rejected')", name="outcome_known"),
        CheckConstraint("btrim(reasons) <> ''", name="reasons_given"),
    )

    claim_id: Mapped[ClaimId] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    outcome: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]
    reason_code: Mapped[str] = mapped_column(String(40))
    reasons: Mapped[str] = mapped_column(Text)
    charter_version: Mapped[int]
    decided_at: Mapped[datetime]
    entry_id: Mapped[EntryId | None]
    """The ledger entry that set the money aside; none when nothing was granted."""
