"""The member's money page."""

from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import PayoutId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.forms import FORM, Form, amount, or_again
from guild.treasury.routes.downloads import pdf_file
from guild.treasury.schemas import PayoutIn


async def _money(
    work: Work, *, status: int = 200, errors: Any = (), entered: str = ""
) -> Response[str]:
    shown = await queries.member_money(work)
    return page(
        work, "treasury/money.html", status=status, errors=list(errors), section="/money",
        money=shown, entered=entered, amount=amount,
    )  # fmt: skip


@get("/money", permission=Permission.PAYOUTS_REQUEST, include_in_schema=False)
async def money_page(work: Work) -> Response[str]:
    """What can be paid out, what is on its way and what is coming."""
    return await _money(work)


@post("/money/payouts", permission=Permission.PAYOUTS_REQUEST, **FORM)
async def ask_for_payout(work: Work, data: Form) -> Redirect:
    """Ask for a payout of one's own money."""
    entered = data.get("amount", "")

    async def ask() -> None:
        plain = {"amount": entered.replace(" ", "").replace(",", ".").lstrip("€")}
        await commands.request_payout(work, msgspec.convert(plain, PayoutIn))

    async def again(**shown: Any) -> Response[str]:
        return await _money(work, entered=entered, **shown)

    return await or_again(ask(), "/money#payouts", again)


@get("/money/payouts/{payout_id:uuid}/statement", permission=Permission.PAYOUTS_READ,
     include_in_schema=False)  # fmt: skip
async def payout_statement(work: Work, payout_id: PayoutId) -> Response[bytes]:
    """The statement of a payout."""
    return pdf_file(*await queries.payout_document(work, payout_id))


PAGES = [money_page, ask_for_payout, payout_statement]
