"""Bank accounts: asked for by the owner, decided by a second person."""

from guild.core.ids import BankAccountId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.schemas import BankAccountIn, BankAccountOut, BankRefusalIn


@post(
    "/me/bank-accounts",
    permission=Permission.SELF,
    tags=["bank accounts"],
    summary="Ask to be paid to another account",
)
async def request_bank_account(work: Work, data: BankAccountIn) -> BankAccountOut:
    """Ask to be paid to this account. You are told by mail, a second person decides, and a changed
    account is used only after the cooling-off period of the charter.
    """
    made = await commands.request_bank_account(work, data)
    return await queries.bank_account(work, made.id)


@get(
    "/me/bank-accounts",
    permission=Permission.SELF,
    tags=["bank accounts"],
    summary="One's bank accounts",
)
async def list_bank_accounts(work: Work) -> list[BankAccountOut]:
    """Your accounts and requests, newest first, without the numbers."""
    return await queries.my_bank_accounts(work)


@get(
    "/bank-account-changes",
    permission=Permission.MEMBERS_APPROVE_ACCOUNT,
    tags=["bank accounts"],
    summary="Bank accounts that wait for a decision",
)
async def list_bank_account_changes(work: Work) -> list[BankAccountOut]:
    """Other members' requests that you may decide."""
    return await queries.bank_accounts_waiting(work)


@post(
    "/bank-account-changes/{account_id:uuid}/approve",
    permission=Permission.MEMBERS_APPROVE_ACCOUNT,
    tags=["bank accounts"],
    summary="Approve a bank account",
    status_code=200,
)
async def approve_bank_account(work: Work, account_id: BankAccountId) -> BankAccountOut:
    """Approve another member's account; from `usable_from` on she is paid to it."""
    await commands.approve_bank_account(work, account_id)
    return await queries.bank_account(work, account_id)


@post(
    "/bank-account-changes/{account_id:uuid}/reject",
    permission=Permission.MEMBERS_APPROVE_ACCOUNT,
    tags=["bank accounts"],
    summary="Refuse or stop a bank account",
    status_code=200,
)
async def reject_bank_account(
    work: Work, account_id: BankAccountId, data: BankRefusalIn
) -> BankAccountOut:
    """Refuse a request, or stop an approved account at once; the owner is told why."""
    await commands.reject_bank_account(work, account_id, data.reason)
    return await queries.bank_account(work, account_id)


ROUTES = [
    request_bank_account,
    list_bank_accounts,
    list_bank_account_changes,
    approve_bank_account,
    reject_bank_account,
]
