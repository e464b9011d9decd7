"""The money of an invoice that several members share, after its issue.

Its rows are locked with the invoice, which the caller holds. An invoice of one member never comes
here, so that issuing and paying cost no more than before.
"""

from collections.abc import Sequence

from sqlalchemy import func, select

from guild.core.errors import Conflict
from guild.core.ids import EntryId, InvoiceId, MemberId, PaymentId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.events import MemberPart
from guild.invoicing.models import (
    Invoice,
    InvoiceShare,
    Payment,
    PaymentReversal,
    PaymentShare,
    ReversalShare,
    WrittenOffMove,
    WrittenOffShare,
)
from guild.invoicing.rules.shares import Stated, divided, spread
from guild.ledger.chart import Line, credit, debit
from guild.members.models import Member


async def shares_of(work: Work, invoice_id: InvoiceId) -> list[InvoiceShare]:
    """The rows of a shared document in their order, locked and as they stand."""
    rows = await work.session.scalars(
        select(InvoiceShare)
        .where(InvoiceShare.invoice_id == invoice_id)
        .order_by(InvoiceShare.position)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def freeze_shares(work: Work, invoice_id: InvoiceId, net: Money) -> tuple[MemberPart, ...]:
    """Each member's part of an invoice that is being issued.

    Raises Conflict when the shares do not make its net, or somebody has not agreed to them.
    """
    rows = await shares_of(work, invoice_id)
    parts = divided(net.minor, [Stated(row.amount_minor, row.bps) for row in rows])
    if parts is None:
        stated = Money(sum(row.amount_minor or 0 for row in rows), net.currency)
        raise Conflict(
            f"The shares of the members make {stated}; the invoice is {net} before tax.",
            mend="State the shares again.",
            field="shares",
        )
    names = await _waited_for(work, rows, parts, net.minor)
    if names:
        raise Conflict(
            f"{', '.join(names)} has not agreed to this share of the invoice.",
            mend="Wait for the answer, or state the shares again.",
            field="shares",
        )
    for row, part in zip(rows, parts, strict=True):
        row.pending_net_minor = part
    await work.session.flush()
    return _told(rows, parts)


async def _waited_for(
    work: Work, rows: Sequence[InvoiceShare], parts: Sequence[int], whole: int
) -> list[str]:
    """Who has not agreed to the draft as it is now."""
    waiting = [
        row.member_id
        for row, part in zip(rows, parts, strict=True)
        if row.state != "agreed" or (row.net_minor, row.whole_minor) != (part, whole)
    ]
    if not waiting:
        return []
    names = await work.session.scalars(
        select(Member.display_name).where(Member.id.in_(waiting)).order_by(Member.display_name)
    )
    return list(names)


async def divide_payment(
    work: Work, invoice_id: InvoiceId, payment_id: PaymentId, net_minor: int
) -> tuple[MemberPart, ...]:
    """A payment's net, by what each still waits for."""
    rows = await shares_of(work, invoice_id)
    parts = spread(net_minor, [row.pending_net_minor for row in rows])
    for row, part in zip(rows, parts, strict=True):
        row.pending_net_minor -= part
        row.released_net_minor += part
    work.session.add_all(
        PaymentShare(payment_id=payment_id, member_id=row.member_id, net_minor=part)
        for row, part in zip(rows, parts, strict=True)
    )
    await work.session.flush()
    return _told(rows, parts)


async def divide_reversal(work: Work, reversal: PaymentReversal) -> tuple[MemberPart, ...]:
    """What is taken back of a payment, by what each has left of it; the client owes it again."""
    rows = await shares_of(work, reversal.invoice_id)
    room = await _room_of(work, rows, reversal.payment_id)
    parts = spread(reversal.net_minor, room)
    for row, part in zip(rows, parts, strict=True):
        row.pending_net_minor += part
        row.released_net_minor -= part
    work.session.add_all(
        ReversalShare(reversal_id=reversal.id, member_id=row.member_id, net_minor=part)
        for row, part in zip(rows, parts, strict=True)
    )
    await work.session.flush()
    return _told(rows, parts)


async def room_to_reverse(work: Work, payment: Payment) -> int:
    """The most net of a payment that its members still have: credit notes took theirs already."""
    rows = await shares_of(work, payment.invoice_id)
    return sum(await _room_of(work, rows, payment.id))


async def _room_of(work: Work, rows: Sequence[InvoiceShare], payment_id: PaymentId) -> list[int]:
    left = await _left_of(work, payment_id)
    return [min(left[row.member_id], max(row.released_net_minor, 0)) for row in rows]


async def _left_of(work: Work, payment_id: PaymentId) -> dict[MemberId, int]:
    """What a payment brought each member, less what was taken back of it."""
    back = (
        select(func.coalesce(func.sum(ReversalShare.net_minor), 0))
        .join(PaymentReversal, PaymentReversal.id == ReversalShare.reversal_id)
        .where(
            PaymentReversal.payment_id == PaymentShare.payment_id,
            ReversalShare.member_id == PaymentShare.member_id,
        )
        .scalar_subquery()
    )
    found = await work.session.execute(
        select(PaymentShare.member_id, PaymentShare.net_minor - back).where(
            PaymentShare.payment_id == payment_id
        )
    )
    return {member_id: int(minor) for member_id, minor in found}


async def divide_credit(
    work: Work, invoice: Invoice, note_id: InvoiceId, *, net: int, pending: int, released: int
) -> tuple[tuple[MemberPart, ...], list[Line]]:
    """A credit note, by what each has left: the parts, and what leaves each one's pending money.

    What was released comes back by what each got, what waits goes by what each waits for.
    """
    rows = await shares_of(work, invoice.id)
    nets = spread(net, [row.net_minor - row.credited_net_minor for row in rows])
    waits = spread(pending, [row.pending_net_minor for row in rows])
    backs = spread(released, [row.released_net_minor for row in rows])
    lines = []
    for row, part, waiting, back in zip(rows, nets, waits, backs, strict=True):
        row.credited_net_minor += part
        row.pending_net_minor -= waiting
        row.released_net_minor -= back
        gone = Money(waiting + back, invoice.currency)
        lines.append(debit("member_pending", gone, row.member_id))
        work.session.add(
            InvoiceShare(
                invoice_id=note_id, member_id=row.member_id, position=row.position, bps=None,
                amount_minor=part, state="agreed", net_minor=part, whole_minor=net,
                decided_at=work.now,
            )
        )  # fmt: skip
    await work.session.flush()
    parts = tuple(
        MemberPart(row.member_id, part, back)
        for row, part, back in zip(rows, nets, backs, strict=True)
    )
    return parts, lines


async def divide_given_up(
    work: Work, invoice_id: InvoiceId, net: int, root: EntryId | None
) -> tuple[MemberPart, ...]:
    """What is given up, by what each still waits for.

    With `root` it is what is taken back of that write-off (negative), by what each has left in it:
    so that all of it goes back to each as it came.
    """
    rows = await shares_of(work, invoice_id)
    room = [row.pending_net_minor for row in rows]
    if root is not None:
        left = await _left_in(work, root)
        room = [left[row.member_id] for row in rows]
    sign = 1 if root is None else -1
    parts = [sign * part for part in spread(sign * net, room)]
    for row, part in zip(rows, parts, strict=True):
        row.pending_net_minor -= part
        row.written_off_net_minor += part
    await work.session.flush()
    return _told(rows, parts)


async def _left_in(work: Work, root: EntryId) -> dict[MemberId, int]:
    """What each member still has given up by one write-off."""
    found = await work.session.execute(
        select(WrittenOffShare.member_id, func.sum(WrittenOffShare.net_minor))
        .join(WrittenOffMove, WrittenOffMove.entry_id == WrittenOffShare.entry_id)
        .where(WrittenOffMove.write_off_entry_id == root)
        .group_by(WrittenOffShare.member_id)
    )
    return {member_id: int(minor) for member_id, minor in found}


def pending_lines(parts: Sequence[MemberPart], currency: str) -> list[Line]:
    """Each one's part of an issued invoice, as it comes to wait for the client."""
    return [
        credit("member_pending", Money(part.net_minor, currency), part.member_id) for part in parts
    ]


def _told(rows: Sequence[InvoiceShare], parts: Sequence[int]) -> tuple[MemberPart, ...]:
    return tuple(MemberPart(row.member_id, part) for row, part in zip(rows, parts, strict=True))
