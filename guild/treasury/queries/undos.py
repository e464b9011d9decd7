"""Requests to take back what was said about an entry, and which credits a debit may take back."""

from sqlalchemy import and_, or_, select

from guild.core.ids import BankEntryId
from guild.core.work import Work
from guild.treasury.errors import BankEntryNotFound
from guild.treasury.models import BankEntry, MatchUndo
from guild.treasury.queries.shapes import entry_out, undo_out
from guild.treasury.schemas import BankEntryOut, UndoOut

SHOWN = 10
FEE_MAX_MINOR = 5_000
"""What a bank takes for a chargeback at most, beside the payment."""


async def undos(work: Work, entry_id: BankEntryId | None = None) -> list[UndoOut]:
    """What waits for a second person, or all about one entry, the latest first."""
    wanted = select(MatchUndo)
    if entry_id is None:
        wanted = wanted.where(MatchUndo.state == "asked")
    else:
        wanted = wanted.where(MatchUndo.entry_id == entry_id)
    rows = await work.session.scalars(wanted.order_by(MatchUndo.id.desc()).limit(100))
    return [undo_out(row) for row in rows]


async def takes_back_candidates(work: Work, entry_id: BankEntryId) -> list[BankEntryOut]:
    """Confirmed credits that a debit may be the return of: same end-to-end id, or same payer.

    Raises BankEntryNotFound.
    """
    entry = await work.session.get(BankEntry, entry_id)
    if entry is None:
        raise BankEntryNotFound
    if entry.amount_minor >= 0 or entry.state in {"confirmed", "explained"}:
        return []
    taken = -entry.amount_minor
    alike = [and_(BankEntry.end_to_end_id == entry.end_to_end_id, BankEntry.end_to_end_id != "")]
    if entry.iban_index is not None:
        alike.append(BankEntry.iban_index == entry.iban_index)
    if entry.mandate_id:
        alike.append(BankEntry.mandate_id == entry.mandate_id)
    if entry.counterparty:
        alike.append(BankEntry.counterparty == entry.counterparty)
    rows = await work.session.scalars(
        select(BankEntry)
        .where(
            BankEntry.account_id == entry.account_id,
            BankEntry.state == "confirmed",
            BankEntry.amount_minor.between(max(taken - FEE_MAX_MINOR, 1), taken),
            BankEntry.booked_on <= entry.booked_on,
            or_(*alike),
        )
        .order_by(BankEntry.amount_minor.desc(), BankEntry.booked_on.desc())
        .limit(SHOWN)
    )
    return [entry_out(row) for row in rows]
