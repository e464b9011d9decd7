"""Giving up what is open on an invoice, whole or in part, and what becomes of the VAT in it.

A member gives up a small sum of her own invoice alone. Above the charter's limit, which counts all
that was given up of the invoice, and of an invoice that several share, a member or a treasurer asks
and a treasurer who did not ask, and whose invoice it is not, decides.
"""

from typing import Final

from sqlalchemy import select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import InvoiceId, WriteOffId, new_id
from guild.core.money import Money
from guild.core.wire import money_in
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing import commands as invoicing
from guild.invoicing.commands.writing_off import locked_invoice, net_within
from guild.invoicing.events import WriteOffCredited
from guild.invoicing.queries import has_part
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
from guild.members.queries.firms import owns_client
from guild.receivables import access
from guild.receivables.errors import (
    NothingOpen,
    OwnCase,
    SecondPersonNeeded,
    WriteOffAsked,
    WriteOffNotFound,
)
from guild.receivables.events import WriteOffAskedFor
from guild.receivables.models import WRITE_OFF, WriteOff
from guild.receivables.queries.standing import visible_standing
from guild.receivables.schemas import VatDecisionIn, WriteOffIn

VAT_GOES_TO: Final = {"reclaim": "vat_payable", "bear": "bad_debts"}


async def ask_write_off(work: Work, invoice_id: InvoiceId, data: WriteOffIn) -> WriteOffId:
    """Give up a small sum at once, or ask for the second person.

    Raises InvoiceNotFound, NothingOpen, WriteOffAsked, Invalid for more than is open.
    """
    one = await visible_standing(work, invoice_id)
    work.require(access.may_act_for(work.actor, one.member_id), "The member or the treasurer.")
    invoice = await locked_invoice(work, invoice_id)
    if invoice.open_minor <= 0:
        raise NothingOpen
    waiting = await work.session.scalar(
        select(WriteOff.id).where(WriteOff.invoice_id == invoice_id, WriteOff.state == "asked")
    )
    if waiting is not None:
        raise WriteOffAsked
    charter = await charter_at(work)
    still_open = Money(invoice.open_minor, invoice.currency)
    wanted = money_in(data.amount, invoice.currency, field="amount") if data.amount else still_open
    if not wanted or wanted > still_open:
        raise Invalid(
            f"{still_open} is open on this invoice.",
            mend="Give up that much or less.", field="amount",
        )  # fmt: skip
    amount = wanted.minor
    small = (
        # Parts count together: many small ones are not a way around the second person.
        amount + invoice.written_off_minor <= charter.receivables.write_off_small_minor
        and invoice.currency == work.settings.coop.currency
        and work.actor.is_member(invoice.member_id)
        and not invoice.shared  # it is her co-workers' money too
    )
    row = WriteOff(
        id=WriteOffId(new_id()),
        invoice_id=invoice_id,
        member_id=invoice.member_id,
        client_id=invoice.client_id,
        state=WRITE_OFF.initial,
        small=small,
        amount_minor=amount,
        vat_minor=amount - net_within(amount, still_open.minor, invoice.pending_net_minor),
        currency=invoice.currency,
        reason_code=data.reason_code,
        reason=data.reason,
        asked_by=work.actor.member_id,
        asked_at=work.now,
        charter_version=charter.version,
    )
    work.session.add(row)
    await work.session.flush()
    await work.emit(
        WriteOffAskedFor(
            write_off_id=row.id, invoice_id=invoice_id, amount_minor=amount,
            currency=row.currency,
        )
    )  # fmt: skip
    if small:
        await _book(work, row)
    return row.id


async def decide_write_off(work: Work, write_off_id: WriteOffId, *, approve: bool) -> WriteOff:
    """A treasurer who did not ask decides; nobody decides about an invoice that she has part in,
    or that is asked of her own firm.
    """
    row = await _locked(work, write_off_id)
    work.require(access.is_treasurer(work.actor), "A treasurer decides this.")
    me = work.actor.member_id
    if await has_part(work, row.invoice_id) or await owns_client(work, me, row.client_id):
        raise OwnCase
    if approve and work.actor.member_id == row.asked_by:
        raise SecondPersonNeeded
    if approve:
        await _book(work, row)
    else:
        WRITE_OFF.move(row, "refuse")
        row.approved_by, row.decided_at = None, work.now
        await work.session.flush()
    return row


async def _book(work: Work, row: WriteOff) -> None:
    """Book what was asked for, or what is open now when something came in meanwhile."""
    if not WRITE_OFF.may(row.state, "book"):
        WRITE_OFF.move(row, "book")
    invoice = await locked_invoice(work, row.invoice_id)
    agreed = Money(min(row.amount_minor, invoice.open_minor), row.currency)
    given_up = await invoicing.write_off(work, row.invoice_id, row.reason, agreed)
    WRITE_OFF.move(row, "book")
    row.amount_minor, row.vat_minor = given_up.amount_minor, given_up.vat_minor
    row.entry_id = given_up.entry_id
    row.approved_by = work.actor.member_id
    row.decided_at = work.now
    await work.session.flush()


async def reinstate(work: Work, write_off_id: WriteOffId) -> WriteOff:
    """Money came after all: it is owed again. The VAT must not be decided yet, or by hand.

    Raises Conflict when the VAT was reclaimed or borne: that is corrected with the accountant.
    """
    row = await _locked(work, write_off_id)
    work.require(access.is_treasurer(work.actor), "A treasurer decides this.")
    if row.vat_decision:
        raise Conflict(
            "The VAT of this write-off was decided already.",
            mend="Correct that with the accountant first; the payment stays on account.",
        )
    WRITE_OFF.move(row, "reinstate")
    assert row.entry_id is not None
    await invoicing.reinstate(work, row.invoice_id, row.entry_id)
    await work.session.flush()
    return row


async def decide_vat(work: Work, write_off_id: WriteOffId, data: VatDecisionIn) -> WriteOff:
    """Say what becomes of the VAT: `reclaim` lowers what is owed to the State, `bear` is a cost.

    Whether relief is due, and when, is each country's law (Directive 2006/112/EC, article 90;
    in Belgium article 77 of the VAT code), so Guild never decides it by itself.
    """
    row = await _locked(work, write_off_id)
    work.require(access.is_treasurer(work.actor), "A treasurer decides this.")
    amount = Money(row.vat_minor - row.credited_vat_minor, row.currency)
    if row.state != "booked" or row.vat_decision or not amount:
        raise Conflict("There is no VAT to decide on this write-off.")
    to = VAT_GOES_TO[data.decision]
    await ledger.post(
        work,
        kind="bad_debt_vat",
        text=f"VAT of a write-off, {data.decision}: {data.ground}"[:500],
        lines=[debit(to, amount), credit("vat_on_bad_debts", amount)],
        subject=row.invoice_id,
    )
    row.vat_decision, row.vat_ground = data.decision, data.ground
    row.vat_decided_by = work.actor.member_id
    await work.session.flush()
    return row


async def credit_write_off(work: Work, fact: WriteOffCredited) -> None:
    """A credit note says that a part of a write-off was not owed; what was decided about its VAT
    is undone, since the credit note itself takes that VAT off what is owed to the State.
    """
    row = await work.session.scalar(
        select(WriteOff)
        .where(WriteOff.entry_id == fact.write_off_entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert row is not None, "every write-off was asked for"
    if row.vat_decision and fact.vat_minor:
        amount = Money(fact.vat_minor, row.currency)
        await ledger.post(
            work,
            kind="bad_debt_vat",
            text="A credit note covers what was written off: its VAT is not decided any more",
            lines=[
                debit("vat_on_bad_debts", amount),
                credit(VAT_GOES_TO[row.vat_decision], amount),
            ],
            subject=row.invoice_id,
        )
    row.credited_minor += fact.amount_minor
    row.credited_vat_minor += fact.vat_minor
    if row.credited_minor == row.amount_minor:
        WRITE_OFF.move(row, "credit")
    await work.session.flush()


async def _locked(work: Work, write_off_id: WriteOffId) -> WriteOff:
    visible = access.rows_visible_to(work.actor, WriteOff)
    invoice_id = await work.session.scalar(
        select(WriteOff.invoice_id).where(WriteOff.id == write_off_id, visible)
    )
    if invoice_id is None:
        raise WriteOffNotFound
    await locked_invoice(work, invoice_id)
    row = await work.session.scalar(
        select(WriteOff)
        .where(WriteOff.id == write_off_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert row is not None, "write-offs are never deleted"
    return row
