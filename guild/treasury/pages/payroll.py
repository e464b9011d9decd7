"""Payroll: a dry run of a month, its file, and who is employed."""

from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.forms import FORM, Form, amount, or_again
from guild.treasury.routes.downloads import table_file
from guild.treasury.rules.payroll import COUNTRIES
from guild.treasury.schemas import EmploymentIn, PayrollOut

NAMES: Final = {"BE": "Belgium", "DE": "Germany", "FR": "France", "NL": "Netherlands"}
EMPTY: Final = dict.fromkeys(("email", "country", "number", "since", "until"), "")


@get("/treasury/payroll", permission=Permission.TREASURY_READ, include_in_schema=False)
async def payroll_page(work: Work, country: str = "", month: str = "") -> Response[str]:
    """The rows of a month as the payroll office would get them, before anything is exported."""
    shown: PayrollOut | None = None
    errors: list[dict[str, str]] = []
    status = 200
    if country and month:
        try:
            shown = (await commands.payroll(work, country, month))[0]
        except GuildError as refusal:
            status = refusal.status
            errors.append({"field": refusal.field, "text": f"{refusal} {refusal.mend}".strip()})
    return page(
        work, "treasury/payroll.html", status=status, errors=errors, section="/treasury",
        amount=amount, shown=shown, country=country or work.settings.coop.country,
        month=month or f"{work.today:%Y-%m}", countries=[(one, NAMES[one]) for one in COUNTRIES],
    )  # fmt: skip


@get("/treasury/payroll/file", permission=Permission.TREASURY_READ, include_in_schema=False)
async def payroll_file(work: Work, country: str, month: str) -> Response[bytes]:
    """The CSV in the country's layout."""
    shown, content = await commands.payroll(work, country, month)
    return table_file(content, f"payroll-{shown.country}-{shown.month}.csv")


async def _employed(
    work: Work,
    *,
    status: int = 200,
    errors: Any = (),
    entered: dict[str, str] | None = None,
    cursor: str | None = None,
) -> Response[str]:
    return page(
        work, "treasury/employed.html", status=status, errors=list(errors), section="/employed",
        employed=await queries.employments(work, cursor=cursor),
        countries=[(one, NAMES[one]) for one in COUNTRIES], entered={**EMPTY, **(entered or {})},
    )  # fmt: skip


@get("/employed", permission=Permission.EMPLOYMENT_NOTE, include_in_schema=False)
async def employed_page(work: Work, cursor: str | None = None) -> Response[str]:
    """Who is employed by the co-operative, and a form to note it."""
    return await _employed(work, cursor=cursor)


@post("/employed", permission=Permission.EMPLOYMENT_NOTE, **FORM)
async def note_employment(work: Work, data: Form) -> Redirect:
    """Note from when on a member is employed, or until when."""

    async def note() -> None:
        member_id = await queries.member_by_email(work, data.get("email", ""))
        said = {
            name: data[name].strip()
            for name in ("country", "number", "since", "until")
            if data.get(name, "").strip()
        }
        await commands.note_employment(work, member_id, msgspec.convert(said, EmploymentIn))

    async def again(**shown: Any) -> Response[str]:
        return await _employed(work, entered=data, **shown)

    return await or_again(note(), "/employed", again)


PAGES = [payroll_page, payroll_file, employed_page, note_employment]
