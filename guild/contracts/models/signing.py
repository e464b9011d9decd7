"""Tables of signing: each person who answers for the client, with her link, code and answer."""

from datetime import datetime
from typing import Any, Final

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

from guild.core.db import Base
from guild.core.ids import (
    ContactId,
    ContractId,
    LinkId,
    MailId,
    MemberId,
    ObjectionToSigningId,
    SignatureRequestId,
    SignerId,
    VoidingId,
)
from guild.core.lifecycle import Lifecycle

SIGNER_LIFECYCLE: Final = Lifecycle(
    "contract_signer",
    initial="waiting",
    moves={
        "ask": (("waiting",), "asked"),
        "inform": (("waiting",), "informed"),
        "sign": (("asked",), "signed"),
        "delegate": (("asked",), "delegated"),
        "spare": (("waiting", "asked"), "not_needed"),
        "stop": (("waiting", "asked"), "stopped"),
    },
)
"""One person of one version: asked in her turn, until she signs, passes it on, or is not needed."""


REQUEST_LIFECYCLE: Final = Lifecycle(
    "signature_request",
    initial="open",
    moves={
        "sign": (("open",), "signed"),
        "refuse": (("open",), "refused"),
        "replace": (("open",), "replaced"),
    },
)
"""A prepared signature: signed once, refused by the person, or replaced by a newer one."""

OBJECTION_LIFECYCLE: Final = Lifecycle(
    "signing_objection",
    initial="open",
    moves={
        "lift": (("open",), "lifted"),
        "uphold": (("open",), "upheld"),
    },
)
"""“This was not me”: a rep finds that the signature stands, or that it does not."""

VOIDING_LIFECYCLE: Final = Lifecycle(
    "contract_voiding",
    initial="asked",
    moves={
        "confirm": (("asked",), "confirmed"),
        "refuse": (("asked",), "refused"),
        "withdraw": (("asked",), "withdrawn"),
    },
)
"""One side asks to make a signed contract void; only the other's yes does it."""


class ContractSigner(Base):
    """One person who answers a version for the client.

    People of the same `rank` are asked side by side, ranks one after the other; a rank is done when
    `needed` of its people have signed. Approvers count like signers. Viewers read along, copies get
    the sealed file. `code_tries` counts wrong codes of the present link.
    """

    __tablename__ = "contract_signer"
    __table_args__ = (
        UniqueConstraint("contract_id", "version", "contact_id"),
        CheckConstraint(SIGNER_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("role IN ('signer', 'approver', 'viewer', 'copy')", name="role_known"),
        CheckConstraint("code_tries BETWEEN 0 AND 100", name="tries_bounded"),
        CheckConstraint("rank BETWEEN 1 AND 20 AND needed BETWEEN 0 AND 20", name="order_bounded"),
        CheckConstraint("(state = 'signed') = (signed_at IS NOT NULL)", name="signed_has_time"),
        Index("ix_contract_signer_asked", "id", postgresql_where=text("state = 'asked'")),
    )

    id: Mapped[SignerId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    version: Mapped[int] = mapped_column(SmallInteger)
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(10))
    rank: Mapped[int] = mapped_column(SmallInteger)
    needed: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    delegated_by_id: Mapped[SignerId | None] = mapped_column(ForeignKey("contract_signer.id"))
    asked_at: Mapped[datetime | None]
    link_id: Mapped[LinkId | None]
    link_sent_at: Mapped[datetime | None]
    links_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    opened_at: Mapped[datetime | None]
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_sent_at: Mapped[datetime | None]
    code_expires_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    codes_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    reminders_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    link_mail_id: Mapped[MailId | None]
    """The mail that holds her present link; mails are forgotten earlier than contracts."""
    bounced_at: Mapped[datetime | None]
    """When a mail to her present link came back."""
    signed_at: Mapped[datetime | None]


class SignatureRequest(Base):
    """A signature that waits for a passkey or a provider of identities.

    `manifest_sha256` is what is signed: the SHA-256 of the manifest of the first `entries` entries
    of the chain. Without a signer it is the member's own, for what she is about to send.
    """

    __tablename__ = "signature_request"
    __table_args__ = (
        CheckConstraint(REQUEST_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("level IN ('advanced', 'eid')", name="level_known"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_has_time"),
        CheckConstraint("expires_at > asked_at", name="expires"),
        Index(
            "uq_signature_request_open",
            "contract_id",
            "signer_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[SignatureRequestId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    version: Mapped[int] = mapped_column(SmallInteger)
    signer_id: Mapped[SignerId | None] = mapped_column(ForeignKey("contract_signer.id"))
    level: Mapped[str] = mapped_column(String(10))
    said: Mapped[dict[str, Any]]
    """Typed name, role, consent and code as they were given (`rules.signing.Said`)."""
    shown_sha256: Mapped[str] = mapped_column(String(64))
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class SigningObjection(Base):
    """A signer says that she is not the right person, or that it was not she who signed."""

    __tablename__ = "signing_objection"
    __table_args__ = (
        CheckConstraint(OBJECTION_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("kind IN ('not_me', 'not_authorised')", name="kind_known"),
        CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (state = 'open') = (reasons IS NULL)",
            name="decided_has_reasons",
        ),
        Index(
            "uq_signing_objection_open",
            "contract_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[ObjectionToSigningId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    signer_id: Mapped[SignerId] = mapped_column(ForeignKey("contract_signer.id"))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    raised_at: Mapped[datetime]
    decide_by: Mapped[datetime]
    rep_letters: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often the reps were written to: 1 reminded before the day, 2 the day has passed."""
    decided_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    decided_at: Mapped[datetime | None]
    reasons: Mapped[str | None] = mapped_column(Text)


class ContractVoiding(Base):
    """One side's wish to make a signed contract void, and the other side's answer."""

    __tablename__ = "contract_voiding"
    __table_args__ = (
        CheckConstraint(VOIDING_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("asked_by IN ('member', 'client')", name="side_known"),
        CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered_has_time"),
        Index(
            "uq_contract_voiding_open",
            "contract_id",
            unique=True,
            postgresql_where=text("state = 'asked'"),
        ),
    )

    id: Mapped[VoidingId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    asked_by: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
