"""Money that the bank takes back: a chargeback, a returned debit, whole or in part."""

from collections.abc import Mapping

from sqlalchemy import func, select

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, InvoiceId
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.wire import money_in
from guild.core.work import Work
from guild.invoicing.commands.reversals import left_of_payment
from guild.invoicing.models import Invoice, Payment
from guild.ledger.chart import Account, Line, credit, debit
from guild.ledger.commands import post
from guild.treasury.commands.charging import note_charged, reverse_for_bank
from guild.treasury.commands.explaining import locked_entry, mark
from guild.treasury.commands.undoing import (
    check_can_undo,
    matches_of,
    take_back,
    tell,
    undo_row,
)
from guild.treasury.errors import MatchTooLarge, NothingToUndo
from guild.treasury.models import BankEntry, BankMatch, MatchUndo
from guild.treasury.queries.costs import paid_costs
from guild.treasury.queries.interest import paid_claims
from guild.treasury.queries.shapes import undo_out
from guild.treasury.rules.returns import reason_words
from guild.treasury.schemas import TakesBackIn, UndoOut


async def takes_back(work: Work, entry_id: BankEntryId, data: TakesBackIn) -> UndoOut:
    """This debit is the bank taking back that credit, or a part of it.

    The bank has decided, so one person suffices. The payments of the credit are taken back and
    their invoices are open again; what the bank took beyond is its fee. Of a part, the client's
    money on account goes first, then the invoice that was paid; of several invoices the person
    says which. What a credit note gave back meanwhile, or the client has used, is taken from its
    account below zero. Raises BankEntryNotFound, EntryAlreadyExplained, MatchTooLarge,
    NothingToUndo and Invalid.
    """
    work.require(Permission.MATCHES_CONFIRM)
    out = await locked_entry(work, entry_id)
    paid = await locked_entry(work, data.entry_id, explained=True)
    if out.amount_minor >= 0 or paid.amount_minor <= 0:
        raise MatchTooLarge("Money that went out takes back money that came in.", field="entry_id")
    if out.account_id != paid.account_id:
        raise MatchTooLarge("The entries are of different accounts.", field="entry_id")
    if paid.state != "confirmed":
        raise NothingToUndo("That entry pays no invoice.")
    before, surplus_before = await _taken_before(work, paid)
    left = paid.amount_minor - before
    if not left:
        raise NothingToUndo("The bank has taken this payment back already.")
    amount = _amount(out, left, data)
    why = reason_words(out.return_reason) or "no reason given"
    undo = undo_row(work, paid, "returned", f"The bank took it back: {why}")
    undo.return_entry_id, undo.state, undo.amount_minor = out.id, "done", amount.minor
    if amount.minor == paid.amount_minor:
        await check_can_undo(work, paid)
        undo.surplus_minor = await _on_account(work, paid)
        await _kept(work, undo)
        await take_back(work, paid, undo, by=out)
    else:
        shares, surplus = await _shares(work, paid, amount, surplus_before, data)
        undo.surplus_minor = surplus
        await _kept(work, undo)
        await _take_part(work, paid, out, undo, shares)
    await _fee(work, out, Money(-out.amount_minor, out.currency) - amount)
    part = "" if amount.minor == paid.amount_minor else f"{amount} of "
    mark(work, out, "explain", f"Takes back {part}: {paid.explanation} ({why})".replace(" :", ":"))
    await tell(work, paid, undo)
    return undo_out(undo)


async def _kept(work: Work, undo: MatchUndo) -> None:
    work.session.add(undo)
    await work.session.flush()


def _amount(out: BankEntry, left: int, data: TakesBackIn) -> Money:
    """How much of the payment came back; without a word, as much as the entry took."""
    taken = -out.amount_minor
    most = Money(min(taken, left), out.currency)
    if data.amount is None:
        return most
    wanted = money_in(data.amount, out.currency, field="amount")
    if not wanted or wanted > most:
        raise MatchTooLarge(
            f"The entry took {Money(taken, out.currency)}, and {Money(left, out.currency)} of that "
            "payment is left.",
            field="amount",
        )
    return wanted


async def _taken_before(work: Work, paid: BankEntry) -> tuple[int, int]:
    """What the bank took back of this credit before, and what of that was on account."""
    row = await work.session.execute(
        select(
            func.sum(MatchUndo.amount_minor),
            func.sum(MatchUndo.surplus_minor),
        ).where(
            MatchUndo.entry_id == paid.id,
            MatchUndo.round == paid.round,
            MatchUndo.cause == "returned",
            MatchUndo.state == "done",
        )
    )
    amount, surplus = row.one()
    return int(amount or 0), int(surplus or 0)


async def _shares(
    work: Work, paid: BankEntry, amount: Money, surplus_before: int, data: TakesBackIn
) -> tuple[dict[InvoiceId, Money], int]:
    """What of each invoice's payment comes back, and what of the client's money on account."""
    matches = await matches_of(work, paid)
    on_account = await _on_account(work, paid) - surplus_before
    lefts = {one.invoice_id: left for one in matches if (left := await _left_of(work, one))}
    if data.parts:
        return _as_said(amount, lefts, on_account, data)
    if amount.minor == on_account + sum(lefts.values()):
        return {one: Money(left, paid.currency) for one, left in lefts.items()}, on_account
    surplus = min(on_account, amount.minor)
    rest = amount.minor - surplus
    if not rest:
        return {}, surplus
    if len(lefts) > 1:
        raise Invalid(
            "That entry pays several invoices.",
            mend="Say how much of each was taken back.", field="parts",
        )  # fmt: skip
    ((invoice_id, left),) = lefts.items() or [(None, 0)]
    if invoice_id is None or rest > left:
        raise Invalid(
            f"{Money(left + surplus, paid.currency)} of that entry pays invoices.",
            mend="Late interest and suppliers' credit notes are taken back whole only.",
            field="amount",
        )
    return {invoice_id: Money(rest, paid.currency)}, surplus


def _as_said(
    amount: Money, lefts: Mapping[InvoiceId, int], on_account: int, data: TakesBackIn
) -> tuple[dict[InvoiceId, Money], int]:
    shares: dict[InvoiceId, Money] = {}
    for one in data.parts:
        part = money_in(one.amount, amount.currency, field="parts")
        if one.invoice_id in shares or not 0 < part.minor <= lefts.get(one.invoice_id, 0):
            raise MatchTooLarge(
                "That is not left of what this entry paid of the invoice.", field="parts"
            )
        shares[one.invoice_id] = part
    surplus = amount.minor - sum(part.minor for part in shares.values())
    if not 0 <= surplus <= on_account:
        raise MatchTooLarge(
            f"The parts do not make {amount}; {Money(on_account, amount.currency)} of that entry "
            "is on the client's account.",
            field="parts",
        )
    return shares, surplus


async def _on_account(work: Work, paid: BankEntry) -> int:
    """What of the entry paid nothing and was kept for the client."""
    if await paid_costs(work, paid):
        return 0
    matched = sum(one.amount_minor for one in await matches_of(work, paid))
    claims = sum(one.total_minor for one in await paid_claims(work, paid.id))
    return paid.amount_minor - matched - claims


async def _left_of(work: Work, match: BankMatch) -> int:
    if match.payment_id is None:
        return 0
    payment = await work.session.get_one(Payment, match.payment_id)
    return (await left_of_payment(work, payment))[0]


async def _take_part(
    work: Work, paid: BankEntry, out: BankEntry, undo: MatchUndo, shares: Mapping[InvoiceId, Money]
) -> None:
    """Open the invoices by these parts and take the rest from the client's account."""
    matches = {one.invoice_id: one for one in await matches_of(work, paid)}
    charged: dict[InvoiceId, int] = {}
    if undo.surplus_minor:
        claims = await paid_claims(work, paid.id)
        paid_for = next(iter(matches)) if matches else claims[0].invoice_id
        client = await work.session.scalar(select(Invoice.client_id).where(Invoice.id == paid_for))
        surplus = Money(undo.surplus_minor, paid.currency)
        charged[paid_for] = surplus.minor
        await post(
            work,
            kind="client_credit",
            text="The bank took back what was on account of the client",
            lines=[debit("client_credit", surplus, client), credit("suspense", surplus)],
            subject=out.id,
            occurred_on=out.booked_on,
        )
    for invoice_id in sorted(shares):
        payment_id = matches[invoice_id].payment_id
        assert payment_id is not None, "something of it is left"
        rest = await reverse_for_bank(work, payment_id, shares[invoice_id], undo.reason, out)
        charged[invoice_id] = charged.get(invoice_id, 0) + rest
    for invoice_id, minor in charged.items():
        invoice = await work.session.get_one(Invoice, invoice_id)
        await note_charged(work, invoice, Money(minor, paid.currency), "bank")


async def _fee(work: Work, out: BankEntry, fee: Money) -> None:
    if not fee:
        return
    await post(
        work,
        kind="bank_fee",
        text="Fee of the bank for a payment that came back",
        lines=[Line(Account("bank_fees"), fee), Line(Account("suspense"), -fee)],
        subject=out.id,
        occurred_on=out.booked_on,
    )
