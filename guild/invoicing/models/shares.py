"""One invoice of several members: what each agreed to, and where her part of the money stands."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import EntryId, InvoiceId, MemberId, PaymentId
from guild.core.lifecycle import Lifecycle

SHARE_LIFECYCLE: Final = Lifecycle(
    "invoice_share",
    initial="asked",
    moves={
        "agree": (("asked", "declined"), "agreed"),
        "decline": (("asked", "agreed"), "declined"),
        "ask_again": (("agreed", "declined"), "asked"),
    },
)
"""A co-worker's word on her share of a draft; after issue it stays as it was given."""


class InvoiceShare(Base):
    """One member's part of a shared invoice, or of a credit note on one. In minor units, net.

    An invoice of one member has no rows here, and `invoice.shared` is false. The rows of a shared
    one make its net exactly. Of an issued one `pending` waits for the client, `released` was paid
    and passed on, `credited` was taken back, `written_off` was given up.
    """

    __tablename__ = "invoice_share"
    __table_args__ = (
        CheckConstraint(SHARE_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("(bps IS NULL) <> (amount_minor IS NULL)", name="stated_one_way"),
        CheckConstraint("bps BETWEEN 1 AND 9999", name="bps_within"),
        CheckConstraint("amount_minor >= 0 AND net_minor >= 0", name="not_negative"),
        CheckConstraint("(state = 'declined') = (reason <> '')", name="declined_says_why"),
        CheckConstraint(
            "pending_net_minor BETWEEN 0 AND net_minor AND released_net_minor >= 0 "
            "AND credited_net_minor BETWEEN 0 AND net_minor AND written_off_net_minor >= 0",
            name="within_net",
        ),
        Index(None, "member_id", "invoice_id"),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(
        ForeignKey("invoice.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    """The one who drafted it comes first; cents left over go to the earlier ones."""
    bps: Mapped[int | None] = mapped_column(SmallInteger)
    amount_minor: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10), default=SHARE_LIFECYCLE.initial)
    net_minor: Mapped[int]
    """Her part, as she was asked last; frozen with the invoice."""
    whole_minor: Mapped[int]
    """The net of the whole document when she was asked."""
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(String(500), default="")
    """Why she declined."""
    pending_net_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    released_net_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    credited_net_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    written_off_net_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class PaymentShare(Base):
    """What of a payment's net was each member's, so that it can be taken back as it came."""

    __tablename__ = "payment_share"
    __table_args__ = (CheckConstraint("net_minor >= 0", name="not_negative"),)

    payment_id: Mapped[PaymentId] = mapped_column(
        # The payment itself is written just before the commit.
        ForeignKey("payment.id", deferrable=True, initially="DEFERRED"),
        primary_key=True,
    )
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    net_minor: Mapped[int]


class ReversalShare(Base):
    """What of a payment that was taken back, or of a part of it, had been each member's."""

    __tablename__ = "reversal_share"
    __table_args__ = (CheckConstraint("net_minor >= 0", name="not_negative"),)

    reversal_id: Mapped[UUID] = mapped_column(ForeignKey("payment_reversal.id"), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    net_minor: Mapped[int]


class WrittenOffShare(Base):
    """What of a movement of what is given up was each member's, signed as the movement is."""

    __tablename__ = "written_off_share"

    entry_id: Mapped[EntryId] = mapped_column(
        ForeignKey("written_off_move.entry_id"), primary_key=True
    )
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    net_minor: Mapped[int]
