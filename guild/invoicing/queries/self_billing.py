"""Reading self-billing: the words and the mandate, and the documents made in members' names."""

from typing import Any, Final, cast, get_args

from sqlalchemy import select

from guild.core.ids import InvoiceId, PayoutId
from guild.core.money import Money
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing import access
from guild.invoicing.models import Invoice, SelfBill, SelfBillDue, SelfBillingMandate
from guild.invoicing.rules.self_billing import Period, period_text, terms_on, terms_text
from guild.invoicing.schemas.self_billing import (
    MandateOut,
    SelfBillDueOut,
    SelfBillOut,
    SelfBillState,
    SelfBillTriedOut,
)
from guild.members.models import Member

PERIODS: Final[tuple[Period, ...]] = get_args(Period)
SHOWN: Final = 200


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
        periods={one: period_text(terms, member.language, one) for one in PERIODS},
        period=cast("Period", mandate.period) if mandate else None,
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
    payouts = await _payouts(work, [invoice.id for _, invoice in rows])
    items = [_out(bill, invoice, payouts[invoice.id]) for bill, invoice in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)


async def _payouts(work: Work, ids: list[InvoiceId]) -> dict[InvoiceId, list[PayoutId]]:
    rows = await work.session.execute(
        select(SelfBillDue.invoice_id, SelfBillDue.payout_id)
        .where(SelfBillDue.invoice_id.in_(ids))
        .order_by(SelfBillDue.payout_id)
    )
    found: dict[InvoiceId, list[PayoutId]] = {one: [] for one in ids}
    for invoice_id, payout_id in rows:
        assert invoice_id is not None
        found[invoice_id].append(payout_id)
    return found


async def list_unbilled(work: Work) -> list[SelfBillDueOut]:
    """Payouts without their document: one's own, the treasury's all; what is wrong first."""
    wanted = select(SelfBillDue).where(SelfBillDue.state != "billed")
    if not work.actor.roles & access.OFFICES:
        wanted = wanted.where(SelfBillDue.member_id == work.actor.member_id)
    rows = await work.session.scalars(
        wanted.order_by(SelfBillDue.state, SelfBillDue.payout_id)
        .limit(SHOWN)
        .execution_options(populate_existing=True)
    )
    return [
        SelfBillDueOut(
            payout_id=row.payout_id,
            member_id=row.member_id,
            state=cast("Any", row.state),
            settled_on=row.settled_on,
            month=row.month,
            amount=Money(sum(line["net_minor"] for line in row.lines), row.currency).text,
            currency=row.currency,
            problem=row.problem,
            tried_at=row.tried_at,
        )
        for row in rows
    ]


async def tried(work: Work, payout_id: PayoutId) -> SelfBillTriedOut:
    """How a payout that was tried again stands now."""
    row = await work.session.get_one(SelfBillDue, payout_id, populate_existing=True)
    return SelfBillTriedOut(invoice_id=row.invoice_id, problem=row.problem)


def _out(bill: SelfBill, invoice: Invoice, payouts: list[PayoutId]) -> SelfBillOut:
    def text(minor: int) -> str:
        return Money(minor, invoice.currency).text

    assert invoice.number is not None
    assert invoice.issued_on is not None
    kinds = ("pdf", "ubl", "cii", "report")
    return SelfBillOut(
        id=invoice.id,
        payouts=payouts,
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
