"""Year statements of members, and who of them is employed by the co-operative."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import DocumentId, MemberId


class IncomeStatement(Base):
    """The printed summary of a member's year; made once per year, kept for ever."""

    __tablename__ = "income_statement"

    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    document_id: Mapped[DocumentId | None] = mapped_column(default=None)


class Employment(Base):
    """A member whom the co-operative employs: paid through payroll, in one country, from a day."""

    __tablename__ = "employment"
    __table_args__ = (
        CheckConstraint("until IS NULL OR until >= since", name="period"),
        CheckConstraint("noted_by <> member_id", name="not_oneself"),
        Index(
            "uq_employment_current",
            "member_id",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    country: Mapped[str] = mapped_column(String(2))
    """Whose payroll: it chooses the columns of the export."""
    number: Mapped[str] = mapped_column(String(30))
    """Her number at the payroll office."""
    since: Mapped[date]
    until: Mapped[date | None] = mapped_column(default=None)
    noted_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    noted_at: Mapped[datetime]
