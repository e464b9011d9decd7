"""The bank's status reports: what it took of a payment file, and what it refused before paying."""

import hashlib
import zlib
from uuid import UUID

from sqlalchemy import select

from guild.core.ids import BatchId, PayoutId
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.ledger.commands import reverse
from guild.treasury.commands.batches import order_payouts
from guild.treasury.commands.collecting import refuse_collections
from guild.treasury.commands.settling import close_batches
from guild.treasury.errors import ForeignReport
from guild.treasury.events import PaymentFileSent, PayoutReturned, StatusReportImported
from guild.treasury.models import (
    PAYMENT_BATCH,
    PAYOUT,
    SEALED_REPORT,
    PaymentBatch,
    Payout,
    StatusReport,
)
from guild.treasury.rules.pain002 import (
    REJECTED,
    StatusFile,
    TransactionStatus,
    plain_reason,
    read_status,
)
from guild.treasury.schemas import StatusReportOut, TransactionOut


async def import_status_report(work: Work, content: bytes) -> StatusReportOut:
    """Read a pain.002 about one of our files and move what the bank refused; once per file.

    A refused payout goes back to the payee's account in the books with the reason in plain words.
    What the bank accepted is only noted: whether it was paid, the statement says. Raises
    StatusReportUnreadable and ForeignReport.
    """
    work.require(Permission.STATEMENTS_IMPORT)
    report = read_status(content)
    batch = await _batch_of(work, report)
    sha256 = hashlib.sha256(content).digest()
    known = await work.session.get(StatusReport, sha256)
    if known is None:
        known = await _apply(work, report, batch, sha256, content)
    return StatusReportOut(
        batch_id=batch.id,
        message_id=known.message_id,
        group_status=report.group_status,
        accepted=known.accepted,
        rejected=known.rejected,
        transactions=[
            TransactionOut(
                end_to_end_id=one.end_to_end_id,
                status=one.status,
                reason=plain_reason(one.reason, one.text) if one.status == REJECTED else "",
            )
            for one in report.transactions
        ],
    )


async def _batch_of(work: Work, report: StatusFile) -> PaymentBatch:
    """Our file that the report is about; its message id is the batch's id in hexadecimal."""
    try:
        batch_id = BatchId(UUID(hex=report.original_id))
    except ValueError:
        raise ForeignReport(f"We made no file with the id {report.original_id!r}.") from None
    batch = await work.session.scalar(
        select(PaymentBatch).where(PaymentBatch.id == batch_id).with_for_update()
    )
    if batch is None:
        raise ForeignReport(f"We made no file with the id {report.original_id!r}.")
    return batch


async def _apply(
    work: Work, report: StatusFile, batch: PaymentBatch, sha256: bytes, content: bytes
) -> StatusReport:
    # The bank speaks about the file, so it has it, whoever forgot to say so.
    if batch.state == PAYMENT_BATCH.initial:
        PAYMENT_BATCH.move(batch, "send")
        batch.sent_at = work.now
        if batch.kind == "transfer":
            await order_payouts(work, batch.id)
        await work.emit(PaymentFileSent(batch_id=batch.id))
    batch.bank_status = report.group_status
    told = {one.end_to_end_id: one for one in report.transactions}
    everything = report.group_status == REJECTED and not told
    if batch.kind == "transfer":
        refused = await _refuse_payouts(work, report, batch, told, everything=everything)
    else:
        refused = await refuse_collections(work, report, batch.id, told, everything=everything)
    accepted = sum(one.status != REJECTED for one in report.transactions)
    row = StatusReport(
        sha256=sha256,
        content_sealed=work.keyring.seal(
            zlib.compress(content), context=SEALED_REPORT.context(sha256)
        ),
        message_id=report.message_id,
        batch_id=batch.id,
        accepted=accepted,
        rejected=refused,
        imported_by=work.actor.member_id,
        imported_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    await close_batches(work, {batch.id})
    await work.emit(StatusReportImported(batch_id=batch.id, accepted=accepted, rejected=refused))
    return row


async def _refuse_payouts(
    work: Work,
    report: StatusFile,
    batch: PaymentBatch,
    told: dict[str, TransactionStatus],
    *,
    everything: bool,
) -> int:
    """Note what the bank says of each payout of the file; says how many it refused."""
    rows = await work.session.scalars(
        select(Payout)
        .where(Payout.batch_id == batch.id)
        .order_by(Payout.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    refused = 0
    for payout in rows:
        said = told.get(payout.end_to_end_id)
        if said is None and not everything:
            continue
        status = said.status if said else REJECTED
        code = (said.reason if said else report.group_reason) or report.group_reason
        payout.bank_status = status[:4]
        if status != REJECTED or not PAYOUT.may(payout.state, "return"):
            continue
        if payout.state == "settled":
            continue  # The statement has shown it; a report that says otherwise came late.
        await _refuse(work, payout, code, said.text if said else "")
        refused += 1
    return refused


async def _refuse(work: Work, payout: Payout, code: str, text: str) -> None:
    why = plain_reason(code, text)
    PAYOUT.move(payout, "return")
    payout.bank_reason = code[:35]
    payout.reason = f"The bank refused it: {why}"[:500]
    assert payout.ledger_entry_id is not None, "what is ordered was set aside"
    await work.session.flush()
    await reverse(work, payout.ledger_entry_id, f"Payout {payout.number} refused by the bank")
    await work.emit(
        PayoutReturned(
            payout_id=PayoutId(payout.id),
            member_id=payout.member_id,
            reason=why,
            purpose=payout.purpose,
            for_id=payout.subject_id,
        )
    )
