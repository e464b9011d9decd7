"""Tables: the review, its findings, declared ties, and the label that comes of it."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from guild.compliance.rules import PRINCIPLE_CODES, Threshold, Verdict
from guild.core.db import Base
from guild.core.ids import ContractId, LabelId, MemberId, OrganisationId, ReviewId
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

REVIEW_LIFECYCLE: Final = Lifecycle(
    "review",
    initial="opened",
    moves={
        "take": (("opened",), "in_review"),
        "hand_over": (("in_review",), "opened"),
        "propose": (("in_review",), "proposed"),
        "send_back": (("proposed",), "in_review"),
        "confirm": (("proposed",), "concluded"),
    },
)
"""From the request to a conclusion that two reps share."""

LABEL_LIFECYCLE: Final = Lifecycle(
    "label",
    initial="granted",
    moves={
        "pause": (("granted",), "paused"),
        "replace": (("granted", "paused", "withheld"), "replaced"),
        "withdraw": (("granted", "paused"), "withdrawn"),
    },
)
"""A label begins granted or withheld; a later review replaces it. It also runs out by its date."""


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class Review(Base):
    """One look at one version of a contract, by one rep and then by a second."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint(REVIEW_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("state = 'opened' OR reviewer_id IS NOT NULL", name="taken_by_someone"),
        CheckConstraint("seconder_id <> reviewer_id", name="two_persons"),
        CheckConstraint(
            "reviewer_id <> member_id AND seconder_id <> member_id", name="not_in_own_case"
        ),
        CheckConstraint("outcome IN ('granted', 'withheld')", name="outcome_known"),
        CheckConstraint(
            "state NOT IN ('proposed', 'concluded') OR (outcome IS NOT NULL"
            " AND length(reasons) > 0 AND seconder_id IS NOT NULL)",
            name="proposal_whole",
        ),
        CheckConstraint(
            "(state = 'concluded') = (concluded_at IS NOT NULL)", name="concluded_has_time"
        ),
        Index(
            "uq_review_open",
            "contract_id",
            unique=True,
            postgresql_where=text("state <> 'concluded'"),
        ),
        Index(None, "due_on", "id"),
    )

    id: Mapped[ReviewId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    contract_version: Mapped[int] = mapped_column(SmallInteger)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(20), default=REVIEW_LIFECYCLE.initial)
    opened_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    opened_at: Mapped[datetime]
    due_on: Mapped[date]
    charter_version: Mapped[int]
    checklist_version: Mapped[int]
    reviewer_id: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    taken_at: Mapped[datetime | None]
    private_note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Read by reps only; encrypted, since people write there what they were told."""
    note_to_member: Mapped[str] = mapped_column(Text, default="")
    note_to_all: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str | None] = mapped_column(String(20))
    reasons: Mapped[str] = mapped_column(Text, default="")
    proposed_at: Mapped[datetime | None]
    seconder_id: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    seconder_due_on: Mapped[date | None]
    """After this day another second rep is drawn."""
    sent_back_because: Mapped[str] = mapped_column(Text, default="")
    concluded_at: Mapped[datetime | None]


def note_context(review_id: ReviewId) -> str:
    """What the sealed note is bound to, so that it cannot be moved to another row."""
    return f"review.private_note:{review_id}"


SEALED_NOTE: Final = SealedColumn(Review.id, Review.private_note_sealed, note_context)


class ReviewFinding(Base):
    """What the rep found about one threshold of one principle."""

    __tablename__ = "review_finding"
    __table_args__ = (
        UniqueConstraint("review_id", "principle", "threshold"),
        CheckConstraint(_one_of("principle", PRINCIPLE_CODES), name="principle_known"),
        CheckConstraint(_one_of("threshold", tuple(Threshold)), name="threshold_known"),
        CheckConstraint(_one_of("verdict", tuple(Verdict)), name="verdict_known"),
        CheckConstraint("verdict <> 'met' OR length(btrim(evidence)) > 0", name="met_has_evidence"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[ReviewId] = mapped_column(ForeignKey("review.id"))
    principle: Mapped[str] = mapped_column(String(30))
    threshold: Mapped[str] = mapped_column(String(10))
    verdict: Mapped[str] = mapped_column(String(15))
    evidence: Mapped[str] = mapped_column(Text)
    found_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    found_at: Mapped[datetime]


class ReviewTie(Base):
    """A tie that a rep declared herself: kinship, friendship, a quarrel. The kind is not asked."""

    __tablename__ = "review_tie"

    review_id: Mapped[ReviewId] = mapped_column(ForeignKey("review.id"), primary_key=True)
    rep_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    declared_at: Mapped[datetime]


class Label(Base):
    """The public outcome of a review, under a code that says nothing."""

    __tablename__ = "label"
    __table_args__ = (
        CheckConstraint(
            LABEL_LIFECYCLE.check_sql(),
            name="state_known",
        ),
        CheckConstraint(
            "state <> 'withdrawn' OR (withdrawn_at IS NOT NULL AND withdrawal_reasons IS NOT NULL"
            " AND withdrawal_by IS NOT NULL AND withdrawal_second IS NOT NULL)",
            name="withdrawal_whole",
        ),
        CheckConstraint("withdrawal_by <> withdrawal_second", name="withdrawal_two_persons"),
        CheckConstraint("valid_until > issued_on", name="valid_for_a_time"),
        Index(
            "uq_label_current",
            "contract_id",
            unique=True,
            postgresql_where=text("state IN ('granted', 'paused', 'withheld')"),
        ),
    )

    id: Mapped[LabelId] = mapped_column(primary_key=True)
    review_id: Mapped[ReviewId] = mapped_column(ForeignKey("review.id"), unique=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    contract_version: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    reasons: Mapped[str] = mapped_column(Text)
    issued_on: Mapped[date]
    valid_until: Mapped[date]
    charter_version: Mapped[int]
    checklist_version: Mapped[int]
    paused_at: Mapped[datetime | None]
    withdrawal_reasons: Mapped[str | None] = mapped_column(Text)
    withdrawal_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    withdrawal_second: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    withdrawn_at: Mapped[datetime | None]
