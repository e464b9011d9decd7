"""Advances under the guarantee: what the fund pays each member before the client does."""

from sqlalchemy import select

from guild.contracts.models import Contract
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
from guild.mutual_fund import queries
from guild.mutual_fund.commands.levied import Levied, kept_rows, locked, terms_of
from guild.mutual_fund.errors import OwnCase
from guild.mutual_fund.events import AdvanceHeld, AdvancePaid
from guild.mutual_fund.models import Advance, GuaranteeReservation, LeviedInvoice
from guild.mutual_fund.rules import guarantee, levy


async def pay_advance(work: Work, invoice_id: InvoiceId) -> guarantee.Quote:
    """Pay what a guaranteed invoice will bring its members, once, if it is due and unpaid.

    Says whether it paid, how much and why (not). It may run again: a paid advance is not paid
    twice. One advance at a time passes the reserve floor. Of a shared invoice each member's part
    is looked at by itself.
    """
    rows = await locked(work, invoice_id)
    answers = []
    out = sum(row.advanced_minor for row in rows)
    for row in rows:
        answer = await _pay_part(work, row, out)
        out += answer.up_to_minor
        answers.append(answer)
    paid = sum(one.up_to_minor for one in answers if one.guaranteed)
    reasons = dict.fromkeys(reason for one in answers for reason in one.reasons)
    return guarantee.Quote(paid > 0, paid, tuple(reasons))


async def _pay_part(work: Work, row: Levied, on_invoice_minor: int) -> guarantee.Quote:
    """One member's part; `on_invoice_minor` was advanced on the same invoice to her co-workers."""
    undisputed = row.net_minor - row.credited_net_minor - row.disputed_net_minor
    wanted = levy.advance_of(max(undisputed, 0), row.released_net_minor, terms_of(row))
    refusal = _not_due(work, row, wanted) or await _contract_refuses(work, row)
    if refusal:
        return guarantee.Quote(False, 0, (refusal,))
    await queries.lock(work, "reserve")
    charter = await charter_at(work)
    promised = await _promise_left(work, row, charter)
    promised = min(promised, charter.guarantee.invoice_cap_minor - on_invoice_minor)
    standing = await queries.standing_now(work, row.currency)
    answer = guarantee.advance_now(wanted, promised, standing, queries.limits_of(charter))
    if not answer.guaranteed:
        return answer
    amount = Money(answer.up_to_minor, row.currency)
    entry_id = await ledger.post(
        work,
        kind="advance_paid",
        text=f"Invoice {row.number}: paid by the fund under the guarantee",
        lines=[
            debit("guarantee_advance", amount, row.invoice_id),
            credit("member_available", amount, row.member_id),
        ],
        subject=row.invoice_id,
    )
    work.session.add(
        Advance(
            invoice_id=row.invoice_id,
            member_id=row.member_id,
            contract_id=row.contract_id,
            amount_minor=amount.minor,
            currency=row.currency,
            paid_on=work.today,
            entry_id=entry_id,
            charter_version=charter.version,
        )
    )
    kept = await work.session.get_one(
        LeviedInvoice, (row.invoice_id, row.member_id), populate_existing=True
    )
    kept.advanced_minor = amount.minor
    await work.session.flush()  # the next member's part counts it
    await work.emit(
        AdvancePaid(
            invoice_id=row.invoice_id,
            member_id=row.member_id,
            amount_minor=amount.minor,
            currency=row.currency,
        )
    )
    return answer


def _not_due(work: Work, row: Levied, wanted: int) -> str:
    if not row.guaranteed:
        return "The order is not guaranteed: the member is paid when the client pays."
    if row.advanced_minor:
        return "The advance was paid already."
    if row.settled or wanted <= 0:
        return "The invoice is paid or credited."
    if row.held_reason:
        return f"The advance is held: {row.held_reason}"
    if work.today < row.advance_on:
        return f"The advance is due on {row.advance_on.isoformat()}."
    return ""


async def _contract_refuses(work: Work, row: Levied) -> str:
    state = await work.session.scalar(select(Contract.state).where(Contract.id == row.contract_id))
    return "" if state in {"signed", "completed"} else "The contract was ended."


async def _promise_left(work: Work, row: Levied, charter: Charter) -> int:
    """What of the contract's guarantee is not out in advances on it.

    A co-worker had no part in the quote of the contract, so the limit per member is asked of her
    here: what she may still cost by contracts of her own, and what others' have brought her.
    """
    found = (
        await work.session.execute(
            select(GuaranteeReservation.up_to_minor, GuaranteeReservation.member_id).where(
                GuaranteeReservation.contract_id == row.contract_id,
                GuaranteeReservation.state == "reserved",
            )
        )
    ).one_or_none()
    if found is None:
        return 0
    left: int = found.up_to_minor - await queries.advances_out(work, contract_id=row.contract_id)
    if found.member_id == row.member_id:
        return left
    standing = await queries.standing_for(work, row.member_id, "", row.currency)
    others = await queries.advances_as_co_worker(work, row.member_id)
    room = charter.guarantee.member_cap_minor - standing.member_exposure_minor - others
    return max(0, min(left, room))


async def hold_advance(work: Work, invoice_id: InvoiceId, reason: str) -> None:
    """Stop the advances on an invoice while something about it is disputed; not one's own."""
    for row in await _others(work, invoice_id):
        row.held_reason = reason
    await work.emit(AdvanceHeld(invoice_id=invoice_id, reason=reason))


async def resume_advance(work: Work, invoice_id: InvoiceId) -> None:
    """Let held advances run again; not one's own. Raises OwnCase."""
    for row in await _others(work, invoice_id):
        row.held_reason = None


async def _others(work: Work, invoice_id: InvoiceId) -> list[LeviedInvoice]:
    rows = await kept_rows(work, invoice_id)
    if any(work.actor.is_member(row.member_id) for row in rows):
        raise OwnCase
    return rows
