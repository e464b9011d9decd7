"""The books over HTTP: trial balance, statements, the plain-text journal."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar import MediaType
from litestar.params import QueryParameter

from guild.core.permissions import Permission
from guild.core.wire import CurrencyCode, Cursor, PageSize, get
from guild.core.work import Work
from guild.ledger import queries
from guild.ledger.schemas import MyBooks, Statement, TrialBalance

Year = Annotated[int | None, QueryParameter(ge=2000, le=2200)]
Syntax = Literal["hledger", "beancount"]


@get("/ledger/trial-balance", permission=Permission.LEDGER_READ, tags=["ledger"],
     summary="Trial balance")  # fmt: skip
async def trial_balance(work: Work, month: date | None = None) -> TrialBalance:
    """Debits, credits and balance of each account code, to the end of a month."""
    return await queries.trial_balance(work, month)


@get("/ledger/accounts/{code:str}/statement", permission=Permission.SELF, tags=["ledger"],
     summary="Statement of an account")  # fmt: skip
async def statement(
    work: Work,
    code: str,
    *,
    owner: UUID | None = None,
    currency: CurrencyCode = "EUR",
    since: date | None = None,
    until: date | None = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Statement:
    """Movements of one account, oldest first. Members see their own, treasurer and auditor all."""
    return await queries.statement(
        work,
        code,
        owner,
        currency=currency,
        since=since,
        until=until,
        cursor=cursor,
        limit=limit,
    )


@get("/ledger/journal", permission=Permission.LEDGER_READ, media_type=MediaType.TEXT,
     tags=["ledger"], summary="The journal as plain text")  # fmt: skip
async def journal(work: Work, year: Year = None, syntax: Syntax = "hledger") -> str:
    """A year of the books for hledger, or for beancount; balances are asserted at its end."""
    write = queries.journal_beancount if syntax == "beancount" else queries.journal_hledger
    return await write(work, year or work.today.year)


@get("/me/books", permission=Permission.SELF, tags=["ledger"], summary="My accounts")
async def my_books(work: Work) -> MyBooks:
    """What the cooperative holds for the signed-in member: pending, available, benefits."""
    return await queries.my_books(work)


@get("/me/statement", permission=Permission.SELF, tags=["ledger"], summary="My statement")
async def my_statement(
    work: Work,
    *,
    currency: CurrencyCode = "EUR",
    since: date | None = None,
    until: date | None = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Statement:
    """Movements of the money that can be paid out to the signed-in member."""
    return await queries.statement(
        work, "member_available", work.actor.member_id, currency=currency, since=since,
        until=until, cursor=cursor, limit=limit,
    )  # fmt: skip


ROUTES = [trial_balance, statement, journal, my_books, my_statement]
