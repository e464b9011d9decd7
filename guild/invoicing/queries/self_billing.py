"""Reading self-billing: the words and the mandate, and the documents made in members' names."""

from typing import Any, cast

from sqlalchemy import select

from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing import access
from guild.invoicing.models import Invoice, SelfBill, SelfBillingMandate
from guild.invoicing.rules.self_billing import terms_on, terms_text
from guild.invoicing.schemas.self_billing import MandateOut, SelfBillOut, SelfBillState
from guild.members.models import Member


async def mandate_of(work: Work) -> MandateOut:
    """What a member reads before she signs, and what she has signed."""
    member = await work.session.get_one(Member, work.actor.member_id)
    mandate = await work.session.scalar(
        select(SelfBillingMandate).where(
            SelfBillingMandate.member_id == member.id, SelfBillingMandate.revoked_at.is_(None)
        )
    )
    terms = terms_on(work.today)
    days = (await charter_at(work)).invoicing.self_billing_objection_days
    return MandateOut(
        terms_version=terms.version,
        words=terms_text(terms, member.language, coop=work.settings.coop.name, days=days),
        signed_at=mandate.signed_at if mandate else None,
        signed_version=mandate.terms_version if mandate else None,
        typed_name=mandate.typed_name if mandate else None,
        words_sha256=mandate.evidence["words_sha256"] if mandate else None,
    )


async def list_self_bills(
    work: Work,
    *,
    state: SelfBillState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[SelfBillOut]:
    """A member's own, the treasury's all; newest first."""
    wanted = (
        select(SelfBill, Invoice)
        .join(Invoice, Invoice.id == SelfBill.invoice_id)
        .where(access.visible_to(work.actor))
    )
    if state is not None:
        wanted = wanted.where(SelfBill.state == state)
    if cursor:
        (after,) = decode_cursor(cursor, tuple[InvoiceId])
        wanted = wanted.where(SelfBill.invoice_id < after)
    wanted = wanted.order_by(SelfBill.invoice_id.desc()).limit(limit + 1)
    rows = (await work.session.execute(wanted)).all()
    items = [_out(bill, invoice) for bill, invoice in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)


def _out(bill: SelfBill, invoice: Invoice) -> SelfBillOut:
    def text(minor: int) -> str:
        return Money(minor, invoice.currency).text

    assert invoice.number is not None
    assert invoice.issued_on is not None
    kinds = ("pdf", "ubl", "cii", "report")
    return SelfBillOut(
        id=invoice.id,
        payout_id=bill.payout_id,
        member_id=bill.member_id,
        number=invoice.number,
        issued_on=invoice.issued_on,
        state=cast("SelfBillState", bill.state),
        object_by=bill.object_by,
        objection=bill.objection,
        credit_note_id=bill.credit_note_id,
        net=text(invoice.net_minor),
        vat_total=text(invoice.vat_minor),
        total=text(invoice.total_minor),
        currency=invoice.currency,
        files=cast("Any", [k for k in kinds if getattr(invoice, f"{k}_document_id") is not None]),
    )
