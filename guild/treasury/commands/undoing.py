"""Taking back what was said about an entry: by two persons, or because the bank took it back."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from guild.core.ids import BankEntryId, EntryId, UndoId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing.commands import reverse_payment
from guild.invoicing.models import Invoice
from guild.ledger.chart import Account, Line
from guild.ledger.commands import draw, post, reverse
from guild.ledger.models import LedgerEntry
from guild.receivables.commands import reverse_interest_payment
from guild.treasury.commands.collecting import note_collection_returned
from guild.treasury.commands.costs import unpay_costs
from guild.treasury.commands.explaining import locked_entry, mark
from guild.treasury.commands.matching import suggest
from guild.treasury.errors import (
    MatchTooLarge,
    NothingToUndo,
    SecondPersonNeeded,
    UndoNotFound,
)
from guild.treasury.events import MatchUndone
from guild.treasury.models import BANK_ENTRY, MATCH_UNDO, BankEntry, BankMatch, MatchUndo
from guild.treasury.queries.costs import paid_costs
from guild.treasury.queries.interest import paid_claims
from guild.treasury.queries.shapes import undo_out
from guild.treasury.rules.returns import reason_words
from guild.treasury.schemas import DecideUndoIn, TakesBackIn, UndoIn, UndoOut

POSTED = ("bank_fee", "client_credit", "bank_entry_booked")
"""Kinds of ledger entries by which an explanation takes money out of suspense."""


async def ask_undo(work: Work, entry_id: BankEntryId, data: UndoIn) -> UndoOut:
    """Ask that what was said about an entry be taken back; another person decides.

    Raises BankEntryNotFound and NothingToUndo.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await locked_entry(work, entry_id, explained=True)
    await _check_can_undo(work, entry)
    days = (await charter_at(work)).bank.undo_days
    if entry.explained_at is not None and work.now - entry.explained_at > timedelta(days=days):
        raise NothingToUndo(f"That is longer ago than the {days} days of the charter.")
    waiting = select(MatchUndo.id).where(MatchUndo.entry_id == entry.id, MatchUndo.state == "asked")
    if await work.session.scalar(waiting) is not None:
        raise NothingToUndo("Somebody has asked for this already; another person decides.")
    undo = _undo(work, entry, "mistake", data.reason)
    work.session.add(undo)
    await work.session.flush()
    return undo_out(undo)


async def decide_undo(work: Work, undo_id: UndoId, data: DecideUndoIn) -> UndoOut:
    """The second person's word: carry the undo out, or leave things as they are.

    The invoice is open again, what it released goes back, and the entry waits in suspense once
    more. Raises UndoNotFound, SecondPersonNeeded, NothingToUndo and BelowZero.
    """
    work.require(Permission.MATCHES_CONFIRM)
    undo = await work.session.scalar(
        select(MatchUndo).where(MatchUndo.id == undo_id).with_for_update()
    )
    if undo is None or undo.state != "asked":
        raise UndoNotFound
    if work.actor.is_member(undo.asked_by):
        raise SecondPersonNeeded("You asked for this; somebody else has to look at it.")
    entry = await locked_entry(work, undo.entry_id, explained=True)
    if data.approve:
        await _check_can_undo(work, entry)
    MATCH_UNDO.move(undo, "approve" if data.approve else "refuse")
    undo.decided_by, undo.decided_at = work.actor.member_id, work.now
    # The guards let an entry go back only after the decision stands.
    await work.session.flush()
    if data.approve:
        await _take_back(work, entry, undo)
        BANK_ENTRY.move(entry, "undo")
        entry.round += 1
        entry.explanation, entry.explained_by, entry.explained_at = "", None, None
        await work.session.flush()
        await suggest(work, [entry])
        await _tell(work, entry, undo)
    return undo_out(undo)


async def takes_back(work: Work, entry_id: BankEntryId, data: TakesBackIn) -> UndoOut:
    """This debit is the bank taking back that credit: a chargeback, a returned direct debit.

    The bank has decided, so one person suffices. The payments of the credit are taken back and
    their invoices are open again; what the bank took beyond is its fee. Raises BankEntryNotFound,
    EntryAlreadyExplained, MatchTooLarge and NothingToUndo.
    """
    work.require(Permission.MATCHES_CONFIRM)
    debit_entry = await locked_entry(work, entry_id)
    credit_entry = await locked_entry(work, data.entry_id, explained=True)
    fee = -debit_entry.amount_minor - credit_entry.amount_minor
    if debit_entry.amount_minor >= 0 or credit_entry.amount_minor <= 0 or fee < 0:
        raise MatchTooLarge(
            "The entry must take out as much as the other brought in, or more by a fee.",
            field="entry_id",
        )
    if debit_entry.account_id != credit_entry.account_id:
        raise MatchTooLarge("The entries are of different accounts.", field="entry_id")
    if credit_entry.state != "confirmed":
        raise NothingToUndo("That entry pays no invoice.")
    await _check_can_undo(work, credit_entry)
    why = reason_words(debit_entry.return_reason) or "no reason given"
    undo = _undo(work, credit_entry, "returned", f"The bank took it back: {why}")
    undo.return_entry_id, undo.state = debit_entry.id, "done"
    work.session.add(undo)
    await work.session.flush()
    await _take_back(work, credit_entry, undo, by=debit_entry)
    if fee:
        amount = Money(fee, debit_entry.currency)
        await post(
            work,
            kind="bank_fee",
            text="Fee of the bank for a payment that came back",
            lines=[Line(Account("bank_fees"), amount), Line(Account("suspense"), -amount)],
            subject=debit_entry.id,
            occurred_on=debit_entry.booked_on,
        )
    mark(work, debit_entry, "explain", f"Takes back: {credit_entry.explanation} ({why})")
    await _tell(work, credit_entry, undo)
    return undo_out(undo)


async def _check_can_undo(work: Work, entry: BankEntry) -> None:
    if entry.state not in {"confirmed", "explained"} or not entry.amount_minor:
        raise NothingToUndo("Nothing has been said about this entry that could be taken back.")
    gone = select(MatchUndo.id).where(
        MatchUndo.entry_id == entry.id, MatchUndo.round == entry.round, MatchUndo.state == "done"
    )
    if await work.session.scalar(gone) is not None:
        raise NothingToUndo("The bank has taken this payment back already.")
    says = await _matches(work, entry) or await _posted(work, entry)
    others = await paid_claims(work, entry.id) or await paid_costs(work, entry)
    if not says and not others:
        raise NothingToUndo(
            f"“{entry.explanation}” is not undone here.",
            mend="Payouts are corrected by the bank's own return.",
        )


async def _take_back(
    work: Work, entry: BankEntry, undo: MatchUndo, *, by: BankEntry | None = None
) -> None:
    """Reverse all that the entry's round had posted; the money is in suspense again."""
    day = by.booked_on if by is not None else work.today
    for match in await _matches(work, entry):
        if match.surplus_minor:
            client = await work.session.scalar(
                select(Invoice.client_id).where(Invoice.id == match.invoice_id)
            )
            surplus = Money(match.surplus_minor, entry.currency)
            await draw(work, Account("client_credit", client), surplus)
        if match.payment_id is not None:
            await reverse_payment(
                work,
                match.payment_id,
                to=Account("suspense"),
                cause="returned" if by is not None else "mistake",
                reason=undo.reason,
                on=day,
                bank_entry_id=by.id if by is not None else None,
            )
            if by is not None:
                await note_collection_returned(work, match.invoice_id, undo.reason)
    for claim in await paid_claims(work, entry.id):
        await reverse_interest_payment(work, claim.id, undo.reason)
    await unpay_costs(work, entry, undo.reason)
    for entry_id in await _posted(work, entry):
        await reverse(work, entry_id, f"Undone: {undo.reason}"[:500])


async def _matches(work: Work, entry: BankEntry) -> Sequence[BankMatch]:
    rows = await work.session.scalars(
        select(BankMatch)
        .where(BankMatch.entry_id == entry.id, BankMatch.round == entry.round)
        .order_by(BankMatch.invoice_id)
    )
    return list(rows)


async def _posted(work: Work, entry: BankEntry) -> Sequence[EntryId]:
    """What explanations of this entry posted and nothing has reversed."""
    await work.write()
    mirror = aliased(LedgerEntry)
    rows = await work.session.scalars(
        select(LedgerEntry.id)
        .where(
            LedgerEntry.subject_id == entry.id,
            LedgerEntry.kind.in_(POSTED),
            ~exists().where(mirror.reverses == LedgerEntry.id),
        )
        .order_by(LedgerEntry.id)
    )
    return list(rows)


def _undo(work: Work, entry: BankEntry, cause: str, reason: str) -> MatchUndo:
    return MatchUndo(
        id=UndoId(new_id()),
        entry_id=entry.id,
        round=entry.round,
        cause=cause,
        return_entry_id=None,
        state=MATCH_UNDO.initial,
        reason=reason[:500],
        asked_by=work.actor.member_id,
        asked_at=work.now,
    )


async def _tell(work: Work, entry: BankEntry, undo: MatchUndo) -> None:
    await work.emit(
        MatchUndone(
            entry_id=entry.id,
            undo_id=undo.id,
            cause=undo.cause,
            amount_minor=entry.amount_minor,
            currency=entry.currency,
        )
    )
