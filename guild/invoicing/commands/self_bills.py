"""Writing self-billed documents: for each payout, or for all of a month, as the mandate says.

Every settled payout under a mandate is a row of its own (`self_bill_due`), so none is billed twice,
and what the rules refused can be tried again when it is mended.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import InvoiceId, MemberId, PayoutId, new_id
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.pages import long_date, money_text
from guild.core.permissions import Role
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing import access
from guild.invoicing.commands.deciding import reckon_draft
from guild.invoicing.commands.drafts import PIECE, next_reference
from guild.invoicing.commands.freezing import freeze
from guild.invoicing.commands.validating import refuse_invalid
from guild.invoicing.einvoice.build import FrozenInvoice
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import SelfBilled, SelfBillingHeld
from guild.invoicing.models import (
    SELF_BILL_DUE_LIFECYCLE,
    Invoice,
    InvoiceLine,
    InvoiceVat,
    SelfBill,
    SelfBillDue,
    SelfBillingMandate,
)
from guild.invoicing.queries.documents import Stored
from guild.invoicing.rules.self_billing import series_format
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
from guild.members.models import Member, MemberRole

BATCH: Final = 200
LANGUAGES: Final = ("en", "fr", "nl", "de")
TITLES: Final = {
    "en": "Work for invoice",
    "fr": "Travail pour la facture",
    "nl": "Werk voor factuur",
    "de": "Arbeit zur Rechnung",
}
TITLES_OF_MONTH: Final = {
    "en": "Work paid in {month}",
    "fr": "Travail payé en {month}",
    "nl": "Werk betaald in {month}",
    "de": "Im {month} bezahlte Arbeit",
}


class BilledLine(msgspec.Struct, frozen=True, kw_only=True):
    """What of one invoice was paid out, in minor units."""

    invoice_id: InvoiceId
    number: str
    net_minor: int


class Waiting(msgspec.Struct, frozen=True):
    """A month of one member that can be billed."""

    member_id: MemberId
    month: date


async def self_bill_payout(
    work: Work,
    payout_id: PayoutId,
    member_id: MemberId,
    currency: str,
    lines: Sequence[BilledLine],
) -> InvoiceId | None:
    """Write the member's invoice for a payout, once, or note it for the end of its month.

    Called by treasury when the payout has settled. Without a mandate there is none. What the law
    or the rules refuse is told to the office (SelfBillingHeld); the payout stands. VAT on top is
    credited to the member, who owes it to her State.
    """
    await work.session.get_one(Member, member_id, with_for_update=True)
    known = await work.session.get(SelfBillDue, payout_id)
    if known is not None:
        return known.invoice_id
    mandate = await running_mandate(work, member_id)
    if mandate is None or not lines:
        return None
    due = SelfBillDue(
        payout_id=payout_id,
        member_id=member_id,
        mandate_id=mandate.id,
        currency=currency,
        lines=[msgspec.to_builtins(line) for line in lines],
        settled_on=work.today,
        month=work.today.replace(day=1),
        state=SELF_BILL_DUE_LIFECYCLE.initial,
        problem="",
    )
    work.session.add(due)
    await work.session.flush()
    if mandate.period == "month":
        return None
    return await _bill(work, [due])


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


async def months_to_bill(work: Work) -> list[Waiting]:
    """Members whose payouts of a month that is over wait for their document; the oldest first."""
    rows = await work.session.execute(
        select(SelfBillDue.member_id, SelfBillDue.month)
        .where(SelfBillDue.state == "waiting", SelfBillDue.month < work.today.replace(day=1))
        .group_by(SelfBillDue.member_id, SelfBillDue.month)
        .order_by(SelfBillDue.month, SelfBillDue.member_id)
        .limit(BATCH)
    )
    return [Waiting(member_id, month) for member_id, month in rows]


async def self_bill_month(work: Work, member_id: MemberId, month: date) -> list[InvoiceId]:
    """One document for each currency of what a member was paid in a month; safe to ask twice."""
    await work.session.get_one(Member, member_id, with_for_update=True)
    rows = await work.session.scalars(
        select(SelfBillDue)
        .where(
            SelfBillDue.member_id == member_id,
            SelfBillDue.month == month,
            SelfBillDue.state == "waiting",
        )
        .order_by(SelfBillDue.settled_on, SelfBillDue.payout_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    waiting = rows.all()
    made = [
        await _bill(work, [one for one in waiting if one.currency == currency])
        for currency in sorted({one.currency for one in waiting})
    ]
    return [invoice_id for invoice_id in made if invoice_id is not None]


async def retry_self_bill(work: Work, payout_id: PayoutId) -> InvoiceId | None:
    """Try again to write the document of a payout that the rules had refused.

    The member herself or a treasurer asks. All that was held with it goes into the same document.
    None when it is refused again; the row says why. Raises InvoiceNotFound for one that is not
    there or not the actor's, Forbidden for an auditor, Conflict for one that is billed or waits for
    its month.
    """
    due = await work.session.get(SelfBillDue, payout_id)
    if due is None or not access.may_see_payouts_of(work.actor, due.member_id):
        raise InvoiceNotFound("There is no such payout to bill.")
    work.require(access.may_credit(work.actor, due.member_id))
    member_id, month, currency, mandate_id = due.member_id, due.month, due.currency, due.mandate_id
    await work.session.get_one(Member, member_id, with_for_update=True)
    await work.session.refresh(due)
    if due.state != "held":
        raise Conflict(
            "It has its document already."
            if due.state == "billed"
            else f"It is billed with the other payouts of {month:%B %Y}."
        )
    mandate = await work.session.get_one(SelfBillingMandate, mandate_id)
    rows = [due]
    if mandate.period == "month":
        found = await work.session.scalars(
            select(SelfBillDue)
            .where(
                SelfBillDue.member_id == member_id,
                SelfBillDue.month == month,
                SelfBillDue.currency == currency,
                SelfBillDue.state == "held",
            )
            .order_by(SelfBillDue.settled_on, SelfBillDue.payout_id)
        )
        rows = list(found)
    return await _bill(work, rows)


async def _bill(work: Work, rows: Sequence[SelfBillDue]) -> InvoiceId | None:
    """One document for rows of one member and currency, or the reason why there is none."""
    member_id, currency = rows[0].member_id, rows[0].currency
    payouts = tuple(row.payout_id for row in rows)
    mandate_id = rows[0].mandate_id
    invoice_id = InvoiceId(new_id())
    try:
        draft = await _draft(work, invoice_id, rows)
        await refuse_invalid(work, draft)
    except Invalid as refused:  # when the rules cannot be asked now, the job comes again
        await _forget(work, invoice_id)
        await _hold(work, payouts, " ".join(filter(None, (refused.detail, refused.mend))))
        return None
    (frozen,) = await freeze(work, "self_bill", [draft], supplier_id=member_id)
    charter = await charter_at(work)
    days = charter.invoicing.self_billing_objection_days
    bill = SelfBill(
        invoice_id=draft.id,
        member_id=member_id,
        mandate_id=mandate_id,
        object_by=work.today + timedelta(days=days),
    )
    work.session.add(bill)
    for row in await _rows(work, payouts):
        SELF_BILL_DUE_LIFECYCLE.move(row, "bill")
        row.invoice_id, row.problem, row.tried_at = draft.id, "", work.now
    await work.session.flush()
    await post_vat(work, draft.id, member_id, frozen, taken_back=False)
    await _tell_member(work, draft, frozen, bill)
    await work.emit(
        SelfBilled(
            invoice_id=draft.id,
            member_id=member_id,
            payout_ids=payouts,
            net_minor=frozen.net_minor,
            vat_minor=frozen.vat_minor,
            currency=currency,
            object_by=bill.object_by,
        )
    )
    return draft.id


async def _rows(work: Work, payouts: Sequence[PayoutId]) -> list[SelfBillDue]:
    rows = await work.session.scalars(
        select(SelfBillDue)
        .where(SelfBillDue.payout_id.in_(payouts))
        .order_by(SelfBillDue.payout_id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def _hold(work: Work, payouts: Sequence[PayoutId], reason: str) -> None:
    """Note why there is no document, and tell the office what it has not been told yet."""
    for row in await _rows(work, payouts):
        told = row.problem
        if row.state != "held":
            SELF_BILL_DUE_LIFECYCLE.move(row, "hold")
        row.problem, row.tried_at = reason[:2000], work.now
        if told == row.problem:
            continue
        await work.emit(
            SelfBillingHeld(payout_id=row.payout_id, member_id=row.member_id, reason=reason)
        )
        await tell_office(work, f"No self-billed invoice for payout {row.payout_id}", reason)
    await work.session.flush()


async def _forget(work: Work, invoice_id: InvoiceId) -> None:
    """Take a draft away that cannot be issued; it never had a number."""
    for part in (InvoiceLine, InvoiceVat):
        await work.session.execute(delete(part).where(part.invoice_id == invoice_id))
    await work.session.execute(delete(Invoice).where(Invoice.id == invoice_id))
    work.session.expire_all()


async def _draft(work: Work, invoice_id: InvoiceId, rows: Sequence[SelfBillDue]) -> Stored:
    member = await work.session.get_one(Member, rows[0].member_id)
    mandate = await work.session.get_one(SelfBillingMandate, rows[0].mandate_id)
    charter = await charter_at(work)
    currency = rows[0].currency
    lines = merged([msgspec.convert(line, BilledLine) for row in rows for line in row.lines])
    paid = sum(line.net_minor for line in lines)
    language = member.language if member.language in LANGUAGES else "en"
    first, last = rows[0].month, max(row.settled_on for row in rows)
    monthly = mandate.period == "month"
    month = TITLES_OF_MONTH[language].format(month=f"{first:%m/%Y}")
    work.session.add(
        Invoice(
            id=invoice_id,
            kind="self_bill",
            type_code="389",
            member_id=member.id,
            number_format=series_format(member.id),
            due_days=0,
            delivered_on=last,
            period_from=first if monthly else None,
            period_to=last if monthly else None,
            title=month if monthly else TITLES[language],
            contract_number="",
            language=language,
            buyer_reference=f"{first:%Y-%m}" if monthly else short_of(rows[0].payout_id),
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


def merged(lines: Sequence[BilledLine]) -> list[BilledLine]:
    """One line for each invoice, whatever the number of payouts that carried its money."""
    sums: dict[InvoiceId, BilledLine] = {}
    for line in lines:
        before = sums[line.invoice_id].net_minor if line.invoice_id in sums else 0
        sums[line.invoice_id] = msgspec.structs.replace(line, net_minor=before + line.net_minor)
    return list(sums.values())


def short_of(payout_id: UUID) -> str:
    """What of a payout's id stands on the document as reference."""
    return str(payout_id)[-12:].upper()


async def post_vat(
    work: Work, subject: InvoiceId, member_id: MemberId, said: FrozenInvoice, *, taken_back: bool
) -> None:
    """Post the VAT that the member bills: the co-operative owes it to her and reclaims it."""
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


async def tell_office(work: Work, subject: str, reason: str) -> None:
    """Mail the treasurers what needs one of them."""
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
