"""Self-billing: the co-operative writes a member's invoice to it for what it paid out to her.

It needs her prior agreement and a procedure by which she accepts each document (article 224 of
Directive 2006/112/EC): she signs a mandate, gets each document, and may object for as long as the
charter says. An objection takes the document back by a credit note; silence accepts it.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

import msgspec
from sqlalchemy import delete, select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import InvoiceId, MemberId, PayoutId, SelfBillingMandateId, new_id
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.pages import long_date, money_text
from guild.core.permissions import Role
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.governance.queries import charter_at
from guild.invoicing.commands.appended import settle_appends
from guild.invoicing.commands.deciding import reckon_draft
from guild.invoicing.commands.drafts import PIECE, next_reference
from guild.invoicing.commands.freezing import freeze
from guild.invoicing.commands.notes import write_note
from guild.invoicing.commands.validating import refuse_invalid
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.einvoice.takeback import everything
from guild.invoicing.errors import InvoiceNotFound, NoSelfBillingMandate
from guild.invoicing.events import (
    SelfBillAccepted,
    SelfBilled,
    SelfBillingAgreed,
    SelfBillingEnded,
    SelfBillingHeld,
    SelfBillObjected,
)
from guild.invoicing.models import (
    INVOICE_LIFECYCLE,
    SELF_BILL_LIFECYCLE,
    Invoice,
    InvoiceLine,
    InvoiceVat,
    SelfBill,
    SelfBillingMandate,
)
from guild.invoicing.queries.documents import Stored, frozen_invoice
from guild.invoicing.rules.self_billing import series_format, terms_on, terms_text
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
from guild.members.models import Member, MemberRole

BATCH: Final = 200
LANGUAGES: Final = ("en", "fr", "nl", "de")


class BilledLine(msgspec.Struct, frozen=True, kw_only=True):
    """What of one invoice was paid out, in minor units."""

    invoice_id: InvoiceId
    number: str
    net_minor: int


async def sign_mandate(work: Work, typed_name: str, *, terms_version: int) -> SelfBillingMandateId:
    """Agree to self-billing by typing one's name under the words of today.

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
            mend="Enter it among your details first.",
            field="vat_number",
        )
    charter = await charter_at(work)
    language = member.language if member.language in LANGUAGES else "en"
    days = charter.invoicing.self_billing_objection_days
    words = terms_text(terms, language, coop=work.settings.coop.name, days=days)
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


async def running_mandate(
    work: Work, member_id: MemberId, *, lock: bool = False
) -> SelfBillingMandate | None:
    """The member's mandate that is not revoked."""
    wanted = select(SelfBillingMandate).where(
        SelfBillingMandate.member_id == member_id, SelfBillingMandate.revoked_at.is_(None)
    )
    found: SelfBillingMandate | None = await work.session.scalar(
        wanted.with_for_update() if lock else wanted
    )
    return found


async def self_bill_payout(
    work: Work,
    payout_id: PayoutId,
    member_id: MemberId,
    currency: str,
    lines: Sequence[BilledLine],
) -> InvoiceId | None:
    """Write the member's invoice for a payout; once, however often it is asked.

    Called by treasury when the payout has settled. Without a mandate there is none. What the law
    or the rules refuse is told to the office (SelfBillingHeld); the payout stands. VAT on top is
    credited to the member, who owes it to her State.
    """
    await work.session.get_one(Member, member_id, with_for_update=True)
    known = await work.session.scalar(
        select(SelfBill.invoice_id).where(SelfBill.payout_id == payout_id)
    )
    if known is not None:
        return known
    mandate = await running_mandate(work, member_id)
    if mandate is None or not lines:
        return None
    mandate_id = mandate.id
    invoice_id = InvoiceId(new_id())
    try:
        draft = await _draft(work, invoice_id, payout_id, member_id, currency, lines)
        await refuse_invalid(work, draft)
    except Invalid as refused:  # when the rules cannot be asked now, the job comes again
        await _forget(work, invoice_id)
        reason = " ".join(filter(None, (refused.detail, refused.mend)))
        await work.emit(SelfBillingHeld(payout_id=payout_id, member_id=member_id, reason=reason))
        await _tell_office(work, f"No self-billed invoice for payout {payout_id}", reason)
        return None
    (frozen,) = await freeze(work, "self_bill", [draft], supplier_id=member_id)
    charter = await charter_at(work)
    days = charter.invoicing.self_billing_objection_days
    bill = SelfBill(
        invoice_id=draft.id,
        payout_id=payout_id,
        member_id=member_id,
        mandate_id=mandate_id,
        object_by=work.today + timedelta(days=days),
    )
    work.session.add(bill)
    await _post_vat(work, draft.id, member_id, frozen, taken_back=False)
    await _tell_member(work, draft, frozen, bill)
    await work.emit(
        SelfBilled(
            invoice_id=draft.id,
            member_id=member_id,
            payout_id=payout_id,
            net_minor=frozen.net_minor,
            vat_minor=frozen.vat_minor,
            currency=currency,
            object_by=bill.object_by,
        )
    )
    return draft.id


async def _forget(work: Work, invoice_id: InvoiceId) -> None:
    """Take a draft away that cannot be issued; it never had a number."""
    for part in (InvoiceLine, InvoiceVat):
        await work.session.execute(delete(part).where(part.invoice_id == invoice_id))
    await work.session.execute(delete(Invoice).where(Invoice.id == invoice_id))
    work.session.expire_all()


async def _draft(
    work: Work,
    invoice_id: InvoiceId,
    payout_id: PayoutId,
    member_id: MemberId,
    currency: str,
    lines: Sequence[BilledLine],
) -> Stored:
    member = await work.session.get_one(Member, member_id)
    charter = await charter_at(work)
    paid = sum(line.net_minor for line in lines)
    language = member.language if member.language in LANGUAGES else "en"
    work.session.add(
        Invoice(
            id=invoice_id,
            kind="self_bill",
            type_code="389",
            member_id=member_id,
            number_format=series_format(member_id),
            due_days=0,
            delivered_on=work.today,
            title=TITLES[language],
            contract_number="",
            language=language,
            buyer_reference=str(payout_id)[-12:].upper(),
            reference=await next_reference(work, work.settings.coop.country),
            currency=currency,
            prepaid_minor=paid,
            payable_minor=-paid,
            charter_version=charter.version,
            created_at=work.now,
        )
    )
    await work.session.flush()
    work.session.add_all(
        InvoiceLine(
            invoice_id=invoice_id,
            position=position,
            text=f"{TITLES[language]} {line.number}"[:200],
            quantity=Decimal(1),
            unit=PIECE,
            price=Money(line.net_minor, currency).decimal,
            net_minor=0,
            category="S",
            rate_milli=0,
        )
        for position, line in enumerate(lines, 1)
    )
    return await reckon_draft(work, invoice_id)


TITLES: Final = {
    "en": "Work for invoice",
    "fr": "Travail pour la facture",
    "nl": "Werk voor factuur",
    "de": "Arbeit zur Rechnung",
}


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
    await _post_vat(work, note_id, bill.member_id, note, taken_back=True)
    await work.session.flush()
    await _tell_office(work, f"Objection to {said.number}", reason)
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


async def _post_vat(
    work: Work, subject: InvoiceId, member_id: MemberId, said: FrozenInvoice, *, taken_back: bool
) -> None:
    """VAT that the member bills: the co-operative owes it to her and reclaims it."""
    if not said.vat_minor:
        return
    amount = Money(said.vat_minor, said.currency)
    lines = [debit("vat_receivable", amount), credit("member_available", amount, member_id)]
    if taken_back:
        lines = [debit("member_available", amount, member_id), credit("vat_receivable", amount)]
    await ledger.post(
        work,
        kind="self_bill_credited" if taken_back else "self_billed",
        text=f"VAT of self-billed document {said.number}",
        lines=lines,
        subject=subject,
    )


async def _tell_member(work: Work, draft: Stored, said: FrozenInvoice, bill: SelfBill) -> None:
    coop = work.settings.coop.name
    send_mail(
        work,
        to=draft.contact_email,
        subject=f"Your invoice {said.number} to {coop}",
        text=f"{coop} has written invoice {said.number} in your name, for what it paid out to you: "
        f"{money_text(said.total_minor, said.currency)}.\n\nLook at it here:\n"
        f"{work.settings.base_url}/self-billing\n\nIf something is wrong, object there, with a "
        f"reason, until {long_date(bill.object_by)}. After that it is accepted.",
        reason=f"You get this because you agreed to self-billing with {coop}.",
    )


async def _tell_office(work: Work, subject: str, reason: str) -> None:
    addresses = await work.session.scalars(
        select(Member.email)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .where(MemberRole.role == Role.TREASURER.value, MemberRole.ended_at.is_(None))
    )
    for address in sorted(set(addresses)):
        send_mail(
            work, to=address, subject=subject, text=reason,
            reason="You get this because you hold the office of treasurer.",
        )  # fmt: skip
