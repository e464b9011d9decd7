"""Naming the co-workers of a draft and their shares; each agrees before it is issued."""

from collections.abc import Sequence

from sqlalchemy import select

from guild.core.errors import Conflict, Invalid
from guild.core.ids import InvoiceId
from guild.core.mail import send_mail
from guild.core.money import Money
from guild.core.pages import money_text
from guild.core.wire import money_in
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.invoicing import access
from guild.invoicing.commands.dividing import shares_of
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.events import ShareAgreed, ShareAsked, ShareDeclined
from guild.invoicing.models import INVOICE_LIFECYCLE, SHARE_LIFECYCLE, Invoice, InvoiceShare
from guild.invoicing.rules.shares import WHOLE_BPS, Stated, divided
from guild.invoicing.schemas.shares import ShareIn, SharesIn
from guild.members.models import Member
from guild.members.models.people import ACTIVE_STATES


async def share_draft(work: Work, invoice_id: InvoiceId, data: SharesIn) -> None:
    """State who shares a draft and how, in place of what was stated before; each is asked.

    Who agreed to the same sums before need not agree again. An empty list makes it the drafter's
    alone. Raises InvoiceNotFound, IllegalMove (409) once it is issued, and Invalid for shares that
    do not make the whole, or a co-worker who is no active member.
    """
    invoice = await _draft(work, invoice_id)
    if not access.may_work_on(work.actor, invoice.member_id):
        raise InvoiceNotFound
    if invoice.kind != "invoice":
        raise Conflict("Only an invoice is shared; a pro-forma and a credit note follow one.")
    before = {row.member_id: row for row in await shares_of(work, invoice_id)}
    after = await _stated(work, invoice, data.shares)
    for gone in before.values():
        await work.session.delete(gone)
    await work.session.flush()
    invoice.shared = bool(after)
    for row in after:
        kept = before.get(row.member_id)
        same = kept is not None and (kept.net_minor, kept.whole_minor, kept.state) == (
            row.net_minor, row.whole_minor, "agreed",
        )  # fmt: skip
        if same or row.member_id == invoice.member_id:
            row.state = "agreed"
            row.decided_at = kept.decided_at if same and kept else work.now
        work.session.add(row)
    await work.session.flush()
    for row in after:
        if row.state == "asked":
            await _ask(work, invoice, row)


async def carry_shares(work: Work, source_id: InvoiceId, draft_id: InvoiceId) -> None:
    """State the shares of an invoice on the draft that replaces it; the co-workers are asked anew.

    Amounts that do not make the draft's net stand as they were stated, and nobody is asked until
    they are stated again: issuing refuses them meanwhile.
    """
    invoice = await _draft(work, draft_id)
    former = await shares_of(work, source_id)
    parts = divided(invoice.net_minor, [Stated(row.amount_minor, row.bps) for row in former])
    invoice.shared = True
    rows = [
        InvoiceShare(
            invoice_id=draft_id, member_id=row.member_id, position=row.position, bps=row.bps,
            amount_minor=row.amount_minor, state=SHARE_LIFECYCLE.initial,
            net_minor=row.net_minor if parts is None else parts[place],
            whole_minor=row.whole_minor if parts is None else invoice.net_minor, reason="",
        )
        for place, row in enumerate(former)
    ]  # fmt: skip
    for row in rows:
        if row.member_id == invoice.member_id:
            row.state, row.decided_at = "agreed", work.now
    work.session.add_all(rows)
    await work.session.flush()
    for row in rows:
        if row.state == "asked" and parts is not None:
            await _ask(work, invoice, row)


async def follow_draft(work: Work, invoice_id: InvoiceId) -> None:
    """After a draft was changed: whoever agreed to other sums is asked again.

    Amounts that no longer make the whole stay as they were stated; issuing refuses them.
    """
    invoice = await _draft(work, invoice_id)
    rows = await shares_of(work, invoice_id)
    parts = divided(invoice.net_minor, [Stated(row.amount_minor, row.bps) for row in rows])
    if parts is None:
        return
    for row, part in zip(rows, parts, strict=True):
        if (row.net_minor, row.whole_minor) == (part, invoice.net_minor):
            continue
        row.net_minor, row.whole_minor = part, invoice.net_minor
        if row.member_id == invoice.member_id:
            continue
        if row.state != "asked":
            SHARE_LIFECYCLE.move(row, "ask_again")
            row.decided_at, row.reason = None, ""
        await work.session.flush()
        await _ask(work, invoice, row)
    await work.session.flush()


async def agree_to_share(work: Work, invoice_id: InvoiceId) -> None:
    """The acting member agrees to her share of a draft as it is now.

    Raises InvoiceNotFound for a draft that she has no share of, IllegalMove (409), and Conflict
    when the shares do not make the whole.
    """
    invoice, row = await _own_share(work, invoice_id)
    rows = await shares_of(work, invoice_id)
    if divided(invoice.net_minor, [Stated(one.amount_minor, one.bps) for one in rows]) is None:
        raise Conflict(
            "The shares do not make the whole of this draft any more.",
            mend="Wait until they are stated again.",
        )
    SHARE_LIFECYCLE.move(row, "agree")
    row.decided_at, row.reason = work.now, ""
    await work.session.flush()
    await work.emit(
        ShareAgreed(
            invoice_id=invoice_id, member_id=row.member_id, net_minor=row.net_minor,
            currency=invoice.currency,
        )
    )  # fmt: skip
    if all(one.state == "agreed" for one in rows):
        await _tell_drafter(
            work, invoice, f"All agree: {invoice.title}", "Everybody has agreed to the shares of"
        )


async def decline_share(work: Work, invoice_id: InvoiceId, reason: str) -> None:
    """The acting member does not agree, and says why; the draft is not issued like this.

    Raises InvoiceNotFound and IllegalMove (409).
    """
    refuse_unprintable({"reason": reason})
    invoice, row = await _own_share(work, invoice_id)
    if row.member_id == invoice.member_id:
        raise Conflict("You wrote this draft.", mend="State other shares, or none.")
    SHARE_LIFECYCLE.move(row, "decline")
    row.decided_at, row.reason = work.now, " ".join(reason.split())
    await work.session.flush()
    await work.emit(
        ShareDeclined(invoice_id=invoice_id, member_id=row.member_id, reason=row.reason)
    )
    name = await work.session.scalar(select(Member.display_name).where(Member.id == row.member_id))
    await _tell_drafter(
        work, invoice, f"{name} declined a share of: {invoice.title}",
        f"{name} does not agree (“{row.reason}”) to a share of",
    )  # fmt: skip


async def _draft(work: Work, invoice_id: InvoiceId) -> Invoice:
    """The visible document, locked, while it can be changed."""
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id, access.visible_to(work.actor))
        .with_for_update(of=Invoice)
        .execution_options(populate_existing=True)
    )
    if invoice is None:
        raise InvoiceNotFound
    if invoice.state != "draft":
        INVOICE_LIFECYCLE.move(invoice, "issue")  # refuses, naming the steps that are left
    return invoice


async def _own_share(work: Work, invoice_id: InvoiceId) -> tuple[Invoice, InvoiceShare]:
    invoice = await _draft(work, invoice_id)
    for row in await shares_of(work, invoice_id):
        if work.actor.is_member(row.member_id):
            return invoice, row
    raise InvoiceNotFound


async def _stated(work: Work, invoice: Invoice, given: Sequence[ShareIn]) -> list[InvoiceShare]:
    """The rows of what was stated, the drafter's first; raises Invalid."""
    if not given:
        return []
    rows = [await _row(work, invoice, share) for share in given]
    ids = [row.member_id for row in rows]
    if len(set(ids)) != len(ids):
        raise Invalid("Somebody is named twice.", field="shares")
    if invoice.member_id not in ids or len(ids) == 1:
        raise Invalid(
            "Name yourself and at least one co-worker, each with a share.",
            mend="Without co-workers send an empty list.",
            field="shares",
        )
    if len({row.bps is None for row in rows}) != 1:
        raise Invalid("State all shares by amount, or all by basis points.", field="shares")
    rows.sort(key=lambda row: row.member_id != invoice.member_id)
    parts = divided(invoice.net_minor, [Stated(row.amount_minor, row.bps) for row in rows])
    stated_bps = sum(row.bps or 0 for row in rows)
    if parts is None or stated_bps not in {0, WHOLE_BPS}:
        raise Invalid(_off_by(invoice, rows, stated_bps), field="shares")
    for position, (row, part) in enumerate(zip(rows, parts, strict=True), 1):
        row.position, row.net_minor = position, part
    return rows


def _off_by(invoice: Invoice, rows: Sequence[InvoiceShare], stated_bps: int) -> str:
    if stated_bps:
        return f"The shares make {stated_bps:,} basis points; the whole is {WHOLE_BPS:,}."
    stated = Money(sum(row.amount_minor or 0 for row in rows), invoice.currency)
    whole = Money(invoice.net_minor, invoice.currency)
    return f"The shares make {stated}; the draft is {whole} before tax."


async def _row(work: Work, invoice: Invoice, share: ShareIn) -> InvoiceShare:
    if (share.member_id is None) == (share.email is None):
        raise Invalid("Name each member by id or by address, one of them.", field="shares")
    if (share.amount is None) == (share.bps is None):
        raise Invalid("State an amount or basis points, one of them.", field="shares")
    whose = (
        Member.id == share.member_id if share.email is None else Member.email == share.email.lower()
    )
    member_id = await work.session.scalar(
        select(Member.id).where(whose, Member.state.in_(ACTIVE_STATES))
    )
    if member_id is None:
        raise Invalid(
            f"No active member is {share.email or share.member_id}.",
            mend="Use the address or number by which the co-worker is a member here.",
            field="shares",
        )
    amount = None
    if share.amount is not None:
        amount = money_in(share.amount, invoice.currency, field="shares").minor
    return InvoiceShare(
        invoice_id=invoice.id, member_id=member_id, position=0, bps=share.bps,
        amount_minor=amount, state=SHARE_LIFECYCLE.initial, net_minor=0,
        whole_minor=invoice.net_minor, reason="",
    )  # fmt: skip


async def _ask(work: Work, invoice: Invoice, row: InvoiceShare) -> None:
    await work.emit(
        ShareAsked(
            invoice_id=invoice.id, member_id=row.member_id, by_id=invoice.member_id,
            net_minor=row.net_minor, whole_minor=row.whole_minor, currency=invoice.currency,
        )
    )  # fmt: skip
    member = await work.session.get_one(Member, row.member_id)
    drafter = await work.session.get_one(Member, invoice.member_id)
    part = money_text(row.net_minor, invoice.currency)
    whole = money_text(row.whole_minor, invoice.currency)
    send_mail(
        work,
        to=member.email,
        subject=f"Your share of an invoice: {invoice.title}",
        text=f"{drafter.display_name} has drafted the invoice “{invoice.title}” and names you as "
        f"co-worker. Your share is {part} of {whole} before tax.\n\nLook at it, and agree or say "
        f"what is wrong:\n{work.settings.base_url}/invoices/{invoice.id}/shares\n\n"
        "It is not issued before everybody has agreed.",
        reason=f"You get this because you are a member of {work.settings.coop.name}.",
    )


async def _tell_drafter(work: Work, invoice: Invoice, subject: str, said: str) -> None:
    drafter = await work.session.get_one(Member, invoice.member_id)
    send_mail(
        work,
        to=drafter.email,
        subject=subject,
        text=f"{said} the invoice “{invoice.title}”.\n\n"
        f"{work.settings.base_url}/invoices/{invoice.id}/shares",
        reason="You get this because you drafted that invoice.",
    )
