"""What the bank statement says about payouts: it shows them, or sends them back.

A payout is settled by its own end-to-end id and exact amount, never by likeness; whatever else
comes in stays in suspense for a person.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from guild.core.ids import BatchId, PayoutId
from guild.core.money import Money
from guild.core.work import Work
from guild.ledger.chart import Line, credit, debit
from guild.ledger.commands import post
from guild.treasury.events import PayoutReturned, PayoutSettled
from guild.treasury.models import (
    PAYMENT_BATCH,
    PAYOUT,
    CoopBankAccount,
    PaymentBatch,
    Payout,
)
from guild.treasury.rules.camt053 import ReadEntry
from guild.treasury.rules.pain002 import plain_reason


class Settled:
    """A payout that an entry settles or sends back: words for the entry, and its posting."""

    def __init__(self, work: Work, payout: Payout, day: date, *, returned: str = "") -> None:
        self.work = work
        self.payout = payout
        self.day = day
        self.returned = returned
        self.words = (
            f"Payout {payout.number} came back: {returned}"
            if returned
            else f"Payout {payout.number}"
        )

    async def post(self) -> None:
        """Out of suspense: from what was in transit, or back to the member."""
        payout = self.payout
        amount = Money(payout.amount_minor, payout.currency)
        lines = (
            [debit("suspense", amount), Line(payout.source, -amount)]
            if self.returned
            else [debit("payout_in_transit", amount, payout.account_id), credit("suspense", amount)]
        )
        await post(
            self.work,
            kind="payout_returned" if self.returned else "payout_settled",
            text=self.words[:500],
            lines=lines,
            subject=payout.id,
            occurred_on=self.day,
        )
        if self.returned:
            await self.work.emit(
                PayoutReturned(
                    payout_id=payout.id,
                    member_id=payout.member_id,
                    reason=self.returned,
                    purpose=payout.purpose,
                    for_id=payout.subject_id,
                )
            )
        else:
            await self.work.emit(
                PayoutSettled(
                    payout_id=payout.id,
                    member_id=payout.member_id,
                    purpose=payout.purpose,
                    for_id=payout.subject_id,
                )
            )


async def settle_from_statement(
    work: Work, account: CoopBankAccount, entries: Sequence[ReadEntry]
) -> dict[str, Settled]:
    """Move the payouts that the entries name, by entry reference.

    An approved payout in a file that nobody marked as sent is settled too: the bank has it.
    """
    named = {payout_id: entry for entry in entries if (payout_id := _payout_id(entry))}
    if not named:
        return {}
    rows = await work.session.scalars(
        select(Payout)
        .where(Payout.id.in_(named), Payout.account_id == account.id, Payout.batch_id.is_not(None))
        .order_by(Payout.id)
        .with_for_update()
    )
    payouts = {payout.id: payout for payout in rows}
    settled: dict[str, Settled] = {}
    for entry in entries:
        payout = payouts.get(_payout_id(entry) or PayoutId(UUID(int=0)))
        if payout is None:
            continue
        if entry.amount_minor == -payout.amount_minor and payout.state in {"approved", "ordered"}:
            settled[entry.reference] = await settle(work, payout, entry.booked_on)
        elif entry.amount_minor == payout.amount_minor and payout.state == "settled":
            settled[entry.reference] = send_back(work, payout, entry.booked_on, entry.return_reason)
    await close_batches(work, {one.payout.batch_id for one in settled.values()} - {None})
    return settled


async def settle(work: Work, payout: Payout, day: date) -> Settled:
    """Mark a payout as shown on a statement of that day; the posting is the caller's next step."""
    if payout.state == "approved":
        PAYOUT.move(payout, "order")
        payout.ordered_at = work.now
        # The guards let a payout take one step at a time.
        await work.session.flush()
    PAYOUT.move(payout, "settle")
    payout.settled_on = day
    return Settled(work, payout, day)


def send_back(work: Work, payout: Payout, day: date, bank_reason: str) -> Settled:
    """Mark a settled payout as returned by the bank; the posting is the caller's next step."""
    why = plain_reason(bank_reason.strip())
    PAYOUT.move(payout, "return")
    payout.reason = f"The bank sent it back: {why}"[:500]
    payout.bank_reason = bank_reason[:35]
    return Settled(work, payout, day, returned=why)


async def close_batches(work: Work, batch_ids: set[BatchId | None]) -> None:
    """A file is settled when the bank has shown each of its payouts."""
    if not batch_ids:
        return
    await work.session.flush()
    open_batches = select(Payout.batch_id).where(Payout.state.in_(["approved", "ordered"]))
    rows = await work.session.scalars(
        select(PaymentBatch)
        .where(
            PaymentBatch.id.in_(batch_ids),
            PaymentBatch.state != "settled",
            PaymentBatch.id.not_in(open_batches.where(Payout.batch_id.is_not(None))),
        )
        .order_by(PaymentBatch.id)
        .with_for_update()
    )
    for batch in rows:
        if batch.state == "prepared":
            PAYMENT_BATCH.move(batch, "send")
            batch.sent_at = work.now
        PAYMENT_BATCH.move(batch, "settle")


def _payout_id(entry: ReadEntry) -> PayoutId | None:
    """Our end-to-end ids are payout ids in hexadecimal; anything else is not ours."""
    if len(entry.end_to_end_id) != 32:
        return None
    try:
        return PayoutId(UUID(hex=entry.end_to_end_id))
    except ValueError:
        return None
