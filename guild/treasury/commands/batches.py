"""Payment files: made once from approved orders, then handed to the bank by a treasurer."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select, update

from guild.core.clock import add_business_days, next_business_day
from guild.core.ids import BankAccountId, BatchId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import BankAccount, Member, Organisation
from guild.treasury.commands.approving import require_unchanged
from guild.treasury.commands.payouts import paying_account
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
from guild.treasury.rules.iso20022 import Address
from guild.treasury.rules.pain001 import Debtor, Transfer, payment_file
from guild.treasury.schemas import BatchIn, BatchOut

BATCH_MAX: Final = 1_000


async def make_payment_batch(work: Work, data: BatchIn) -> BatchOut:
    """Write approved orders of an account into one pain.001 file, for the next business day.

    An order enters one file only, for ever; one that is to leave later waits for its day. More
    than a thousand need several files. Raises NothingToPay, PayeeChanged (an account was
    replaced after the approval) and PaymentFileInvalid.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    charter = await charter_at(work)
    account = await paying_account(work, charter.payouts.currency, data.account_id)
    batch = await _next_file(work, account)
    if batch is None:
        raise NothingToPay("No approved payout waits for a file.")
    return batch_out(batch)


async def make_payment_batches(work: Work) -> list[BatchOut]:
    """Write all that is due into files: one per account and day of execution, a thousand in each.

    Raises NothingToPay, PayeeChanged and PaymentFileInvalid; then no file was made.
    """
    work.require(Permission.PAYOUTS_PREPARE)
    accounts = await work.session.scalars(select(CoopBankAccount).order_by(CoopBankAccount.id))
    made = []
    for account in [*accounts]:
        while (batch := await _next_file(work, account)) is not None:
            made.append(batch_out(batch))
    if not made:
        raise NothingToPay("No approved payout waits for a file.")
    return made


def _due(work: Work, account_id: BankAccountId, execute_on: date) -> list[Any]:
    """Approved orders of an account that wait for a file and are to leave by that day."""
    return [
        Payout.account_id == account_id,
        Payout.state == "approved",
        Payout.batch_id.is_(None),
        func.coalesce(Payout.pay_on, work.today) <= execute_on,
    ]


async def _next_file(work: Work, account: CoopBankAccount) -> PaymentBatch | None:
    """The next file of an account, or None when nothing is due."""
    country = work.settings.coop.country
    execute_on = add_business_days(work.today, 1, country)
    payouts = list(
        await work.session.scalars(
            select(Payout)
            .where(*_due(work, account.id, next_business_day(execute_on, country)))
            .order_by(Payout.id)
            .limit(BATCH_MAX)
            .with_for_update()
        )
    )
    if not payouts:
        return None
    await require_unchanged(work, payouts)
    batch_id = BatchId(new_id())
    file = payment_file(
        message_id=batch_id.hex,
        created_at=work.now,
        execute_on=execute_on,
        debtor=_debtor(work, account),
        transfers=await _transfers(work, payouts),
        currency=account.currency,
    )
    batch = PaymentBatch(
        id=batch_id,
        kind="transfer",
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
        bank_status="",
    )
    work.session.add(batch)
    await work.session.flush()
    for payout in payouts:
        payout.batch_id = batch_id
    await work.session.flush()
    return batch


def _debtor(work: Work, account: CoopBankAccount) -> Debtor:
    coop = work.settings.coop
    return Debtor(
        name=coop.name,
        enterprise_number=coop.enterprise_number,
        iban=account.iban,
        bic=account.bic,
        address=Address(
            town=coop.city, country=coop.country, postcode=coop.postcode, line=coop.street
        ),
    )


async def _transfers(work: Work, payouts: Sequence[Payout]) -> tuple[Transfer, ...]:
    """The payments of the file, with the account numbers opened for it alone.

    An address is written where we have the payee's town; a supplier's or a payer's we do not know.
    """
    rows = await work.session.execute(
        select(BankAccount, Member)
        .join(Member, Member.id == BankAccount.member_id)
        .where(BankAccount.id.in_([one.payee_account_id for one in payouts]))
    )
    payees = {account.id: (account, member) for account, member in rows}
    clients = {
        client.id: client
        for client in await work.session.scalars(
            select(Organisation).where(
                Organisation.id.in_([one.organisation_id for one in payouts if one.organisation_id])
            )
        )
    }
    transfers = []
    for payout in payouts:
        who: Member | Organisation | None
        if payout.payee_account_id is not None:
            account, who = payees[payout.payee_account_id]
            name, iban = account.holder, account.iban(work.keyring)
        else:
            name, iban = payout.payee_name or "", payout.iban(work.keyring)
            who = clients.get(payout.organisation_id) if payout.organisation_id else None
        transfers.append(
            Transfer(
                end_to_end_id=payout.end_to_end_id,
                amount_minor=payout.amount_minor,
                name=name,
                iban=iban,
                reference=payout.reference,
                text=payout.remittance or f"{work.settings.coop.name} {payout.number}",
                address=_address(who),
            )
        )
    return tuple(transfers)


def _address(who: Member | Organisation | None) -> Address | None:
    if who is None or not who.city:
        return None
    return Address(
        town=who.city, country=who.country, postcode=who.postcode or "", line=who.street or ""
    )


async def mark_batch_sent(work: Work, batch_id: BatchId) -> BatchOut:
    """A treasurer says that the bank has the file: its payments are ordered. Twice is once.

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
    await order_payouts(work, batch_id)
    await work.emit(PaymentFileSent(batch_id=batch_id))
    return batch_out(batch)


async def order_payouts(work: Work, batch_id: BatchId) -> None:
    """All approved payouts of a file are ordered, in one statement: there may be a thousand."""
    assert PAYOUT.may("approved", "order")
    await work.session.flush()
    await work.session.execute(
        update(Payout)
        .where(Payout.batch_id == batch_id, Payout.state == "approved")
        .values(state=PAYOUT.moves["order"][1], ordered_at=work.now)
        .execution_options(synchronize_session="fetch")
    )
