"""Where a member's money went, her years, and the payroll export over HTTP."""

from typing import Annotated

from litestar import Response
from litestar.params import QueryParameter

from guild.core.ids import MemberId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post_once
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.routes.downloads import pdf_file, table_file
from guild.treasury.schemas import (
    EmployedOut,
    EmploymentIn,
    EmploymentOut,
    IncomeStatementOut,
    PayrollOut,
    WhereaboutsOut,
    Year,
)

Month = Annotated[str, QueryParameter(pattern=r"^\d{4}-\d{2}$", description="For example 2026-11")]
Country = Annotated[str, QueryParameter(pattern="^[A-Z]{2}$", description="BE, DE, FR or NL")]


@get("/me/whereabouts", permission=Permission.PAYOUTS_READ, tags=["payouts"],
     summary="Where did my money go")  # fmt: skip
async def my_whereabouts(work: Work) -> list[WhereaboutsOut]:
    """Each invoice taken apart: VAT, every share with the rule that set it, what was paid out."""
    return await queries.whereabouts(work, work.actor.member_id, work.settings.coop.currency)


@get("/me/income/{year:int}", permission=Permission.PAYOUTS_READ, tags=["payouts"],
     summary="My year")  # fmt: skip
async def my_income(work: Work, year: Year) -> IncomeStatementOut:
    """What was invoiced, received, shared and paid out in a year, per currency."""
    return await queries.income_of(work, work.actor.member_id, year)


@post_once("/me/income/{year:int}/statement", permission=Permission.PAYOUTS_READ,
           tags=["payouts"], summary="Print my year")  # fmt: skip
async def print_my_income(work: Work, year: Year) -> IncomeStatementOut:
    """The year as a PDF, made in the background and mailed when it is ready; once a year."""
    return await commands.ask_for_statement(work, work.actor.member_id, year)


@get("/me/income/{year:int}/statement", permission=Permission.PAYOUTS_READ, tags=["payouts"],
     summary="My printed year", media_type="application/pdf")  # fmt: skip
async def my_income_document(work: Work, year: Year) -> Response[bytes]:
    """The PDF, the same bytes each time."""
    return pdf_file(*await queries.income_document(work, work.actor.member_id, year))


@get("/members/{member_id:uuid}/income/{year:int}", permission=Permission.TREASURY_READ,
     tags=["payouts"], summary="A member’s year")  # fmt: skip
async def member_income(work: Work, member_id: MemberId, year: Year) -> IncomeStatementOut:
    """For treasurer and auditor."""
    return await queries.income_of(work, member_id, year)


@get("/employments", permission=Permission.EMPLOYMENT_NOTE, tags=["payouts"],
     summary="Who is employed")  # fmt: skip
async def employments(
    work: Work, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[EmployedOut]:
    """Employments that were noted, the latest first."""
    return await queries.employments(work, cursor=cursor, limit=limit)


@post_once("/members/{member_id:uuid}/employment", permission=Permission.EMPLOYMENT_NOTE,
           tags=["payouts"], summary="Note an employment")  # fmt: skip
async def note_employment(work: Work, member_id: MemberId, data: EmploymentIn) -> EmploymentOut:
    """From when on the co-operative employs a member, or until when."""
    return await commands.note_employment(work, member_id, data)


@get("/payroll", permission=Permission.TREASURY_READ, tags=["payouts"],
     summary="Dry run of a payroll export")  # fmt: skip
async def payroll(work: Work, country: Country, month: Month) -> PayrollOut:
    """The rows as the payroll office would get them, with totals that agree with the ledger."""
    return (await commands.payroll(work, country, month))[0]


@get("/payroll/file", permission=Permission.TREASURY_READ, tags=["payouts"],
     summary="Payroll export as CSV", media_type="text/csv")  # fmt: skip
async def payroll_file(work: Work, country: Country, month: Month) -> Response[bytes]:
    """The file in the country’s layout."""
    shown, content = await commands.payroll(work, country, month)
    return table_file(content, f"payroll-{shown.country}-{shown.month}.csv")


ROUTES = [
    my_whereabouts,
    my_income,
    print_my_income,
    my_income_document,
    member_income,
    employments,
    note_employment,
    payroll,
    payroll_file,
]
