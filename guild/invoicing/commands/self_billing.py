"""Self-billing: the co-operative writes a member's invoice to it for what it paid out to her.

It needs her prior agreement and a procedure by which she accepts each document (article 224 of
Directive 2006/112/EC): she signs a mandate, gets each document, and may object for as long as the
charter says. An objection takes the document back by a credit note; silence accepts it.
"""

import hashlib
from typing import Final

from sqlalchemy import select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import InvoiceId, MemberId, SelfBillingMandateId, new_id
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.governance.queries import charter_at
from guild.invoicing.commands.appended import settle_appends
from guild.invoicing.commands.freezing import freeze
from guild.invoicing.commands.notes import write_note
from guild.invoicing.commands.self_bills import LANGUAGES, post_vat, running_mandate, tell_office
from guild.invoicing.commands.validating import refuse_invalid
from guild.invoicing.einvoice.takeback import everything
from guild.invoicing.errors import InvoiceNotFound, NoSelfBillingMandate
from guild.invoicing.events import (
    SelfBillAccepted,
    SelfBillingAgreed,
    SelfBillingEnded,
    SelfBillObjected,
)
from guild.invoicing.models import (
    INVOICE_LIFECYCLE,
    SELF_BILL_LIFECYCLE,
    Invoice,
    SelfBill,
    SelfBillingMandate,
)
from guild.invoicing.queries.documents import frozen_invoice
from guild.invoicing.rules.self_billing import Period, period_text, terms_on, terms_text
from guild.members.models import Member

BATCH: Final = 200


async def sign_mandate(
    work: Work, typed_name: str, *, terms_version: int, period: Period = "payout"
) -> SelfBillingMandateId:
    """Agree to self-billing by typing one's name under the words of today, and say how often.

    Raises Conflict when a mandate runs already or the words have changed since they were read,
    Invalid for another's name or without a number to bill under.
    """
    member_id = _oneself(work)
    member = await work.session.get_one(Member, member_id, with_for_update=True)
    refuse_unprintable({"typed_name": typed_name})
    if await running_mandate(work, member_id) is not None:
        raise Conflict("You have agreed to self-billing already.")
    terms = terms_on(work.today)
    if terms.version != terms_version:
        raise Conflict(
            "The words have changed since you read them.", mend="Read them again, then sign."
        )
    if " ".join(typed_name.split()).casefold() != " ".join(member.legal_name.split()).casefold():
        raise Invalid(
            f"Type your legal name as the register has it: {member.legal_name}.",
            field="typed_name",
        )
    if not (member.vat_number or member.enterprise_number):
        raise Invalid(
            "An invoice in your name needs your VAT or enterprise number.",
            mend="Enter it on the page of your account first.",
            field="vat_number",
        )
    charter = await charter_at(work)
    language = member.language if member.language in LANGUAGES else "en"
    days = charter.invoicing.self_billing_objection_days
    words = terms_text(terms, language, coop=work.settings.coop.name, days=days)
    words = f"{words} {period_text(terms, language, period)}"
    mandate = SelfBillingMandate(
        id=SelfBillingMandateId(new_id()),
        member_id=member_id,
        terms_version=terms.version,
        language=language,
        typed_name=" ".join(typed_name.split()),
        signed_at=work.now,
        evidence={
            "words": words,
            "words_sha256": hashlib.sha256(words.encode()).hexdigest(),
            "legal_name": member.legal_name,
            "signed_by": str(work.actor.id),
            "signed_at": work.now.isoformat(),
        },
        charter_version=charter.version,
        period=period,
    )
    work.session.add(mandate)
    await work.session.flush()
    await work.emit(SelfBillingAgreed(member_id=member_id, mandate_id=mandate.id))
    return mandate.id


async def revoke_mandate(work: Work, reason: str) -> None:
    """End self-billing for what is paid out from now on; what was issued stays.

    Raises NoSelfBillingMandate.
    """
    member_id = _oneself(work)
    mandate = await running_mandate(work, member_id, lock=True)
    if mandate is None:
        raise NoSelfBillingMandate
    mandate.revoked_at = work.now
    mandate.revoked_reason = reason
    await work.emit(SelfBillingEnded(member_id=member_id, mandate_id=mandate.id))


async def object_to_self_bill(work: Work, invoice_id: InvoiceId, reason: str) -> InvoiceId:
    """Object to a document made in one's name: it is taken back by a credit note of one's series.

    Raises InvoiceNotFound for another's, IllegalMove (409) once it is accepted or objected to.
    """
    refuse_unprintable({"reason": reason})
    bill = await _own_bill(work, invoice_id)
    invoice = await work.session.get_one(
        Invoice, invoice_id, with_for_update=True, populate_existing=True
    )
    if not SELF_BILL_LIFECYCLE.may(bill.state, "object"):
        SELF_BILL_LIFECYCLE.move(bill, "object")  # refuses, naming the steps that are left
    said = (await frozen_invoice(work, invoice_id)).frozen
    note_id = await write_note(work, invoice, said, everything(said), reason, "not_accepted")
    stored = await frozen_invoice(work, note_id)
    await refuse_invalid(work, stored)
    (note,) = await freeze(work, "self_bill_credit", [stored], supplier_id=bill.member_id)
    SELF_BILL_LIFECYCLE.move(bill, "object")
    bill.objection = reason
    bill.decided_at = work.now
    bill.credit_note_id = note_id
    invoice.credited_minor = invoice.total_minor + invoice.rounding_minor
    invoice.credited_net_minor = invoice.net_minor
    INVOICE_LIFECYCLE.move(invoice, "credit")
    await post_vat(work, note_id, bill.member_id, note, taken_back=True)
    await work.session.flush()
    await tell_office(work, f"Objection to {said.number}", reason)
    await work.emit(
        SelfBillObjected(invoice_id=invoice_id, credit_note_id=note_id, member_id=bill.member_id)
    )
    return note_id


async def accept_self_bill(work: Work, invoice_id: InvoiceId) -> None:
    """Accept a document before the period ends. Raises InvoiceNotFound, IllegalMove."""
    await _accept(work, await _own_bill(work, invoice_id))


async def accept_by_silence(work: Work) -> int:
    """Accept what nobody objected to in time; returns how many. The job of every hour."""
    rows = await work.session.scalars(
        select(SelfBill)
        .where(SelfBill.state == "open", SelfBill.object_by < work.today)
        .order_by(SelfBill.object_by, SelfBill.invoice_id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = rows.all()
    for bill in found:
        await _accept(work, bill)
    return len(found)


async def _accept(work: Work, bill: SelfBill) -> None:
    SELF_BILL_LIFECYCLE.move(bill, "accept")
    bill.decided_at = work.now
    await work.emit(SelfBillAccepted(invoice_id=bill.invoice_id, member_id=bill.member_id))


async def _own_bill(work: Work, invoice_id: InvoiceId) -> SelfBill:
    await settle_appends(work, [invoice_id])
    bill: SelfBill | None = await work.session.scalar(
        select(SelfBill)
        .where(SelfBill.invoice_id == invoice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if bill is None or not work.actor.is_member(bill.member_id):
        raise InvoiceNotFound
    return bill


def _oneself(work: Work) -> MemberId:
    if work.actor.member_id is None:
        raise InvoiceNotFound
    return work.actor.member_id
