"""Tables of performing: time, costs, time sheets, what follows from them, endings and cases."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import (
    ContractCaseId,
    ContractChargeId,
    ContractCostId,
    ContractEndingId,
    ContractId,
    DeliveryId,
    DocumentId,
    MemberId,
    MilestoneId,
    TimeEntryId,
    TimeSheetId,
)
from guild.core.lifecycle import Lifecycle

TIME_SHEET_LIFECYCLE: Final = Lifecycle(
    "time_sheet",
    initial="submitted",
    moves={
        "approve": (("submitted",), "approved"),
        "request_changes": (("submitted",), "changes_requested"),
        "submit": (("changes_requested",), "submitted"),
        "invoice": (("approved",), "invoiced"),
    },
)
"""A month of time and costs, from the member's hand to the invoice."""

ENDING_LIFECYCLE: Final = Lifecycle(
    "contract_ending",
    initial="proposed",
    moves={
        "agree": (("proposed",), "agreed"),
        "deem": (("proposed",), "deemed_agreed"),
        "contest": (("proposed",), "contested"),
        "settle": (("contested",), "settled"),
    },
)
"""A closing statement: what is owed when a contract ends early."""

CASE_LIFECYCLE: Final = Lifecycle(
    "contract_case",
    initial="open",
    moves={
        "answer": (("open",), "answered"),
        "withdraw": (("open", "answered"), "withdrawn"),
        "decide": (("open", "answered"), "decided"),
    },
)
"""A dispute about a contract: one side says what is wrong, the other answers, a rep decides."""


class TimeSheet(Base):
    """A month of a contract by the hour or day, as the client is asked to approve it."""

    __tablename__ = "time_sheet"
    __table_args__ = (
        CheckConstraint(TIME_SHEET_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("(state IN ('approved', 'invoiced')) = (approved_at IS NOT NULL)",
                        name="approved_has_time"),
        Index("ix_time_sheet_silent", "answer_by", postgresql_where=text("state = 'submitted'")),
    )  # fmt: skip

    id: Mapped[TimeSheetId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    month: Mapped[date]
    """Its first day."""
    state: Mapped[str] = mapped_column(String(20), default="submitted")
    minutes: Mapped[int]
    time_minor: Mapped[int] = mapped_column(BigInteger)
    costs_minor: Mapped[int] = mapped_column(BigInteger)
    round: Mapped[int] = mapped_column(SmallInteger, default=1)
    submitted_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    reminders_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(10))
    answer_note: Mapped[str | None] = mapped_column(Text)


class TimeEntry(Base):
    """Time worked on a day. A running timer has `started_at` and no minutes yet."""

    __tablename__ = "time_entry"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 1440 OR started_at IS NOT NULL", name="minutes_fit"),
        Index(None, "contract_id", "day"),
        Index(
            "uq_time_entry_running",
            "member_id",
            unique=True,
            postgresql_where=text("minutes IS NULL"),
        ),
    )

    id: Mapped[TimeEntryId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    day: Mapped[date]
    minutes: Mapped[int | None]
    started_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(200))
    sheet_id: Mapped[TimeSheetId | None] = mapped_column(ForeignKey("time_sheet.id"))
    created_at: Mapped[datetime]


class ContractCost(Base):
    """Money that a member laid out for a contract, with its receipt; net of VAT."""

    __tablename__ = "contract_cost"
    __table_args__ = (
        CheckConstraint("net_minor > 0", name="value_positive"),
        CheckConstraint("sheet_id IS NULL OR rebillable", name="only_rebillable_on_sheet"),
        Index(None, "contract_id", "day"),
    )

    id: Mapped[ContractCostId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    day: Mapped[date]
    text: Mapped[str] = mapped_column(String(200))
    net_minor: Mapped[int] = mapped_column(BigInteger)
    rebillable: Mapped[bool]
    document_id: Mapped[DocumentId] = mapped_column(ForeignKey("document.id"))
    receipt_name: Mapped[str] = mapped_column(String(200))
    receipt_type: Mapped[str] = mapped_column(String(40))
    sheet_id: Mapped[TimeSheetId | None] = mapped_column(ForeignKey("time_sheet.id"))
    created_at: Mapped[datetime]


class ContractCharge(Base):
    """Something owed beside the milestones: approved time, a cost, a kill fee. Invoiced once."""

    __tablename__ = "contract_charge"
    __table_args__ = (
        CheckConstraint("kind IN ('time', 'cost', 'kill_fee')", name="kind_known"),
        CheckConstraint("quantity_hundredths > 0 AND price_minor > 0", name="value_positive"),
        Index("ix_contract_charge_open", "contract_id",
              postgresql_where=text("invoiced_at IS NULL")),
    )  # fmt: skip

    id: Mapped[ContractChargeId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    sheet_id: Mapped[TimeSheetId | None] = mapped_column(ForeignKey("time_sheet.id"))
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(String(200))
    quantity_hundredths: Mapped[int]
    unit: Mapped[str] = mapped_column(String(3))
    """UN/ECE Recommendation 20: HUR, DAY or C62."""
    price_minor: Mapped[int] = mapped_column(BigInteger)
    worked_until: Mapped[date]
    created_at: Mapped[datetime]
    invoiced_at: Mapped[datetime | None]


class DeliveryFile(Base):
    """A file that was handed over with a delivery."""

    __tablename__ = "delivery_file"
    __table_args__ = (UniqueConstraint("delivery_id", "position"),)

    id: Mapped[DocumentId] = mapped_column(primary_key=True)
    delivery_id: Mapped[DeliveryId] = mapped_column(ForeignKey("delivery.id"))
    milestone_id: Mapped[MilestoneId] = mapped_column(ForeignKey("milestone.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    document_id: Mapped[DocumentId] = mapped_column(ForeignKey("document.id"))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))


class ContractEnding(Base):
    """The closing statement of a contract that ended early; sums are net, in minor units."""

    __tablename__ = "contract_ending"
    __table_args__ = (
        UniqueConstraint("contract_id"),
        CheckConstraint(ENDING_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("ended_by IN ('member', 'client')", name="side_known"),
        Index("ix_contract_ending_silent", "answer_by",
              postgresql_where=text("state = 'proposed'")),
    )  # fmt: skip

    id: Mapped[ContractEndingId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    state: Mapped[str] = mapped_column(String(20), default="proposed")
    ended_by: Mapped[str] = mapped_column(String(10))
    notice_until: Mapped[date]
    accepted_minor: Mapped[int] = mapped_column(BigInteger)
    """Accepted and not invoiced yet."""
    delivered_minor: Mapped[int] = mapped_column(BigInteger)
    """Delivered and not answered."""
    not_begun_minor: Mapped[int] = mapped_column(BigInteger)
    kill_fee_bps: Mapped[int] = mapped_column(SmallInteger)
    kill_fee_minor: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_name: Mapped[str | None] = mapped_column(String(200))
    answer_note: Mapped[str | None] = mapped_column(Text)


class ContractCase(Base):
    """A dispute about a contract; the other side answers by a day, then a rep decides."""

    __tablename__ = "contract_case"
    __table_args__ = (
        CheckConstraint(CASE_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("opened_by IN ('member', 'client')", name="side_known"),
        CheckConstraint("(state = 'decided') = (decided_at IS NOT NULL)", name="decided_has_time"),
        Index("uq_contract_case_open", "contract_id", unique=True,
              postgresql_where=text("state IN ('open', 'answered')")),
    )  # fmt: skip

    id: Mapped[ContractCaseId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    state: Mapped[str] = mapped_column(String(20), default="open")
    opened_by: Mapped[str] = mapped_column(String(10))
    matter: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    decide_by: Mapped[datetime]
    rep_letters: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often the reps were written to: 1 reminded before the day, 2 the day has passed."""
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    reasons: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    decided_at: Mapped[datetime | None]
