"""Tables around a draft: templates of members, clients' own papers, what reps are asked."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    ContractId,
    ContractTemplateId,
    DocumentId,
    MemberId,
    PaperId,
    RepTaskId,
)
from guild.core.lifecycle import Lifecycle

PAPER_LIFECYCLE: Final = Lifecycle(
    "contract_paper",
    initial="reading",
    moves={"read": (("reading",), "read"), "refuse": (("reading",), "unreadable")},
)
"""A client's document from upload to the result of the clause check."""

REP_TASK_LIFECYCLE: Final = Lifecycle(
    "rep_task",
    initial="requested",
    moves={
        "answer": (("requested",), "answered"),
        "withdraw": (("requested",), "withdrawn"),
    },
)
"""Something a member asks of a union representative about a draft."""


class ContractTemplate(Base):
    """A member's own template; what it says is in its versions."""

    __tablename__ = "contract_template"
    __table_args__ = (
        Index(
            "uq_contract_template_name",
            "member_id",
            "name",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
        CheckConstraint("version > 0", name="version_counts_from_one"),
    )

    id: Mapped[ContractTemplateId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    name: Mapped[str] = mapped_column(String(200))
    trade: Mapped[str] = mapped_column(String(30))
    version: Mapped[int] = mapped_column(SmallInteger, default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class ContractTemplateVersion(Base):
    """One version of a template, append-only (guards.sql)."""

    __tablename__ = "contract_template_version"

    template_id: Mapped[ContractTemplateId] = mapped_column(
        ForeignKey("contract_template.id"), primary_key=True
    )
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    body: Mapped[dict[str, Any]]
    """`schemas.TemplateBody`."""
    at: Mapped[datetime]


class ContractPaper(Base):
    """A client's own document for a draft, and what the clause check found in its text."""

    __tablename__ = "contract_paper"
    __table_args__ = (
        CheckConstraint(PAPER_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("(state = 'read') = (text IS NOT NULL)", name="read_has_text"),
        Index(None, "contract_id", "id"),
    )

    id: Mapped[PaperId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    document_id: Mapped[DocumentId] = mapped_column(ForeignKey("document.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default="reading")
    pages: Mapped[int | None] = mapped_column(SmallInteger)
    text: Mapped[str | None] = mapped_column(Text)
    findings: Mapped[list[Any]]
    """`rules.papers.PaperFinding`, with the passage that was found."""
    rules_version: Mapped[int | None] = mapped_column(SmallInteger)
    problem: Mapped[str | None] = mapped_column(Text)
    uploaded_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class RepTask(Base):
    """What a member asks of a rep about a draft: advice on a paper, or a waiver of the floor."""

    __tablename__ = "rep_task"
    __table_args__ = (
        CheckConstraint(REP_TASK_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("kind IN ('floor_waiver', 'own_paper')", name="kind_known"),
        CheckConstraint("outcome IN ('yes', 'no')", name="outcome_known"),
        CheckConstraint(
            "(state = 'answered') = (outcome IS NOT NULL AND rep_id IS NOT NULL)",
            name="answered_has_answer",
        ),
        CheckConstraint("rep_id IS DISTINCT FROM member_id", name="not_in_own_case"),
        Index(
            "uq_rep_task_open",
            "contract_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
        Index("ix_rep_task_waiting", "due_on", postgresql_where=text("state = 'requested'")),
    )

    id: Mapped[RepTaskId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    contract_version: Mapped[int] = mapped_column(SmallInteger)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12), default="requested")
    question: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]
    """What the question was about on its day: the sum and the floor, or the paper's hash."""
    asked_at: Mapped[datetime]
    due_on: Mapped[date]
    rep_id: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    outcome: Mapped[str | None] = mapped_column(String(4))
    answer: Mapped[str | None] = mapped_column(Text)
    expires_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
