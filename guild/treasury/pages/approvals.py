"""The inbox of those who approve: orders and whole runs, with what each band asks for."""

from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import PayoutId, PayoutRunId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.forms import FORM, Form, Show, amount, or_again
from guild.treasury.schemas import RejectIn

SHOWN: Final = 50


async def _approvals(work: Work, *, status: int = 200, errors: Any = ()) -> Response[str]:
    waiting = await queries.payouts(work, state="requested", limit=SHOWN)
    runs = [run for run in await queries.payout_runs(work) if run.waiting]
    return page(
        work, "treasury/approvals.html", status=status, errors=list(errors),
        section="/approvals", amount=amount, bands=await queries.bands(work),
        waiting=waiting, runs=runs,
        mine=await queries.approved_by_me(work, [one.id for one in waiting.items]),
    )  # fmt: skip


def _again(work: Work) -> Show:
    async def again(**shown: Any) -> Response[str]:
        return await _approvals(work, **shown)

    return again


@get("/approvals", permission=Permission.PAYOUTS_APPROVE, include_in_schema=False)
async def approvals_page(work: Work) -> Response[str]:
    """What waits for approvals, and who must give them."""
    return await _approvals(work)


@post("/approvals/payouts/{payout_id:uuid}/approve", permission=Permission.PAYOUTS_APPROVE, **FORM)
async def approve_payout(work: Work, payout_id: PayoutId) -> Redirect:
    """Approve as one of the persons that the charter asks for."""
    doing = commands.approve_payout(work, payout_id)
    return await or_again(doing, "/approvals", _again(work))


@post("/approvals/payouts/{payout_id:uuid}/reject", permission=Permission.PAYOUTS_APPROVE, **FORM)
async def reject_payout(work: Work, payout_id: PayoutId, data: Form) -> Redirect:
    """Refuse with a reason that the payee reads."""

    async def reject() -> None:
        said = msgspec.convert({"reason": data.get("reason", "")}, RejectIn)
        await commands.reject_payout(work, payout_id, said)

    return await or_again(reject(), "/approvals", _again(work))


@post("/approvals/runs/{run_id:uuid}/approve", permission=Permission.PAYOUTS_APPROVE, **FORM)
async def approve_run(work: Work, run_id: PayoutRunId) -> Redirect:
    """Approve each payout of a run that one may approve."""
    return await or_again(commands.approve_run(work, run_id), "/approvals", _again(work))


PAGES = [approvals_page, approve_payout, reject_payout, approve_run]
