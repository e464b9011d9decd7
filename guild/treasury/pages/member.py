"""The member's money: what is hers, where it went, when she is paid, and her years."""

from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import PayoutId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members.queries import me
from guild.treasury import commands, queries
from guild.treasury.pages.forms import FORM, Form, Show, amount, or_again
from guild.treasury.routes.downloads import pdf_file
from guild.treasury.schemas import ChoiceIn, PayoutIn, Year

RHYTHMS = [
    ("on_request", "Only when I ask"),
    ("weekly", "Every week"),
    ("monthly", "Every month"),
    ("threshold", "As soon as there is enough"),
]


def plain(text: str) -> str:
    """An amount as a person types it, in the form of the wire: € 1.210,00 is not guessed at."""
    return text.replace(" ", "").replace("\u00a0", "").replace(",", ".").lstrip("€")


async def _money(
    work: Work, *, status: int = 200, errors: Any = (), entered: str = ""
) -> Response[str]:
    joined = (await me(work)).joined_on
    return page(
        work, "treasury/money.html", status=status, errors=list(errors), section="/money",
        money=await queries.member_money(work), entered=entered, amount=amount,
        bands=await queries.bands(work), rhythms=RHYTHMS,
        choice=await queries.choice_of(work, work.actor.member_id),
        earlier=joined is not None and joined.year < work.today.year,
    )  # fmt: skip


def _again(work: Work, entered: str = "") -> Show:
    async def again(**shown: Any) -> Response[str]:
        return await _money(work, entered=entered, **shown)

    return again


@get("/money", permission=Permission.PAYOUTS_REQUEST, include_in_schema=False)
async def money_page(work: Work) -> Response[str]:
    """What can be paid out, what is on its way and what is coming."""
    return await _money(work)


@post("/money/payouts", permission=Permission.PAYOUTS_REQUEST, **FORM)
async def ask_for_payout(work: Work, data: Form) -> Redirect:
    """Ask for a payout of one's own money."""
    entered = data.get("amount", "")

    async def ask() -> None:
        await commands.request_payout(work, msgspec.convert({"amount": plain(entered)}, PayoutIn))

    return await or_again(ask(), "/money#payouts", _again(work, entered))


@post("/money/payouts/{payout_id:uuid}/again", permission=Permission.PAYOUTS_REQUEST, **FORM)
async def pay_again(work: Work, payout_id: PayoutId) -> Redirect:
    """Ask once more for a payout that came back."""
    return await or_again(commands.pay_again(work, payout_id), "/money#payouts", _again(work))


@post("/money/choice", permission=Permission.PAYOUTS_REQUEST, **FORM)
async def choose_rhythm(work: Work, data: Form) -> Redirect:
    """Choose when to be paid without asking."""

    async def choose() -> None:
        said = {
            "rhythm": data.get("rhythm", ""),
            "day": int(day) if (day := data.get("day", "").strip()).isdigit() else 0,
            "minimum": plain(data.get("minimum", "")) or "0",
        }
        if said["rhythm"] == "threshold":
            said["day"] = 0
        await commands.choose_rhythm(work, msgspec.convert(said, ChoiceIn))

    return await or_again(choose(), "/money#choice", _again(work))


@get("/money/where", permission=Permission.PAYOUTS_READ, include_in_schema=False)
async def where_page(work: Work) -> Response[str]:
    """Each invoice taken apart: who got what of it, by which rule, and what was paid out."""
    found = await queries.whereabouts(work, work.actor.member_id, work.settings.coop.currency)
    return page(work, "treasury/where.html", section="/money", invoices=found, amount=amount)


@get("/money/years/{year:int}", permission=Permission.PAYOUTS_READ, include_in_schema=False)
async def year_page(work: Work, year: Year) -> Response[str]:
    """A year of one's money."""
    return await _year(work, year)


async def _year(work: Work, year: int, *, status: int = 200, errors: Any = ()) -> Response[str]:
    shown = await queries.income_of(work, work.actor.member_id, year)
    return page(
        work, "treasury/year.html", status=status, errors=list(errors), section="/money",
        year=year, shown=shown, amount=amount, over=year < work.today.year,
    )  # fmt: skip


@post("/money/years/{year:int}/statement", permission=Permission.PAYOUTS_READ, **FORM)
async def print_year(work: Work, year: Year) -> Redirect:
    """Have a year printed."""

    async def again(**shown: Any) -> Response[str]:
        return await _year(work, year, **shown)

    doing = commands.ask_for_statement(work, work.actor.member_id, year)
    return await or_again(doing, f"/money/years/{year}", again)


@get("/money/years/{year:int}/statement", permission=Permission.PAYOUTS_READ,
     include_in_schema=False)  # fmt: skip
async def year_statement(work: Work, year: Year) -> Response[bytes]:
    """The printed year."""
    return pdf_file(*await queries.income_document(work, work.actor.member_id, year))


@get("/money/payouts/{payout_id:uuid}/statement", permission=Permission.PAYOUTS_READ,
     include_in_schema=False)  # fmt: skip
async def payout_statement(work: Work, payout_id: PayoutId) -> Response[bytes]:
    """The statement of a payout."""
    return pdf_file(*await queries.payout_document(work, payout_id))


PAGES = [
    money_page,
    ask_for_payout,
    pay_again,
    choose_rhythm,
    where_page,
    year_page,
    print_year,
    year_statement,
    payout_statement,
]
