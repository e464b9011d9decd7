"""The table of calendar feeds: a secret address for one person's deadlines."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import CalendarFeedId, MemberId


class CalendarFeed(Base):
    """An address under which a calendar program reads a member's deadlines, until it is revoked.

    Only the hash of its secret is kept; a member has one that works.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="hash_size"),
        Index(
            "uq_calendar_feed_in_use",
            "member_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[CalendarFeedId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
