"""Payment files: made once from approved payouts, then handed to the bank by a treasurer."""

import hashlib

from sqlalchemy import select

from guild.core.clock import add_business_days
from guild.core.ids import BatchId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import BankAccount
from guild.treasury.commands.payouts import paying_account, require_unchanged
from guild.treasury.errors import BatchNotFound, NothingToPay
from guild.treasury.events import PaymentFileSent
from guild.treasury.models import (
    PAYMENT_BATCH,
    PAYOUT,
    SEALED_BATCH,
    CoopBankAccount,
    PaymentBatch,
    Payout,
)
from guild.treasury.queries.shapes import batch_out
from guild.treasury.rules.pain001 import Debtor, Transfer, payment_file
from guild.treasury.schemas import BatchIn, BatchOut

BATCH_MAX = 1_000


async def make_payment_batch(work: Work, data: BatchIn) -> BatchOut:
    """Write all approved payouts of an account into one pain.001 file, for the next business day.

    A payout enters one file only, for ever. Raises NothingToPay, PayeeChanged (an account was
    replaced after the approval) and PaymentFileInvalid.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    charter = await charter_at(work)
    account = await paying_account(work, charter.payouts.currency, data.account_id)
    payouts = list(
        await work.session.scalars(
            select(Payout)
            .where(
                Payout.account_id == account.id,
                Payout.state == "approved",
                Payout.batch_id.is_(None),
            )
            .order_by(Payout.id)
            .limit(BATCH_MAX)
            .with_for_update()
        )
    )
    if not payouts:
        raise NothingToPay("No approved payout waits for a file.")
    await require_unchanged(work, payouts)
    batch_id = BatchId(new_id())
    country = work.settings.coop.country
    execute_on = add_business_days(work.today, 1, country)
    file = payment_file(
        message_id=batch_id.hex,
        created_at=work.now,
        execute_on=execute_on,
        debtor=_debtor(work, account),
        transfers=await _transfers(work, payouts),
    )
    batch = PaymentBatch(
        id=batch_id,
        account_id=account.id,
        state=PAYMENT_BATCH.initial,
        execute_on=execute_on,
        payments=len(payouts),
        total_minor=sum(payout.amount_minor for payout in payouts),
        currency=account.currency,
        file_sealed=work.keyring.seal(file, context=SEALED_BATCH.context(batch_id)),
        file_sha256=hashlib.sha256(file).digest(),
        made_by=work.actor.member_id,
        made_at=work.now,
    )
    work.session.add(batch)
    await work.session.flush()
    for payout in payouts:
        payout.batch_id = batch_id
    return batch_out(batch)


def _debtor(work: Work, account: CoopBankAccount) -> Debtor:
    coop = work.settings.coop
    return Debtor(
        name=coop.name,
        enterprise_number=coop.enterprise_number,
        iban=account.iban,
        bic=account.bic,
    )


async def _transfers(work: Work, payouts: list[Payout]) -> tuple[Transfer, ...]:
    """The payments of the file, with the account numbers opened for it alone."""
    rows = await work.session.scalars(
        select(BankAccount).where(BankAccount.id.in_([one.payee_account_id for one in payouts]))
    )
    payees = {account.id: account for account in rows}
    transfers = []
    for payout in payouts:
        payee = payees[payout.payee_account_id]
        iban = work.keyring.open(payee.iban_sealed, context=payee.context(payee.id))
        transfers.append(
            Transfer(
                end_to_end_id=payout.end_to_end_id,
                amount_minor=payout.amount_minor,
                name=payee.holder,
                iban=iban.decode(),
                text=f"{work.settings.coop.name} {payout.number}",
            )
        )
    return tuple(transfers)


async def mark_batch_sent(work: Work, batch_id: BatchId) -> BatchOut:
    """A treasurer says that the bank has the file: its payouts are ordered. Twice is once.

    Whether the bank carries them out, the next statements tell; they are never sent again.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    batch = await work.session.scalar(
        select(PaymentBatch).where(PaymentBatch.id == batch_id).with_for_update()
    )
    if batch is None:
        raise BatchNotFound
    if batch.state != PAYMENT_BATCH.initial:
        return batch_out(batch)
    PAYMENT_BATCH.move(batch, "send")
    batch.sent_by, batch.sent_at = work.actor.member_id, work.now
    rows = await work.session.scalars(
        select(Payout)
        .where(Payout.batch_id == batch_id, Payout.state == "approved")
        .order_by(Payout.id)
        .with_for_update()
    )
    for payout in rows:
        PAYOUT.move(payout, "order")
        payout.ordered_at = work.now
    await work.emit(PaymentFileSent(batch_id=batch_id))
    return batch_out(batch)
