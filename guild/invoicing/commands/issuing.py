"""Issuing: check, take the number, freeze, post, tell. The hot path of the house.

One statement reads everything and locks the documents; one moves the counter of the series; all
else (the freezing update, the ledger, the event, the job, the idempotency answer) goes into the
Work's single statement before the commit. A hundred invoices cost the same number of statements.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Final

from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing import access
from guild.invoicing.commands.appended import settle_appends
from guild.invoicing.commands.deciding import with_todays_tax
from guild.invoicing.commands.dividing import freeze_shares, pending_lines
from guild.invoicing.commands.freezing import freeze, issued_out
from guild.invoicing.commands.prepaying import record_prepaid
from guild.invoicing.commands.settling_deposits import take_deposits_back
from guild.invoicing.commands.validating import refuse_invalid
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import InvoiceIssued, MemberPart
from guild.invoicing.models import INVOICE_LIFECYCLE
from guild.invoicing.queries.documents import Stored, document_data
from guild.invoicing.schemas import IssuedOut
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit

BATCH_MAX: Final = 500


async def issue_invoice(work: Work, invoice_id: InvoiceId) -> IssuedOut:
    """Issue one draft; see `issue_invoices`."""
    return (await issue_invoices(work, [invoice_id]))[0]


async def issue_invoices(work: Work, ids: Sequence[InvoiceId]) -> list[IssuedOut]:
    """Issue drafts in the order given, all or none.

    Raises InvoiceNotFound for one that is not the actor's, IllegalMove (409) for one that is
    issued already, EInvoiceRefused or the tax engine's refusals before any number is taken, and
    DatesOutOfOrder when the series has a later date.
    """
    assert 0 < len(ids) <= BATCH_MAX, "issue in batches"
    await settle_appends(work, ids)
    found = {one.id: one for one in await document_data(work, ids, lock=True)}
    drafts = [await _checked(work, found.get(invoice_id)) for invoice_id in ids]
    parts = {one.id: await _parts(work, one) for one in drafts}
    await take_deposits_back(work, drafts)
    frozen = await freeze(work, "invoice", drafts)
    answers = []
    for draft, invoice in zip(drafts, frozen, strict=True):
        await _post_and_tell(work, draft, invoice, parts[draft.id])
        if invoice.prepaid_minor:  # after all reactions: the fund must know the invoice by now
            prepaid = Money(invoice.prepaid_minor, invoice.currency)
            await record_prepaid(work, draft.id, draft.client_id, prepaid)
        answers.append(issued_out(draft.id, invoice))
    return answers


async def _checked(work: Work, draft: Stored | None) -> Stored:
    """The draft with today's tax, all rules asked; nothing is numbered before this returns."""
    if draft is None or not access.may_work_on(work.actor, draft.member_id):
        raise InvoiceNotFound
    if draft.frozen.kind != "invoice":
        raise InvoiceNotFound("Credit notes are issued as they are made.")
    INVOICE_LIFECYCLE.move(SimpleNamespace(state=draft.state), "issue")
    draft = await with_todays_tax(work, draft)
    await refuse_invalid(work, draft)
    return draft


async def _parts(work: Work, draft: Stored) -> tuple[MemberPart, ...]:
    """Each member's part, on an invoice that several share; raises Conflict."""
    if not draft.shared:
        return ()
    return await freeze_shares(work, draft.id, Money(draft.frozen.net_minor, draft.frozen.currency))


async def _post_and_tell(
    work: Work, draft: Stored, invoice: FrozenInvoice, parts: tuple[MemberPart, ...]
) -> None:
    def money(minor: int) -> Money:
        return Money(minor, invoice.currency)

    whose = parts or (MemberPart(draft.member_id, invoice.net_minor),)
    await ledger.post(
        work,
        kind="invoice_issued",
        text=f"Invoice {invoice.number}",
        lines=[
            debit(
                "receivable", money(invoice.total_minor + invoice.rounding_minor), draft.client_id
            ),
            credit("vat_payable", money(invoice.vat_minor)),
            *pending_lines(whose, invoice.currency),
            credit("rounding", money(invoice.rounding_minor)),
        ],
        subject=draft.id,
        occurred_on=invoice.issued_on,
    )
    await work.emit(
        InvoiceIssued(
            invoice_id=draft.id,
            contract_id=draft.contract_id,
            member_id=draft.member_id,
            client_id=draft.client_id,
            number=invoice.number,
            net_minor=invoice.net_minor,
            vat_minor=invoice.vat_minor,
            total_minor=invoice.total_minor,
            currency=invoice.currency,
            due_on=invoice.due_on,
            prepaid_minor=invoice.prepaid_minor,
            parts=parts,
        )
    )
