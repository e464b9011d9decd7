"""Requests to take back what was said about an entry, and which credits a debit may take back."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select

from guild.core.ids import BankEntryId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.treasury.errors import BankEntryNotFound
from guild.treasury.models import BankEntry, BankMatch, MatchUndo
from guild.treasury.queries.shapes import entry_out, undo_out
from guild.treasury.schemas import BankEntryOut, SplitShareOut, UndoOut

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
    """Confirmed credits that a debit may be the return of, or of a part: same end-to-end id, or
    same payer. What was taken back whole already is left out; the nearest sum comes first.

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
    back = (
        select(func.coalesce(func.sum(MatchUndo.amount_minor), 0))
        .where(MatchUndo.entry_id == BankEntry.id, MatchUndo.round == BankEntry.round,
               MatchUndo.state == "done")
        .scalar_subquery()
    )  # fmt: skip
    rows = await work.session.scalars(
        select(BankEntry)
        .where(
            BankEntry.account_id == entry.account_id,
            BankEntry.state == "confirmed",
            BankEntry.amount_minor >= max(taken - FEE_MAX_MINOR, 1),
            BankEntry.amount_minor > back,
            BankEntry.booked_on <= entry.booked_on,
            or_(*alike),
        )
        .order_by(func.abs(BankEntry.amount_minor - taken), BankEntry.booked_on.desc())
        .limit(SHOWN)
    )
    return [entry_out(row) for row in rows]


async def payments_of(
    work: Work, entries: Sequence[BankEntryOut]
) -> dict[BankEntryId, list[SplitShareOut]]:
    """The invoices that each of these entries paid, and how much, for those that paid several."""
    rows = await work.session.execute(
        select(BankMatch.entry_id, BankMatch.invoice_id, BankMatch.amount_minor, Invoice.number,
               BankEntry.currency)
        .join(BankEntry, BankEntry.id == BankMatch.entry_id)
        .join(Invoice, Invoice.id == BankMatch.invoice_id)
        .where(
            BankMatch.entry_id.in_([one.id for one in entries]),
            BankMatch.round == BankEntry.round,
            BankMatch.amount_minor > 0,
        )
        .order_by(Invoice.due_on, Invoice.id)
    )  # fmt: skip
    found: dict[BankEntryId, list[SplitShareOut]] = defaultdict(list)
    for entry_id, invoice_id, minor, number, currency in rows:
        amount = Money(minor, currency).text
        found[entry_id].append(
            SplitShareOut(invoice_id=invoice_id, number=number or "", amount=amount, open=amount,
                          reason="paid by that entry")
        )  # fmt: skip
    return {entry_id: shares for entry_id, shares in found.items() if len(shares) > 1}
