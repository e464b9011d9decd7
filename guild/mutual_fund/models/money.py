"""What the fund knows of each invoice, which contracts it guarantees, what it has advanced."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ContractId, EntryId, InvoiceId, MemberId, OrganisationId
from guild.core.lifecycle import Lifecycle

RESERVATION: Final = Lifecycle(
    "guarantee_reservation",
    initial="held",
    moves={
        "renew": (("held", "refused", "released"), "held"),
        "refuse": (("held", "released"), "refused"),
        "reserve": (("held",), "reserved"),
        "release": (("held", "reserved"), "released"),
    },
)
"""Held while an offer is open, reserved once it is signed, released when nothing can be due."""


class GuaranteeReservation(Base):
    """What the fund has promised for one contract: the newest quote and its fate.

    ``client_key`` is what makes clients one and the same for the limits, whoever entered them:
    the VAT or enterprise number, or else the organisation's id.
    """

    __tablename__ = "guarantee_reservation"
    __table_args__ = (
        CheckConstraint(RESERVATION.check_sql(), name="state_known"),
        CheckConstraint("up_to_minor >= 0", name="up_to"),
        CheckConstraint("state <> 'reserved' OR up_to_minor > 0", name="reserved_something"),
        Index(
            "ix_guarantee_reservation_client",
            "client_key",
            postgresql_where=sql("state IN ('held', 'reserved')"),
        ),
        Index(
            "ix_guarantee_reservation_member",
            "member_id",
            postgresql_where=sql("state IN ('held', 'reserved')"),
        ),
    )

    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    client_key: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10), default=RESERVATION.initial)
    up_to_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reasons: Mapped[list[str]]
    charter_version: Mapped[int]
    quoted_at: Mapped[datetime]
    held_until: Mapped[datetime]
    """Until when an unsigned offer takes up room under the limits."""


class LeviedInvoice(Base):
    """An invoice as the fund sees it, from its issue until its money is released.

    One that several members share has a row for each of them, with her part of the net.

    ``released_net_minor`` is the one number from which levy and pots follow (`rules/levy.py`).
    The terms of the levy are those of the charter on the day of issue, copied here.
    """

    __tablename__ = "levied_invoice"
    __table_args__ = (
        CheckConstraint("released_net_minor >= 0", name="released"),
        CheckConstraint("credited_net_minor BETWEEN 0 AND net_minor", name="credited"),
        CheckConstraint("written_off_minor BETWEEN 0 AND repaid_minor", name="written_off"),
        CheckConstraint("repaid_minor BETWEEN 0 AND advanced_minor", name="repaid"),
        Index(
            "ix_levied_invoice_due",
            "advance_on",
            postgresql_where=sql("guaranteed AND (advanced_minor = 0 OR top_up) AND NOT settled"),
        ),
        Index(None, "contract_id"),
        Index(None, "member_id", "invoice_id"),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int]
    issued_on: Mapped[date]
    charter_version: Mapped[int]
    rate_bps: Mapped[int]
    pots: Mapped[dict[str, Any]]
    guaranteed: Mapped[bool]
    advance_on: Mapped[date]
    """The working day on which the fund pays, if the order is guaranteed and unpaid by then."""
    held_reason: Mapped[str | None] = mapped_column(String(500))
    released_net_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    credited_net_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    advanced_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    repaid_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    written_off_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    """What the fund gave up of its advance and has not got back since."""
    settled: Mapped[bool] = mapped_column(server_default=sql("false"))
    disputed_net_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    """The part of a disputed net that is not advanced while the client objects."""
    given_up_net_minor: Mapped[int] = mapped_column(server_default=sql("0"))
    """Her net in what was written off of the invoice; it is not advanced any more."""
    top_up: Mapped[bool] = mapped_column(server_default=sql("false"))
    """More may be due than was advanced so far; the next run asks."""


class GuaranteeBar(Base):
    """A client for which no guarantee is given any more: its limit is zero, and why."""

    __tablename__ = "guarantee_bar"

    client_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    since: Mapped[datetime]


class Advance(Base):
    """Money that the fund paid a member before the client did: once per invoice and member, and
    what is added when more of her part comes under the guarantee (an objection ends, a payment is
    charged back).
    """

    __tablename__ = "advance"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        ForeignKeyConstraint(
            ["invoice_id", "member_id"],
            ["levied_invoice.invoice_id", "levied_invoice.member_id"],
            name="fk_advance_levied_invoice",
        ),
        Index(None, "paid_on"),
        Index(None, "contract_id"),
        Index(None, "invoice_id", "member_id"),
    )

    entry_id: Mapped[EntryId] = mapped_column(primary_key=True)
    invoice_id: Mapped[InvoiceId]
    member_id: Mapped[MemberId]
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    paid_on: Mapped[date]
    charter_version: Mapped[int]


class AdvanceLoss(Base):
    """The advances on an invoice that the fund gives up, asked for by one, confirmed by another.

    The fund bears it, not the member (the guarantee would be none otherwise). What the client
    still pays afterwards is the fund's up to the loss.
    """

    __tablename__ = "advance_loss"
    __table_args__ = (
        CheckConstraint("confirmed_by <> asked_by", name="second_person"),
        CheckConstraint(
            "(confirmed_by IS NULL) = (entry_id IS NULL) AND "
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)",
            name="confirmed_whole",
        ),
    )

    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    amount_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    asked_at: Mapped[datetime]
    confirmed_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    confirmed_at: Mapped[datetime | None]
    entry_id: Mapped[EntryId | None]
