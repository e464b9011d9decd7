"""Tables: parties under pseudonyms, invitations, attestations, disputes.

What was said is in `Attestation.payload`, the exact bytes that are committed to. Erasing sets salt
and payload to NULL; the commitment stays, here and in the log, and says nothing any more.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    AttestationId,
    ContactId,
    ContractId,
    DisputeId,
    MemberId,
    OrganisationId,
)
from guild.core.lifecycle import Lifecycle

ATTESTATION_LIFECYCLE: Final = Lifecycle(
    "attestation",
    initial="hidden",
    moves={
        "publish": (("hidden",), "published"),
        "contest": (("published",), "contested"),
        "uphold": (("contested",), "published"),
        "strike": (("contested",), "struck"),
        "erase": (("hidden", "published", "contested", "struck"), "erased"),
    },
)
"""From committed to public; a contested entry returns or is struck, by a rep's ruling."""

DISPUTE_LIFECYCLE: Final = Lifecycle(
    "dispute",
    initial="open",
    moves={
        "uphold": (("open",), "upheld"),
        "strike": (("open",), "struck"),
        "drop": (("open",), "dropped"),
    },
)
"""`upheld` and `struck` speak of the entry; a dispute is dropped when the entry is erased."""


class ReputationParty(Base):
    """A member or a client firm, known to the public by a random pseudonym only.

    `key` is a keyed hash: of the member's id, or of the firm's VAT or company number, since one
    firm stands in the register once per member. Erasing sets key and pseudonym to NULL.
    """

    __tablename__ = "reputation_party"
    __table_args__ = (
        CheckConstraint("kind IN ('member', 'client')", name="kind"),
        CheckConstraint("(key IS NULL) = (pseudonym IS NULL)", name="erased_whole"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    key: Mapped[bytes | None] = mapped_column(unique=True)
    pseudonym: Mapped[str | None] = mapped_column(String(32), unique=True)


class ReputationRules(Base):
    """Charter versions whose scoring rules the log has committed to."""

    __tablename__ = "reputation_rules"

    charter_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))


class AttestationInvitation(Base):
    """A finished contract about which both sides may speak until `closes_at`."""

    __tablename__ = "attestation_invitation"

    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(32), unique=True)
    """The contract's name in the public files."""
    invited_at: Mapped[datetime]
    closes_at: Mapped[datetime]


class Attestation(Base):
    """What one side of a contract said about the other (`about`), in answers to facts."""

    __tablename__ = "attestation"
    __table_args__ = (
        UniqueConstraint("contract_id", "about"),
        CheckConstraint(ATTESTATION_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("about IN ('freelancer', 'client')", name="about_known"),
        CheckConstraint("octet_length(commitment) = 32", name="commitment_size"),
        CheckConstraint(
            "(state = 'erased') = (salt IS NULL) AND (state = 'erased') = (payload IS NULL) AND "
            "(state = 'erased') = (subject_owner IS NULL) AND "
            "(state = 'erased') = (author_owner IS NULL)",
            name="erased_whole",
        ),
        CheckConstraint(
            "state IN ('hidden', 'erased') OR published_at IS NOT NULL", name="published_has_time"
        ),
        Index(None, "subject_party"),
        Index(
            "ix_attestation_relations", "submitted_at", postgresql_where=text("state = 'published'")
        ),
        Index("ix_attestation_due", "reveal_at", postgresql_where=text("state = 'hidden'")),
    )

    id: Mapped[AttestationId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(
        ForeignKey("attestation_invitation.contract_id")
    )
    about: Mapped[str] = mapped_column(String(10))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    contact_id: Mapped[ContactId | None] = mapped_column(ForeignKey("contact.id"))
    """The client's person who spoke; NULL where the member did."""
    subject_party: Mapped[UUID] = mapped_column(ForeignKey("reputation_party.id"))
    author_party: Mapped[UUID] = mapped_column(ForeignKey("reputation_party.id"))
    subject_owner: Mapped[str | None] = mapped_column(String(32))
    """Pseudonym of who stands behind the subject, as in the payload."""
    author_owner: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(10), default=ATTESTATION_LIFECYCLE.initial)
    charter_version: Mapped[int]
    commitment: Mapped[bytes] = mapped_column(unique=True)
    salt: Mapped[bytes | None]
    payload: Mapped[bytes | None]
    submitted_at: Mapped[datetime]
    reveal_at: Mapped[datetime]
    published_at: Mapped[datetime | None] = mapped_column(default=None)
    reply: Mapped[str | None] = mapped_column(Text, default=None)
    replied_at: Mapped[datetime | None] = mapped_column(default=None)


class AttestationDispute(Base):
    """An entry that its subject (or, by rule, the house) holds to be wrong or unfair."""

    __tablename__ = "attestation_dispute"
    __table_args__ = (
        UniqueConstraint("attestation_id"),
        CheckConstraint(DISPUTE_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("opened_by IN ('subject', 'rule')", name="opened_by_known"),
        CheckConstraint(
            "(state IN ('upheld', 'struck')) = (ruled_by IS NOT NULL AND ruled_at IS NOT NULL "
            "AND length(ruling) >= 10)",
            name="ruled_with_reasons",
        ),
        Index("ix_attestation_dispute_open", "due_at", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[DisputeId] = mapped_column(primary_key=True)
    attestation_id: Mapped[AttestationId] = mapped_column(ForeignKey("attestation.id"))
    opened_by: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default=DISPUTE_LIFECYCLE.initial)
    ruled_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    ruling: Mapped[str] = mapped_column(Text, default="")
    ruled_at: Mapped[datetime | None] = mapped_column(default=None)
