"""A client's objection to an invoice, in whole or part, and the files that came with it."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    ContactId,
    DocumentId,
    InvoiceId,
    MemberId,
    ObjectionId,
    OrganisationId,
)
from guild.core.lifecycle import Lifecycle

OBJECTION: Final = Lifecycle(
    "objection",
    initial="open",
    moves={
        "answer": (("open",), "answered"),
        "insist": (("answered",), "mediation"),
        "mediate": (("open", "answered", "redelivery"), "mediation"),
        "redeliver": (("open", "answered", "mediation"), "redelivery"),
        "to_court": (("mediation",), "court"),
        "withdraw": (("open", "answered", "mediation", "redelivery", "court"), "withdrawn"),
        "credit": (("open", "answered", "mediation", "redelivery", "court"), "credited"),
        "dismiss": (("mediation", "court"), "dismissed"),
    },
)
"""From the client's words to an outcome. While it holds, the disputed part is not asked for."""

HOLDING: Final = ("open", "answered", "mediation", "redelivery", "court")
"""States in which reminders and interest rest on the disputed part."""

REASONS: Final = (
    "not_delivered",
    "incomplete",
    "defective",
    "not_agreed",
    "amount",
    "paid",
    "other",
)


class Objection(Base):
    """What a client says is wrong with an invoice. At most one at a time holds a part of it."""

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint(OBJECTION.check_sql(), name="state_known"),
        CheckConstraint(f"reason_code IN {REASONS!r}", name="reason_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(f"(state IN {HOLDING!r}) = (closed_at IS NULL)", name="closed_is_dated"),
        Index(
            "uq_objection_holding",
            "invoice_id",
            unique=True,
            postgresql_where=sql(f"state IN {HOLDING!r}"),
        ),
        Index(None, "invoice_id", "id"),
        Index(None, "member_id", "id"),
        Index(
            "ix_objection_answer_by",
            "answer_by",
            postgresql_where=sql("state IN ('open', 'answered', 'mediation')"),
        ),
    )

    id: Mapped[ObjectionId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"))
    state: Mapped[str] = mapped_column(String(12), default=OBJECTION.initial)
    reason_code: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    positions: Mapped[list[Any]]
    """Lines of the invoice that it is about; empty when it is about an amount or the whole."""
    amount_minor: Mapped[int]
    """The disputed part, VAT included."""
    currency: Mapped[str] = mapped_column(String(3))
    opened_on: Mapped[date]
    opened_at: Mapped[datetime]
    answer_by: Mapped[date]
    """Whose turn it is must have spoken by this day; then `after_silence` follows by itself."""
    answer: Mapped[str] = mapped_column(Text, default="")
    outcome_note: Mapped[str] = mapped_column(Text, default="")
    closed_on: Mapped[date | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_by: Mapped[str] = mapped_column(String(10), default="")
    credit_note_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)
    overdue_told_at: Mapped[datetime | None] = mapped_column(default=None)
    """When reps and secretaries were told that the mediation is overdue; once per mediation."""
    charter_version: Mapped[int]


class ObjectionFile(Base):
    """A file that a client added to her objection."""

    __tablename__ = "objection_file"

    objection_id: Mapped[ObjectionId] = mapped_column(ForeignKey("objection.id"), primary_key=True)
    document_id: Mapped[DocumentId] = mapped_column(ForeignKey("document.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
