"""The table of exports; their files lie in the data folder until their week is over."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ExportId, MemberId
from guild.core.lifecycle import Lifecycle

EXPORT: Final = Lifecycle(
    "export",
    initial="waiting",
    moves={
        "go_on": (("waiting", "running"), "running"),
        "finish": (("waiting", "running"), "ready"),
        "fail": (("waiting", "running"), "failed"),
        "expire": (("ready", "failed"), "expired"),
    },
)


class Export(Base):
    """One export: what was asked for, how far it is, and the file that came of it."""

    __tablename__ = "export"
    __table_args__ = (
        CheckConstraint(EXPORT.check_sql(), name="state_known"),
        CheckConstraint("first_day <= last_day", name="period"),
        CheckConstraint("done BETWEEN 0 AND total", name="done_within_total"),
        CheckConstraint(
            "(state = 'ready') <= (sha256 IS NOT NULL AND size IS NOT NULL)", name="ready_has_file"
        ),
        Index(None, "asked_by", "id"),
    )

    id: Mapped[ExportId] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    asked_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    whole_house: Mapped[bool]
    """All members' rows, for an office; otherwise the asker's own."""
    first_day: Mapped[date]
    last_day: Mapped[date]
    state: Mapped[str] = mapped_column(String(20), default=EXPORT.initial)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[bytes | None] = mapped_column(default=None)
    size: Mapped[int | None] = mapped_column(default=None)
    problem: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime]
    ready_at: Mapped[datetime | None] = mapped_column(default=None)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
