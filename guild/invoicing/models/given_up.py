"""What was given up of invoices, and what of it was taken back."""

from datetime import date
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import EntryId, InvoiceId

GIVEN_UP_CAUSES: Final = ("given_up", "reinstated", "credited")


class WrittenOffMove(Base):
    """One movement of what is given up on an invoice, by its ledger entry. Append-only.

    Giving up is positive and its own root; `reinstated` (money came after all) and `credited` (a
    credit note says that it was not owed) take back from that root, negative. Amounts are minor
    units: VAT included, and the member's net in it.
    """

    __tablename__ = "written_off_move"
    __table_args__ = (
        CheckConstraint(f"cause IN {GIVEN_UP_CAUSES!r}", name="cause_known"),
        CheckConstraint(
            "amount_minor <> 0 AND (amount_minor > 0) = (cause = 'given_up') "
            "AND (amount_minor > 0) = (entry_id = write_off_entry_id)",
            name="direction",
        ),
        CheckConstraint(
            "abs(net_minor) <= abs(amount_minor) AND sign(net_minor) * sign(amount_minor) >= 0",
            name="net_within",
        ),
        Index(None, "invoice_id", "moved_on"),
        Index(None, "write_off_entry_id"),
    )

    entry_id: Mapped[EntryId] = mapped_column(primary_key=True)
    write_off_entry_id: Mapped[EntryId]
    """The entry that gave up what this moves."""
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    cause: Mapped[str] = mapped_column(String(12))
    amount_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    moved_on: Mapped[date]
