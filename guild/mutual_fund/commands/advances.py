"""Advances under the guarantee: what the fund pays each member before the client does, and adds
when more of her part is covered.
"""

from collections.abc import Sequence

from sqlalchemy import select, update

from guild.contracts.models import Contract
from guild.core.ids import InvoiceId
from guild.core.money import Money, allocate
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
    """Pay what a guaranteed invoice will bring its members, if it is due and unpaid; and later what
    is missing, when more of it has come under the guarantee.

    Says whether it paid, how much and why (not). It may run again: what is out is not paid twice.
    One advance at a time passes the reserve floor. Of a shared invoice each member's part is looked
    at by itself; where a limit leaves less than all parts, it is divided by what each is to get.
    """
    rows = await locked(work, invoice_id)
    charter = await charter_at(work)
    lost = any(row.written_off_minor for row in rows)
    missing = _missing(rows, charter.guarantee.invoice_cap_minor)
    answers = []
    for place, row in enumerate(rows):
        more = missing[place]
        refusal = _not_due(work, row, more, lost=lost) or await _contract_refuses(work, row)
        if refusal:
            await _note_top_up(work, row, again=more > 0)
            answers.append(guarantee.Quote(False, 0, (refusal,)))
        else:
            answers.append(await _pay_part(work, row, missing[place:], charter))
    paid = sum(one.up_to_minor for one in answers)
    reasons = dict.fromkeys(reason for one in answers for reason in one.reasons)
    return guarantee.Quote(paid > 0, paid, tuple(reasons))


def _missing(rows: Sequence[Levied], cap_minor: int) -> list[int]:
    """What each member is still to get. The cap is of what is out on the invoice, so it counts
    what was advanced before.
    """
    out = [row.advanced_minor - row.repaid_minor for row in rows]
    missing = [max(0, _coming(row) - hers) for row, hers in zip(rows, out, strict=True)]
    room = max(0, cap_minor - sum(out))
    return missing if sum(missing) <= room else allocate(room, missing)


def _coming(row: Levied) -> int:
    """What the member would still get from the client: undisputed, less levy, minor units."""
    kept = row.net_minor - row.credited_net_minor - row.given_up_net_minor
    return levy.advance_of(
        max(kept - row.disputed_net_minor, 0), row.released_net_minor, terms_of(row)
    )


async def _pay_part(
    work: Work, row: Levied, missing: Sequence[int], charter: Charter
) -> guarantee.Quote:
    """One member's part; `missing` is what she and those who come after her are to get."""
    more = missing[0]
    await queries.lock(work, "reserve")
    promised = await _promise_left(work, row, missing, charter)
    standing = await queries.standing_now(work, row.currency)
    answer = guarantee.advance_now(more, promised, standing, queries.limits_of(charter))
    if answer.guaranteed:
        # What other invoices of the contract hold of its promise comes free when they are paid.
        short = answer.up_to_minor < more
        await _advance(work, row, Money(answer.up_to_minor, row.currency), charter, short=short)
    return answer


async def _advance(
    work: Work, row: Levied, amount: Money, charter: Charter, *, short: bool
) -> None:
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
    kept.advanced_minor += amount.minor
    kept.top_up = short
    await work.session.flush()  # the next member's part counts it
    await work.emit(
        AdvancePaid(
            invoice_id=row.invoice_id,
            member_id=row.member_id,
            amount_minor=amount.minor,
            currency=row.currency,
        )
    )


async def _note_top_up(work: Work, row: Levied, *, again: bool) -> None:
    """A refusal that can pass is asked again; where nothing is missing nobody asks any more."""
    if row.advanced_minor and not again:
        await work.session.execute(
            update(LeviedInvoice)
            .where(
                LeviedInvoice.invoice_id == row.invoice_id,
                LeviedInvoice.member_id == row.member_id,
                LeviedInvoice.top_up,
            )
            .values(top_up=False)
        )


def _not_due(work: Work, row: Levied, more: int, *, lost: bool) -> str:
    refusals = (
        (
            not row.guaranteed,
            "The order is not guaranteed: the member is paid when the client pays.",
        ),
        (lost, "The fund has given up its advance on this invoice."),
        (row.advanced_minor and more <= 0, "The advance was paid already."),
        (row.settled or _coming(row) <= 0, "The invoice is paid or credited."),
        (more <= 0, "The limit for one invoice is used up."),
        (row.held_reason, f"The advance is held: {row.held_reason}"),
        (work.today < row.advance_on, f"The advance is due on {row.advance_on.isoformat()}."),
    )
    return next((why for refused, why in refusals if refused), "")


async def _contract_refuses(work: Work, row: Levied) -> str:
    state = await work.session.scalar(select(Contract.state).where(Contract.id == row.contract_id))
    return "" if state in {"signed", "completed"} else "The contract was ended."


async def _promise_left(work: Work, row: Levied, missing: Sequence[int], charter: Charter) -> int:
    """What of the contract's guarantee is not out in advances on it, divided among her and those
    who come after her where it does not do for all.

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
    if 0 < left < sum(missing):
        left = allocate(left, missing)[0]
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
