"""Payouts as treasurers and members see them, and payment files."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from guild.core.ids import BatchId, PayoutId
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.documents import queries as documents
from guild.members.models import BankAccount, Member
from guild.treasury.access import visible_payouts
from guild.treasury.errors import BatchNotFound, PayoutNotFound
from guild.treasury.models import SEALED_BATCH, PaymentBatch, Payout, PayoutApproval
from guild.treasury.queries.shapes import batch_out, payout_out
from guild.treasury.schemas import BatchOut, PayoutOut


class _After(NamedTuple):
    id: UUID


async def payout_views(work: Work, payouts: Sequence[Payout]) -> list[PayoutOut]:
    """Payouts with payee and approvals, in the order given, in two statements."""
    ids = [payout.id for payout in payouts]
    people = {
        payout_id: (name, last4)
        for payout_id, name, last4 in await work.session.execute(
            select(
                Payout.id,
                func.coalesce(Member.display_name, Payout.payee_name),
                func.coalesce(BankAccount.iban_last4, Payout.iban_last4),
            )
            .outerjoin(Member, Member.id == Payout.member_id)
            .outerjoin(BankAccount, BankAccount.id == Payout.payee_account_id)
            .where(Payout.id.in_(ids))
        )
    }
    counted = await work.session.execute(
        select(PayoutApproval.payout_id, func.count())
        .where(PayoutApproval.payout_id.in_(ids))
        .group_by(PayoutApproval.payout_id)
    )
    approvals = {payout_id: number for payout_id, number in counted}  # noqa: C416 — rows are no pairs
    return [
        payout_out(
            payout,
            payee_name=people[payout.id][0],
            last4=people[payout.id][1],
            approvals=approvals.get(payout.id, 0),
        )
        for payout in payouts
    ]


async def payout_view(work: Work, payout: Payout) -> PayoutOut:
    """One payout as it is shown."""
    return (await payout_views(work, [payout]))[0]


async def payout(work: Work, payout_id: PayoutId) -> PayoutOut:
    """A payout that this actor may see. Raises PayoutNotFound."""
    row = await work.session.scalar(
        select(Payout).where(Payout.id == payout_id, visible_payouts(work.actor))
    )
    if row is None:
        raise PayoutNotFound
    return await payout_view(work, row)


async def payout_document(work: Work, payout_id: PayoutId) -> tuple[str, bytes]:
    """Name and bytes of the statement. Raises PayoutNotFound until it is made."""
    shown = await payout(work, payout_id)
    if shown.document_id is None:
        raise PayoutNotFound("The statement is made once the bank has shown the payout.")
    about = await documents.about(work, shown.document_id)
    return about.name, await documents.read(work, shown.document_id)


async def payouts(
    work: Work,
    *,
    state: str | None = None,
    own: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PayoutOut]:
    """Payouts, newest first; `own` narrows to what is paid to the actor."""
    wanted = select(Payout).where(visible_payouts(work.actor))
    if own:
        wanted = wanted.where(Payout.member_id == work.actor.member_id)
    if state is not None:
        wanted = wanted.where(Payout.state == state)
    if cursor:
        wanted = wanted.where(Payout.id < decode_cursor(cursor, _After).id)
    ordered = wanted.order_by(Payout.id.desc()).limit(limit + 1)
    rows = list(await work.session.scalars(ordered))
    shown = rows[:limit]
    return Page(
        items=await payout_views(work, shown),
        next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None,
    )


async def approved_by_me(work: Work, wanted: Sequence[PayoutId]) -> frozenset[PayoutId]:
    """Which of these the actor has approved already."""
    rows = await work.session.scalars(
        select(PayoutApproval.payout_id).where(
            PayoutApproval.payout_id.in_(wanted),
            PayoutApproval.approver_id == work.actor.member_id,
        )
    )
    return frozenset(rows)


async def batches(work: Work, *, limit: int = 20) -> list[BatchOut]:
    """The latest payment files."""
    rows = await work.session.scalars(
        select(PaymentBatch).order_by(PaymentBatch.id.desc()).limit(limit)
    )
    return [batch_out(batch) for batch in rows]


async def batch_file(work: Work, batch_id: BatchId) -> bytes:
    """The pain.001 file, byte for byte as it was made. Raises BatchNotFound."""
    batch = await work.session.get(PaymentBatch, batch_id)
    if batch is None:
        raise BatchNotFound
    file = work.keyring.open(batch.file_sealed, context=SEALED_BATCH.context(batch_id))
    assert hashlib.sha256(file).digest() == batch.file_sha256, "the seal holds, so the hash does"
    return file
