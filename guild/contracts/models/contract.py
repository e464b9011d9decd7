"""Tables: the contract, its frozen offers, milestones, deliveries, and the chain of evidence."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
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
    DeliveryId,
    DocumentId,
    MemberId,
    MilestoneId,
    OfferId,
    OrganisationId,
    PaperId,
)
from guild.core.lifecycle import Lifecycle

CONTRACT_LIFECYCLE: Final = Lifecycle(
    "contract",
    initial="draft",
    moves={
        "edit": (("draft", "changes_requested"), "draft"),
        "send": (("draft",), "sent"),
        "sign": (("sent",), "signed"),
        "request_changes": (("sent",), "changes_requested"),
        "decline": (("sent",), "declined"),
        "expire": (("sent",), "expired"),
        "withdraw": (("draft", "sent", "changes_requested"), "withdrawn"),
        "complete": (("signed",), "completed"),
        "terminate": (("signed",), "terminated"),
        "apply": (("signed",), "applied"),
        "suspend": (("signed",), "suspended"),
        "lift": (("suspended",), "signed"),
        "void": (("signed", "suspended"), "void"),
    },
)
"""From draft to performed. That the client has *seen* an offer is a fact beside it, not a state."""

MILESTONE_LIFECYCLE: Final = Lifecycle(
    "milestone",
    initial="planned",
    moves={
        "deliver": (("planned", "changes_requested"), "delivered"),
        "request_changes": (("delivered",), "changes_requested"),
        "accept": (("delivered",), "accepted"),
        "invoice": (("accepted",), "invoiced"),
        "cancel": (("planned", "changes_requested"), "cancelled"),
    },
)
"""One piece of work from plan to invoice."""


SEARCHED: Final = (
    "to_tsvector('simple', contract.title || ' ' || replace(contract.number, '-', ' '))"
    " || jsonb_to_tsvector('simple', contract.terms, '[\"string\"]')"
)
"""What the full-text index holds of a contract: title, number, and every text of its terms.

`simple` takes words as they are: contracts are in several languages, and names in none.
"""


class ContractCounter(Base):
    """The last contract number given in a year; its row is the queue for the next."""

    __tablename__ = "contract_counter"

    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int]


class Contract(Base):
    """An agreement between a member and a client, through the cooperative.

    The working terms are in `terms`; what was offered is frozen in `ContractOffer`. Money is net,
    in minor units of `currency`.
    """

    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint(CONTRACT_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("net_minor > 0", name="value_positive"),
        CheckConstraint(
            "kind IN ('fixed', 'milestones', 'time', 'retainer', 'licence')", name="kind_known"
        ),
        CheckConstraint("deposit_bps BETWEEN 0 AND 10000", name="deposit_is_a_share"),
        CheckConstraint("kill_fee_bps BETWEEN 0 AND 10000", name="kill_fee_is_a_share"),
        CheckConstraint(
            "state NOT IN ('signed', 'completed', 'terminated', 'applied', 'suspended', 'void') "
            "OR signed_at IS NOT NULL",
            name="signed_has_time",
        ),
        Index(None, "member_id", "id"),
        Index(None, "client_id"),
        Index("ix_contract_searched", text(f"({SEARCHED})"), postgresql_using="gin"),
        Index("ix_contract_waiting", "id", postgresql_where=text("state = 'sent'")),
        CheckConstraint(
            "(amends_id IS NULL) = (amends_sha256 IS NULL)", name="amendment_names_its_parent"
        ),
        CheckConstraint("amends_id IS NULL OR renews_id IS NULL", name="amends_or_renews"),
        CheckConstraint("state <> 'applied' OR amends_id IS NOT NULL", name="applied_amends"),
        CheckConstraint(
            "erased_at IS NULL OR (terms = '{}'::jsonb AND draft = '{}'::jsonb "
            "AND signing_plan = '[]'::jsonb AND guarantee_reasons = '[]'::jsonb "
            "AND title = 'erased' AND ended_note IS NULL AND paper_id IS NULL "
            "AND sealed_document_id IS NULL)",
            name="erased_is_bare",
        ),
        Index("ix_contract_keeping", "retain_until", postgresql_where=text("erased_at IS NULL")),
        Index(
            "uq_contract_open_amendment",
            "amends_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'sent', 'changes_requested', 'signed')"),
        ),
    )

    id: Mapped[ContractId] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    version: Mapped[int] = mapped_column(SmallInteger, default=1)
    kind: Mapped[str] = mapped_column(String(12), default="milestones")
    title: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(5))
    draft: Mapped[dict[str, Any]]
    """What the member typed (`schemas.ContractIn`); `terms` follow from it."""
    terms: Mapped[dict[str, Any]]
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int] = mapped_column(BigInteger)
    payment_term_days: Mapped[int] = mapped_column(SmallInteger)
    acceptance_silence_days: Mapped[int] = mapped_column(SmallInteger)
    revision_rounds: Mapped[int] = mapped_column(SmallInteger)
    kill_fee_bps: Mapped[int] = mapped_column(SmallInteger, default=0)
    deposit_bps: Mapped[int] = mapped_column(SmallInteger, default=0)
    notice_days: Mapped[int] = mapped_column(SmallInteger, default=0)
    paper_id: Mapped[PaperId | None]
    """The newest upload; no foreign key, for the paper names its contract."""
    paper_sha256: Mapped[str | None] = mapped_column(String(64))
    """The client's own document, if the contract stands on one."""
    signing_plan: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    """Who is to answer for the client (`schemas.SignerIn`); empty: the contact alone."""
    law_country: Mapped[str] = mapped_column(String(2))
    law_region: Mapped[str] = mapped_column(String(6), default="")
    guaranteed: Mapped[bool] = mapped_column(default=False)
    guarantee_reasons: Mapped[list[str]]
    charter_version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    sealed_at: Mapped[datetime | None]
    sealed_document_id: Mapped[DocumentId | None]
    sealed_sha256: Mapped[str | None] = mapped_column(String(64))
    seal_alarmed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None] = mapped_column(String(40))
    ended_note: Mapped[str | None] = mapped_column(Text)
    retain_until: Mapped[date | None]
    retain_rule: Mapped[str | None] = mapped_column(String(40))
    """The law or house rule that `retain_until` comes from (`rules.keeping`)."""
    erased_at: Mapped[datetime | None]
    """When all but the frame of the row was erased; see `ContractErasure`."""
    amends_id: Mapped[ContractId | None] = mapped_column(ForeignKey("contract.id"))
    """The contract whose terms this one puts others in place of, once both sides have signed."""
    amends_sha256: Mapped[str | None] = mapped_column(String(64))
    """Fingerprint of the terms in force when the amendment was last written."""
    amended_at: Mapped[datetime | None]
    renews_id: Mapped[ContractId | None] = mapped_column(ForeignKey("contract.id"))
    estimate_warned_at: Mapped[datetime | None]
    expiry_warned_at: Mapped[datetime | None]


class ContractOffer(Base):
    """One version as it was sent: the exact bytes, their hashes, and how it fared.

    The frozen columns never change (guards.sql); only the times of being opened and answered do.
    Who answers it, with which link and code, stands in `ContractSigner`.
    """

    __tablename__ = "contract_offer"
    __table_args__ = (
        UniqueConstraint("contract_id", "version"),
        CheckConstraint("signature_level IN ('simple', 'advanced', 'eid')", name="level_known"),
    )

    id: Mapped[OfferId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    version: Mapped[int] = mapped_column(SmallInteger)
    terms_json: Mapped[bytes] = mapped_column(LargeBinary)
    terms_sha256: Mapped[str] = mapped_column(String(64))
    shown_html: Mapped[bytes] = mapped_column(LargeBinary)
    shown_sha256: Mapped[str] = mapped_column(String(64))
    template_version: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(5))
    findings: Mapped[list[Any]]
    rules: Mapped[list[Any]]
    """The versions of the laws that it was checked by (`rules.law.RuleVersion`)."""
    charter_version: Mapped[int]
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"))
    email: Mapped[str] = mapped_column(String(254))
    sent_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    member_name_typed: Mapped[str] = mapped_column(String(200))
    signature_level: Mapped[str] = mapped_column(String(10), default="simple")
    """What the charter asked for on the day of sending (`governance.rules.SignatureLevel`)."""
    # From here on: how it fared.
    opened_at: Mapped[datetime | None]
    """When the first of its people opened it."""
    extension_asked_at: Mapped[datetime | None]
    extensions: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(20))
    answer_reason: Mapped[str | None] = mapped_column(String(20))
    answer_note: Mapped[str | None] = mapped_column(Text)


class Milestone(Base):
    """A piece of work with a price, made from the signed terms."""

    __tablename__ = "milestone"
    __table_args__ = (
        UniqueConstraint("contract_id", "position"),
        CheckConstraint(MILESTONE_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("net_minor > 0", name="value_positive"),
        CheckConstraint(
            "(state IN ('accepted', 'invoiced')) = (accepted_at IS NOT NULL)",
            name="accepted_has_time",
        ),
        CheckConstraint("accepted_by IN ('client', 'silence')", name="accepted_by_known"),
        CheckConstraint("accepted_minor > 0 AND accepted_minor < net_minor", name="part_is_a_part"),
        Index(
            "ix_milestone_silent",
            "accept_by",
            postgresql_where=text("state = 'delivered'"),
        ),
    )

    id: Mapped[MilestoneId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    net_minor: Mapped[int] = mapped_column(BigInteger)
    accepted_minor: Mapped[int | None] = mapped_column(BigInteger)
    """What the client accepted of it, where that is less; the rest is a milestone of its own."""
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(20), default="planned")
    rounds_used: Mapped[int] = mapped_column(SmallInteger, default=0)
    delivered_at: Mapped[datetime | None]
    accept_by: Mapped[datetime | None]
    reminders_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None] = mapped_column(String(10))
    invoiced_at: Mapped[datetime | None]

    @property
    def payable_minor(self) -> int:
        """What is invoiced for it: the price, or the share of it that was accepted."""
        return self.net_minor if self.accepted_minor is None else self.accepted_minor


class Delivery(Base):
    """One handing over of work for a milestone, and the client's answer to it."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("milestone_id", "round"),)

    id: Mapped[DeliveryId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    milestone_id: Mapped[MilestoneId] = mapped_column(ForeignKey("milestone.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    note: Mapped[str] = mapped_column(Text)
    links: Mapped[list[str]]
    delivered_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(20))
    answer_note: Mapped[str | None] = mapped_column(Text)


class ContractEvidence(Base):
    """One link in the chain of evidence of a contract; append-only (guards.sql).

    `body` is canonical JSON and names the hash of the body before it, so that no entry can be
    taken out or changed without breaking all that follow.
    """

    __tablename__ = "contract_evidence"

    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_sha256: Mapped[str] = mapped_column(String(64))
    previous_sha256: Mapped[str] = mapped_column(String(64))
