"""Giving up an advance that no client will repay: the fund bears it, two persons decide it."""

from guild.core.errors import Conflict
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.ledger import commands as ledger
from guild.ledger.chart import credit, debit
from guild.mutual_fund.commands.levied import kept_rows, locked
from guild.mutual_fund.errors import NothingToWriteOff, OwnCase, SecondPersonNeeded
from guild.mutual_fund.events import AdvanceWrittenOff
from guild.mutual_fund.models import AdvanceLoss


async def ask_write_off(work: Work, invoice_id: InvoiceId, reason: str) -> None:
    """Propose that the fund bears an advance after all reminders; somebody else confirms it.

    Raises NothingToWriteOff, and OwnCase for the member whose advance it is.
    """
    rows = await locked(work, invoice_id)
    if any(work.actor.is_member(row.member_id) for row in rows):
        raise OwnCase
    out = sum(row.advanced_minor - row.repaid_minor for row in rows)
    if out <= 0 or await work.session.get(AdvanceLoss, invoice_id) is not None:
        raise NothingToWriteOff
    work.session.add(
        AdvanceLoss(
            invoice_id=invoice_id,
            amount_minor=out,
            reason=reason,
            asked_by=work.actor.member_id,
            asked_at=work.now,
        )
    )
    await work.session.flush()


async def confirm_write_off(work: Work, invoice_id: InvoiceId) -> None:
    """Book the loss, as it stands today, against the guarantee's pot.

    Raises NothingToWriteOff, SecondPersonNeeded, OwnCase, and Conflict when the pot is too small.
    """
    rows = await kept_rows(work, invoice_id)
    loss = await work.session.get(AdvanceLoss, invoice_id, with_for_update=True)
    out = sum(row.advanced_minor - row.repaid_minor for row in rows)
    if loss is None or loss.confirmed_by is not None or out <= 0:
        raise NothingToWriteOff
    if any(work.actor.is_member(row.member_id) for row in rows):
        raise OwnCase
    if work.actor.member_id == loss.asked_by:
        raise SecondPersonNeeded
    amount = Money(out, rows[0].currency)
    pot = await ledger.lock_account(work, ledger.Account("fund_guarantee"), rows[0].currency)
    if pot < amount:
        raise Conflict(f"The guarantee's pot holds {pot}; the loss is {amount}.")
    loss.entry_id = await ledger.post(
        work,
        kind="advance_written_off",
        text=f"Invoice {rows[0].number}: advance given up",
        lines=[
            debit("fund_guarantee", amount),
            credit("guarantee_advance", amount, invoice_id),
        ],
        subject=invoice_id,
    )
    loss.amount_minor = out
    loss.confirmed_by, loss.confirmed_at = work.actor.member_id, work.now
    for row in rows:
        lost = row.advanced_minor - row.repaid_minor
        row.repaid_minor += lost
        row.written_off_minor += lost
    await work.session.flush()
    await work.emit(
        AdvanceWrittenOff(invoice_id=invoice_id, amount_minor=out, currency=rows[0].currency)
    )
