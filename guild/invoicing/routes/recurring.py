"""Plans of recurring invoices over HTTP."""

from typing import Literal

from guild.core.ids import RecurringPlanId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post
from guild.core.work import Work
from guild.invoicing import commands
from guild.invoicing.queries.recurring import get_plan, list_plans
from guild.invoicing.schemas.recurring import PlanIn, PlanOut, SkipIn

Step = Literal["pause", "resume", "end"]
STEPS = {"pause": commands.pause_plan, "resume": commands.resume_plan, "end": commands.end_plan}


@post("/recurring-invoices", permission=Permission.INVOICES_ISSUE, tags=["invoices"],
      summary="Start a recurring invoice")  # fmt: skip
async def start(work: Work, data: PlanIn) -> PlanOut:
    """Draft, or with `issue` issue, the same invoice every so many weeks or months."""
    return await get_plan(work, await commands.start_plan(work, data))


@get("/recurring-invoices", permission=Permission.INVOICES_ISSUE, tags=["invoices"],
     summary="Your recurring invoices")  # fmt: skip
async def list_plans_of_yours(
    work: Work, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[PlanOut]:
    """Your plans, newest first, each with what it made and what comes next."""
    return await list_plans(work, cursor=cursor, limit=limit)


@get("/recurring-invoices/{plan_id:uuid}", permission=Permission.INVOICES_ISSUE,
     tags=["invoices"], summary="A recurring invoice")  # fmt: skip
async def read_plan(work: Work, plan_id: RecurringPlanId) -> PlanOut:
    """One plan: its next days as the calendar moves them, and each period that is done."""
    return await get_plan(work, plan_id)


@post("/recurring-invoices/{plan_id:uuid}/skip", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Skip the next period")  # fmt: skip
async def skip(work: Work, plan_id: RecurringPlanId, data: SkipIn) -> PlanOut:
    """Leave the next period out; `number` is the one you looked at."""
    await commands.skip_period(work, plan_id, data.number)
    return await get_plan(work, plan_id)


@post("/recurring-invoices/{plan_id:uuid}/{step:str}", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Pause, resume or end a recurring invoice")  # fmt: skip
async def move(work: Work, plan_id: RecurringPlanId, step: Step) -> PlanOut:
    """Pause it, resume it (missed periods are made), or end it for good."""
    await STEPS[step](work, plan_id)
    return await get_plan(work, plan_id)


ROUTES = [start, list_plans_of_yours, read_plan, skip, move]
