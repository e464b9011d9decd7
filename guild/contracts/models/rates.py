"""The table of rate cards: what a member asks for her work, from a day on."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import MemberId, RateId


class MemberRate(Base):
    """A member's price for one hour, day or piece in a role; net, in minor units of `currency`.

    It is valid until the next one of the same role, unit and currency begins. Contracts keep the
    amount that was picked, and do not refer to it.
    """

    __tablename__ = "member_rate"
    __table_args__ = (
        CheckConstraint("unit IN ('hour', 'day', 'unit')", name="unit_known"),
        CheckConstraint("rate_minor > 0", name="value_positive"),
        Index(
            "uq_member_rate_day",
            "member_id",
            text("lower(role)"),
            "unit",
            "currency",
            "valid_from",
            unique=True,
        ),
    )

    id: Mapped[RateId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    role: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(10))
    rate_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[date]
    created_at: Mapped[datetime]
