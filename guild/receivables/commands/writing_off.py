"""Giving up what is open on an invoice, and what becomes of the VAT in it.

A member gives up a small rest of her own invoice alone. Above the charter's limit a member or a
treasurer asks and a treasurer who did not ask, and whose invoice it is not, decides.
"""

from sqlalchemy import select

from guild.core.errors import Conflict
from guild.core.ids import InvoiceId, WriteOffId, new_id
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing import commands as invoicing
from guild.invoicing.commands.writing_off import locked_invoice
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
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


async def ask_write_off(work: Work, invoice_id: InvoiceId, data: WriteOffIn) -> WriteOffId:
    """Give up a small rest at once, or ask for the second person.

    Raises InvoiceNotFound, NothingOpen, WriteOffAsked.
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
    amount = invoice.open_minor
    small = (
        amount <= charter.receivables.write_off_small_minor
        and invoice.currency == work.settings.coop.currency
        and work.actor.is_member(invoice.member_id)
    )
    row = WriteOff(
        id=WriteOffId(new_id()),
        invoice_id=invoice_id,
        member_id=invoice.member_id,
        client_id=invoice.client_id,
        state=WRITE_OFF.initial,
        small=small,
        amount_minor=amount,
        vat_minor=amount - min(invoice.pending_net_minor, amount),
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
    """A treasurer who did not ask decides; nobody decides about her own invoice."""
    row = await _locked(work, write_off_id)
    work.require(access.is_treasurer(work.actor), "A treasurer decides this.")
    if work.actor.is_member(row.member_id):
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
    """Book what is open now: less than was asked when something came in meanwhile."""
    if not WRITE_OFF.may(row.state, "book"):
        WRITE_OFF.move(row, "book")
    given_up = await invoicing.write_off_rest(work, row.invoice_id, row.reason)
    if given_up.amount_minor > row.amount_minor:
        raise Conflict("More is open now than was asked for; ask again.")
    WRITE_OFF.move(row, "book")
    row.amount_minor, row.vat_minor = given_up.amount_minor, given_up.vat_minor
    row.entry_id = given_up.entry_id
    row.approved_by = work.actor.member_id
    row.decided_at = work.now
    await work.session.flush()


async def reinstate(work: Work, write_off_id: WriteOffId) -> WriteOff:
    """Money came after all: the rest is owed again. The VAT must not be decided yet, or by hand.

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
    await invoicing.reinstate_rest(work, row.invoice_id, row.entry_id)
    await work.session.flush()
    return row


async def decide_vat(work: Work, write_off_id: WriteOffId, data: VatDecisionIn) -> WriteOff:
    """Say what becomes of the VAT: `reclaim` lowers what is owed to the State, `bear` is a cost.

    Whether relief is due, and when, is each country's law (Directive 2006/112/EC, article 90;
    in Belgium article 77 of the VAT code), so Guild never decides it by itself.
    """
    row = await _locked(work, write_off_id)
    work.require(access.is_treasurer(work.actor), "A treasurer decides this.")
    if row.state != "booked" or row.vat_decision or row.vat_minor <= 0:
        raise Conflict("There is no VAT to decide on this write-off.")
    amount = Money(row.vat_minor, row.currency)
    to = "vat_payable" if data.decision == "reclaim" else "bad_debts"
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
