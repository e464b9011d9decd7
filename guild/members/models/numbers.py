"""The numbers that a member invoices under: asked for by her, true once a second person agreed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import MemberId
from guild.core.lifecycle import Lifecycle

NUMBER_CHANGE = Lifecycle(
    "member_number_change",
    initial="requested",
    moves={
        "approve": (("requested",), "approved"),
        "reject": (("requested",), "rejected"),
        # She asked for others, or for those that she has.
        "supersede": (("requested",), "superseded"),
    },
)


class MemberNumberChange(Base):
    """A wish for another VAT and enterprise number, both as they shall be; one waits per member.

    Invoices are issued under them, so the present ones hold until somebody else has agreed: a
    CHECK here and triggers (guards.sql).
    """

    __tablename__ = "member_number_change"
    __table_args__ = (
        CheckConstraint(NUMBER_CHANGE.check_sql(), name="state"),
        CheckConstraint("decided_by <> member_id", name="second_person"),
        CheckConstraint(
            "(state IN ('approved', 'rejected')) = "
            "(decided_by IS NOT NULL AND decided_at IS NOT NULL)",
            name="decided",
        ),
        CheckConstraint("state <> 'rejected' OR reason <> ''", name="refused_says_why"),
        Index(
            "uq_member_number_change_requested",
            "member_id",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
        Index(None, "member_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    vat_number: Mapped[str | None] = mapped_column(String(20), default=None)
    enterprise_number: Mapped[str | None] = mapped_column(String(20), default=None)
    state: Mapped[str] = mapped_column(String(20), default=NUMBER_CHANGE.initial)
    requested_at: Mapped[datetime]
    decided_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(String(5000), default="", server_default=text("''"))
    """Why it was refused; she is told."""
