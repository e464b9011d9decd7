"""Taking back what was said about an entry, by two persons."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from guild.core.ids import BankEntryId, EntryId, InvoiceId, UndoId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing.commands import reverse_payment
from guild.invoicing.models import Invoice
from guild.ledger.chart import Account
from guild.ledger.commands import draw, reverse
from guild.ledger.models import LedgerEntry
from guild.receivables.commands import reverse_interest_payment
from guild.treasury.commands.charging import note_charged, reverse_for_bank
from guild.treasury.commands.collecting import note_collection_returned
from guild.treasury.commands.costs import unpay_costs
from guild.treasury.commands.explaining import locked_entry
from guild.treasury.commands.matching import suggest
from guild.treasury.errors import (
    NothingToUndo,
    SecondPersonNeeded,
    UndoNotFound,
)
from guild.treasury.events import MatchUndone
from guild.treasury.models import BANK_ENTRY, MATCH_UNDO, BankEntry, BankMatch, MatchUndo
from guild.treasury.queries.costs import paid_costs
from guild.treasury.queries.interest import paid_claims
from guild.treasury.queries.shapes import undo_out
from guild.treasury.schemas import DecideUndoIn, UndoIn, UndoOut

POSTED = ("bank_fee", "client_credit", "bank_entry_booked")
"""Kinds of ledger entries by which an explanation takes money out of suspense."""


async def ask_undo(work: Work, entry_id: BankEntryId, data: UndoIn) -> UndoOut:
    """Ask that what was said about an entry be taken back; another person decides.

    Raises BankEntryNotFound and NothingToUndo.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await locked_entry(work, entry_id, explained=True)
    await check_can_undo(work, entry)
    days = (await charter_at(work)).bank.undo_days
    if entry.explained_at is not None and work.now - entry.explained_at > timedelta(days=days):
        raise NothingToUndo(f"That is longer ago than the {days} days of the charter.")
    waiting = select(MatchUndo.id).where(MatchUndo.entry_id == entry.id, MatchUndo.state == "asked")
    if await work.session.scalar(waiting) is not None:
        raise NothingToUndo("Somebody has asked for this already; another person decides.")
    undo = undo_row(work, entry, "mistake", data.reason)
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
        await check_can_undo(work, entry)
    MATCH_UNDO.move(undo, "approve" if data.approve else "refuse")
    undo.decided_by, undo.decided_at = work.actor.member_id, work.now
    # The guards let an entry go back only after the decision stands.
    await work.session.flush()
    if data.approve:
        await take_back(work, entry, undo)
        BANK_ENTRY.move(entry, "undo")
        entry.round += 1
        entry.explanation, entry.explained_by, entry.explained_at = "", None, None
        await work.session.flush()
        await suggest(work, [entry])
        await tell(work, entry, undo)
    return undo_out(undo)


async def check_can_undo(work: Work, entry: BankEntry) -> None:
    """Whether something was said about the entry that can be taken back; raises NothingToUndo."""
    if entry.state not in {"confirmed", "explained"} or not entry.amount_minor:
        raise NothingToUndo("Nothing has been said about this entry that could be taken back.")
    gone = select(MatchUndo.id).where(
        MatchUndo.entry_id == entry.id, MatchUndo.round == entry.round, MatchUndo.state == "done"
    )
    if await work.session.scalar(gone) is not None:
        raise NothingToUndo("The bank has taken this payment, or a part of it, back already.")
    takes = select(MatchUndo.id).where(MatchUndo.return_entry_id == entry.id)
    if await work.session.scalar(takes.limit(1)) is not None:
        raise NothingToUndo("It took a payment back: that is the bank's own decision.")
    says = await matches_of(work, entry) or await _posted(work, entry)
    others = await paid_claims(work, entry.id) or await paid_costs(work, entry)
    if not says and not others:
        raise NothingToUndo(
            f"“{entry.explanation}” is not undone here.",
            mend="Payouts are corrected by the bank's own return.",
        )


async def take_back(
    work: Work, entry: BankEntry, undo: MatchUndo, *, by: BankEntry | None = None
) -> None:
    """Reverse all that the entry's round had posted; the money is in suspense again."""
    charged: dict[InvoiceId, int] = {}
    for match in await matches_of(work, entry):
        if by is None:
            await _take_match_back(work, entry, match, undo.reason)
            continue
        charged[match.invoice_id] = match.surplus_minor
        if match.payment_id is not None:
            charged[match.invoice_id] += await reverse_for_bank(
                work, match.payment_id, None, undo.reason, by
            )
            await note_collection_returned(work, match.invoice_id, undo.reason)
    for claim in await paid_claims(work, entry.id):
        await reverse_interest_payment(work, claim.id, undo.reason)
    await unpay_costs(work, entry, undo.reason)
    for entry_id in await _posted(work, entry):
        await reverse(work, entry_id, f"Undone: {undo.reason}"[:500])
    for invoice_id, minor in charged.items():
        invoice = await work.session.get_one(Invoice, invoice_id)
        await note_charged(work, invoice, Money(minor, entry.currency), "bank")


async def _take_match_back(work: Work, entry: BankEntry, match: BankMatch, reason: str) -> None:
    """A person's mistake: what the client has used of the surplus cannot be undone."""
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
            cause="mistake",
            reason=reason,
            on=work.today,
        )


async def matches_of(work: Work, entry: BankEntry) -> Sequence[BankMatch]:
    """What the entry's round pays."""
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


def undo_row(work: Work, entry: BankEntry, cause: str, reason: str) -> MatchUndo:
    """A request to undo, as it begins."""
    return MatchUndo(
        id=UndoId(new_id()),
        entry_id=entry.id,
        round=entry.round,
        cause=cause,
        return_entry_id=None,
        surplus_minor=0,
        state=MATCH_UNDO.initial,
        reason=reason[:500],
        asked_by=work.actor.member_id,
        asked_at=work.now,
    )


async def tell(work: Work, entry: BankEntry, undo: MatchUndo) -> None:
    """State what was undone."""
    back = undo.amount_minor or entry.amount_minor
    await work.emit(
        MatchUndone(
            entry_id=entry.id,
            undo_id=undo.id,
            cause=undo.cause,
            amount_minor=back,
            currency=entry.currency,
            part=back != entry.amount_minor,
            surplus_minor=undo.surplus_minor,
        )
    )
