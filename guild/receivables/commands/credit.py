"""A client's money on account: noticed when too much was paid, used, or given back."""

from datetime import date

from sqlalchemy import func, select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import BankEntryId, InvoiceId, MemberId, OrganisationId, RefundId, new_id
from guild.core.money import Money
from guild.core.pages import money_text
from guild.core.wire import money_in
from guild.core.work import Work
from guild.invoicing.commands import record_payment
from guild.invoicing.commands.writing_off import locked_invoice
from guild.invoicing.errors import InvoiceNotFound
from guild.ledger.chart import Account
from guild.ledger.commands import lock_account
from guild.members.errors import OrganisationNotFound
from guild.members.models import Organisation
from guild.members.queries.firms import owns_client
from guild.receivables import access
from guild.receivables.commands.letters import lang_of, mail_client, words_of
from guild.receivables.errors import (
    CreditTooSmall,
    NothingOpen,
    OwnCase,
    RefundNotFound,
    SecondPersonNeeded,
)
from guild.receivables.events import (
    CreditApplied,
    OverpaymentNoticed,
    RefundApproved,
    RefundProposed,
    RefundRefused,
)
from guild.receivables.models import CLIENT_REFUND, REFUND_LIVE, ClientRefund, Overpayment
from guild.receivables.queries.sources import is_refund_source
from guild.receivables.queries.standing import standing, visible_standing
from guild.receivables.schemas import AppliedOut, ApplyCreditIn, RefundIn


async def note_overpayment(
    work: Work, invoice_id: InvoiceId, entry_id: BankEntryId, surplus: Money, paid: Money, *,
    confirmed_by: MemberId | None = None,
) -> None:  # fmt: skip
    """Treasury kept `surplus` of a bank entry for the client; `paid` of it settled the invoice.

    An entry that pays nothing, or leaves over exactly what the invoice asked for, is a second
    payment: the refund to the same account is proposed at once, and another person decides. The
    client is told either way. `confirmed_by` said what the entry is, so she does not approve the
    refund. Safe to call twice for one entry and invoice.
    """
    if await work.session.get(Overpayment, (entry_id, invoice_id)) is not None:
        return
    one = await standing(work, invoice_id)
    twice = not paid or surplus.minor == one.total_minor
    row = Overpayment(
        bank_entry_id=entry_id,
        invoice_id=invoice_id,
        client_id=one.client_id,
        kind="twice" if twice else "surplus",
        amount_minor=surplus.minor,
        currency=surplus.currency,
        noticed_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    await work.emit(
        OverpaymentNoticed(
            entry_id=entry_id, invoice_id=invoice_id, client_id=one.client_id, kind=row.kind,
            amount_minor=surplus.minor, currency=surplus.currency,
        )
    )  # fmt: skip
    if twice:
        await _propose(
            work, one.client_id, surplus, f"Invoice {one.number} was paid twice",
            invoice_id=invoice_id, entry_id=entry_id, confirmed_by=confirmed_by,
        )  # fmt: skip
    words = words_of(lang_of(one))["overpaid"]
    amount = money_text(surplus, lang=lang_of(one))
    await mail_client(work, one, words["subject"], [words[row.kind]], amount=amount)


async def propose_refund(work: Work, client_id: OrganisationId, data: RefundIn) -> RefundId:
    """Propose to give back what a client has on account; another person decides.

    Raises OrganisationNotFound, CreditTooSmall when less is free than is asked, and Invalid for a
    bank entry by which this client paid nothing, or that a refund went back to already.
    """
    found = await work.session.scalar(
        select(Organisation.id).where(
            Organisation.id == client_id, access.clients_visible_to(work.actor)
        )
    )
    if found is None:
        raise OrganisationNotFound
    amount = money_in(data.amount, data.currency, field="amount")
    entry_id = data.bank_entry_id
    if entry_id is not None and not await is_refund_source(
        work, client_id, data.currency, entry_id
    ):
        raise Invalid(
            "By this bank entry the client paid nothing that could go back.",
            mend="Choose one of its payments, or leave it out.",
            field="bank_entry_id",
        )
    return await _propose(work, client_id, amount, data.reason, entry_id=entry_id)


async def _propose(
    work: Work, client_id: OrganisationId, amount: Money, reason: str, *,
    invoice_id: InvoiceId | None = None, entry_id: BankEntryId | None = None,
    confirmed_by: MemberId | None = None,
) -> RefundId:  # fmt: skip
    free = await free_credit(work, client_id, amount.currency)
    if amount > free:
        raise CreditTooSmall(f"{free} is free on the client's account.", field="amount")
    if entry_id is not None:
        known = await work.session.scalar(
            select(ClientRefund.id).where(
                ClientRefund.bank_entry_id == entry_id, ClientRefund.state != "refused"
            )
        )
        if known is not None:
            raise Conflict("A refund of this payment was proposed already.")
    client = await work.session.get_one(Organisation, client_id)
    by_person = work.actor.kind == "member" and invoice_id is None
    row = ClientRefund(
        id=RefundId(new_id()),
        client_id=client_id,
        member_id=client.created_by,
        invoice_id=invoice_id,
        bank_entry_id=entry_id,
        state=CLIENT_REFUND.initial,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason[:500],
        proposed_by=work.actor.member_id if by_person else None,
        confirmed_by=confirmed_by,
        proposed_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    await work.emit(
        RefundProposed(
            refund_id=row.id, client_id=client_id, entry_id=entry_id,
            amount_minor=amount.minor, currency=amount.currency,
        )
    )  # fmt: skip
    return row.id


async def decide_refund(
    work: Work, refund_id: RefundId, *, approve: bool, note: str = ""
) -> ClientRefund:
    """A treasurer who did not propose it approves or refuses; not the member whose client it
    is, nor one who is that client.

    What Guild proposed by itself rests on one person's word about a bank entry, so who confirmed
    that entry does not approve it either. Raises RefundNotFound, OwnCase, SecondPersonNeeded.
    """
    row = await locked_refund(work, refund_id)
    work.require(access.is_treasurer(work.actor), "A treasurer decides this.")
    me = work.actor.member_id
    if me == row.member_id or await owns_client(work, me, row.client_id):
        raise OwnCase
    if approve and work.actor.member_id == row.proposed_by:
        raise SecondPersonNeeded
    if approve and work.actor.member_id == row.confirmed_by:
        raise SecondPersonNeeded("You confirmed the payment that this refund gives back.")
    CLIENT_REFUND.move(row, "approve" if approve else "refuse")
    row.decided_at, row.decision_note = work.now, note[:500]
    if approve:
        row.approved_by = work.actor.member_id
    await work.session.flush()
    fact = (
        RefundApproved(
            refund_id=row.id, client_id=row.client_id, entry_id=row.bank_entry_id,
            amount_minor=row.amount_minor, currency=row.currency,
        )
        if approve
        else RefundRefused(refund_id=row.id, client_id=row.client_id)
    )  # fmt: skip
    await work.emit(fact)
    if approve and row.invoice_id is not None:
        one = await standing(work, row.invoice_id)
        words = words_of(lang_of(one))["refund"]
        amount = money_text(row.amount_minor, row.currency, lang_of(one))
        await mail_client(work, one, words["subject"], [words["text"]], linked=False, amount=amount)
    return row


async def note_refund(work: Work, refund_id: RefundId, step: str, on: date | None = None) -> None:
    """What the bank made of an approved refund: `order`, `settle`, `fail` or `drop`.

    Treasury calls it and posts the money: `client_credit` to where it leaves from. The actor may
    hold an office that sees no refunds but approves orders, so nobody's eyes are asked about.
    """
    row = await work.session.get(
        ClientRefund, refund_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise RefundNotFound
    CLIENT_REFUND.move(row, step)
    if step == "settle":
        row.paid_on = on or work.today
    await work.session.flush()


async def apply_credit(work: Work, data: ApplyCreditIn) -> AppliedOut:
    """Pay an invoice out of what the same client has on account.

    The client's own link, or the treasurer with the client's consent. What waits for a refund is
    not free. Raises InvoiceNotFound, NothingOpen, CreditTooSmall.
    """
    one = await visible_standing(work, data.invoice_id)
    work.require(
        work.actor.kind == "contact" or access.is_treasurer(work.actor),
        "The client or the treasurer.",
    )
    invoice = await locked_invoice(work, data.invoice_id)
    if invoice.kind != "invoice":
        raise InvoiceNotFound
    if invoice.open_minor <= 0:
        raise NothingOpen
    free = await free_credit(work, one.client_id, invoice.currency)
    fits = Money(min(free.minor, invoice.open_minor), invoice.currency)
    amount = money_in(data.amount, invoice.currency, field="amount") if data.amount else fits
    if amount > free or not amount:
        raise CreditTooSmall(f"{free} is free on the client's account.", field="amount")
    await record_payment(
        work, invoice.id, amount, Account("client_credit", one.client_id), work.today
    )
    await work.emit(
        CreditApplied(
            invoice_id=invoice.id, client_id=one.client_id, amount_minor=amount.minor,
            currency=amount.currency,
        )
    )  # fmt: skip
    after = await standing(work, invoice.id)
    return AppliedOut(
        invoice_id=invoice.id,
        applied=amount.text,
        open=Money(after.open_minor, after.currency).text,
        credit_left=(free - amount).text,
        currency=amount.currency,
    )


async def free_credit(work: Work, client_id: OrganisationId, currency: str) -> Money:
    """What a client has on account and no refund has taken up; the account is held until the end
    of the transaction.
    """
    held = await lock_account(work, Account("client_credit", client_id), currency)
    taken = await work.session.scalar(
        select(func.sum(ClientRefund.amount_minor)).where(
            ClientRefund.client_id == client_id,
            ClientRefund.currency == currency,
            ClientRefund.state.in_(REFUND_LIVE),
        )
    )
    return held - Money(int(taken or 0), currency)


async def locked_refund(work: Work, refund_id: RefundId) -> ClientRefund:
    """The refund if the actor may see it, locked; raises RefundNotFound."""
    row = await work.session.scalar(
        select(ClientRefund)
        .where(ClientRefund.id == refund_id, access.rows_visible_to(work.actor, ClientRefund))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise RefundNotFound
    return row
