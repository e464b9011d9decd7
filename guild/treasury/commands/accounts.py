"""Keeping a bank account of the co-operative."""

from sqlalchemy import select

from guild.core.errors import Invalid
from guild.core.ids import BankAccountId, new_id
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.ledger.chart import credit, debit
from guild.ledger.commands import post
from guild.treasury.errors import BankAccountTaken
from guild.treasury.events import CoopAccountOpened
from guild.treasury.models import CoopBankAccount
from guild.treasury.queries.shapes import account_out
from guild.treasury.rules.numbers import bic_of, checked_iban
from guild.treasury.schemas import CoopAccountIn, CoopAccountOut


async def open_coop_account(work: Work, data: CoopAccountIn) -> CoopAccountOut:
    """Keep a further account; what it holds already is posted against the opening balances.

    Raises IbanRefused, Invalid and BankAccountTaken.
    """
    work.require(Permission.STATEMENTS_IMPORT)
    iban = checked_iban(data.iban)
    taken = select(CoopBankAccount.id).where(
        CoopBankAccount.iban == iban, CoopBankAccount.currency == data.currency
    )
    if await work.session.scalar(taken) is not None:
        raise BankAccountTaken(f"The account ending in {iban[-4:]} is kept already.", field="iban")
    try:
        opening = Money.parse(data.opening_balance, data.currency)
    except ValueError as wrong:
        raise Invalid(f"{wrong}.", field="opening_balance") from None
    account = CoopBankAccount(
        id=BankAccountId(new_id()),
        name=data.name,
        iban=iban,
        bic=data.bic or bic_of(iban),
        currency=data.currency,
        balance_minor=opening.minor,
        balance_on=data.opened_on,
        opened_on=data.opened_on,
        opened_by=work.actor.member_id,
        opened_at=work.now,
    )
    work.session.add(account)
    if opening:
        await post(
            work,
            kind="bank_opened",
            text=f"Opening balance of {account.name}",
            lines=[debit("bank", opening, account.id), credit("opening", opening)],
            subject=account.id,
            occurred_on=data.opened_on,
        )
    await work.emit(CoopAccountOpened(account_id=account.id))
    return account_out(account)
