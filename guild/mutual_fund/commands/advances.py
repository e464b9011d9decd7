"""Advances: what the fund pays a member before the client does, and adds when more is covered."""

from sqlalchemy import select, update

from guild.contracts.models import Contract
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
from guild.mutual_fund import queries
from guild.mutual_fund.commands.levied import Levied, locked, terms_of
from guild.mutual_fund.errors import OwnCase
from guild.mutual_fund.events import AdvanceHeld, AdvancePaid
from guild.mutual_fund.models import Advance, GuaranteeReservation, LeviedInvoice
from guild.mutual_fund.rules import guarantee, levy


async def pay_advance(work: Work, invoice_id: InvoiceId) -> guarantee.Quote:
    """Pay what a guaranteed invoice will bring its member, if it is due and unpaid; and later what
    is missing, when more of it has come under the guarantee.

    Says whether it paid, how much and why (not). It may run again: what is out is not paid twice.
    One advance at a time passes the reserve floor.
    """
    row = await locked(work, invoice_id)
    charter = await charter_at(work)
    limits = queries.limits_of(charter)
    out = row.advanced_minor - row.repaid_minor
    # The cap is of what is out on the invoice, so it counts what was advanced before.
    more = min(_coming(row), limits.invoice_cap_minor) - out
    refusal = _not_due(work, row, more) or await _contract_refuses(work, row)
    if refusal:
        await _note_top_up(work, row, again=more > 0)
        return guarantee.Quote(False, 0, (refusal,))
    await queries.lock(work, "reserve")
    promised = await _promise_left(work, row)
    standing = await queries.standing_now(work, row.currency)
    answer = guarantee.advance_now(more, promised, standing, limits)
    if not answer.guaranteed:
        return answer
    amount = Money(answer.up_to_minor, row.currency)
    entry_id = await ledger.post(
        work,
        kind="advance_paid",
        text=f"Invoice {row.number}: paid by the fund under the guarantee",
        lines=[
            debit("guarantee_advance", amount, invoice_id),
            credit("member_available", amount, row.member_id),
        ],
        subject=invoice_id,
    )
    work.session.add(
        Advance(
            invoice_id=invoice_id,
            contract_id=row.contract_id,
            amount_minor=amount.minor,
            currency=row.currency,
            paid_on=work.today,
            entry_id=entry_id,
            charter_version=charter.version,
        )
    )
    kept = await work.session.get_one(LeviedInvoice, invoice_id, populate_existing=True)
    kept.advanced_minor += amount.minor
    # What other invoices of the contract hold of its promise comes free when they are paid.
    kept.top_up = amount.minor == promised < more
    await work.emit(
        AdvancePaid(
            invoice_id=invoice_id,
            member_id=row.member_id,
            amount_minor=amount.minor,
            currency=row.currency,
        )
    )
    return answer


def _coming(row: Levied) -> int:
    """What the member would still get from the client: undisputed, less levy, minor units."""
    kept = row.net_minor - row.credited_net_minor - row.given_up_net_minor
    return levy.advance_of(
        max(kept - row.disputed_net_minor, 0), row.released_net_minor, terms_of(row)
    )


async def _note_top_up(work: Work, row: Levied, *, again: bool) -> None:
    """A refusal that can pass is asked again; where nothing is missing nobody asks any more."""
    if row.advanced_minor and not again:
        await work.session.execute(
            update(LeviedInvoice)
            .where(LeviedInvoice.invoice_id == row.invoice_id, LeviedInvoice.top_up)
            .values(top_up=False)
        )


def _not_due(work: Work, row: Levied, more: int) -> str:
    refusals = (
        (
            not row.guaranteed,
            "The order is not guaranteed: the member is paid when the client pays.",
        ),
        (row.written_off_minor, "The fund has given up its advance on this invoice."),
        (row.advanced_minor and more <= 0, "The advance was paid already."),
        (row.settled or more <= 0, "The invoice is paid or credited."),
        (row.held_reason, f"The advance is held: {row.held_reason}"),
        (work.today < row.advance_on, f"The advance is due on {row.advance_on.isoformat()}."),
    )
    return next((why for refused, why in refusals if refused), "")


async def _contract_refuses(work: Work, row: Levied) -> str:
    state = await work.session.scalar(select(Contract.state).where(Contract.id == row.contract_id))
    return "" if state in {"signed", "completed"} else "The contract was ended."


async def _promise_left(work: Work, row: Levied) -> int:
    """What of the contract's guarantee is not out in advances on its other invoices."""
    up_to = await work.session.scalar(
        select(GuaranteeReservation.up_to_minor).where(
            GuaranteeReservation.contract_id == row.contract_id,
            GuaranteeReservation.state == "reserved",
        )
    )
    return (up_to or 0) - await queries.advances_out(work, contract_id=row.contract_id)


async def hold_advance(work: Work, invoice_id: InvoiceId, reason: str) -> None:
    """Stop the advance on an invoice while something about it is disputed; not one's own."""
    row = await _others(work, invoice_id)
    kept = await work.session.get_one(LeviedInvoice, row.invoice_id, populate_existing=True)
    kept.held_reason = reason
    await work.emit(AdvanceHeld(invoice_id=invoice_id, reason=reason))


async def resume_advance(work: Work, invoice_id: InvoiceId) -> None:
    """Let a held advance run again; not one's own. Raises OwnCase."""
    row = await _others(work, invoice_id)
    kept = await work.session.get_one(LeviedInvoice, row.invoice_id, populate_existing=True)
    kept.held_reason = None


async def _others(work: Work, invoice_id: InvoiceId) -> Levied:
    row = await locked(work, invoice_id)
    if work.actor.is_member(row.member_id):
        raise OwnCase
    return row
