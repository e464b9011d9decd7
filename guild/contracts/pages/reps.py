"""The page of what members ask of union representatives, with the answers."""

from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.pages.client import _page
from guild.contracts.pages.drafting import Form
from guild.contracts.pages.forms import Faults
from guild.contracts.schemas.papers import AnswerTaskIn
from guild.core.errors import Invalid
from guild.core.ids import RepTaskId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, get, post
from guild.core.work import Work


@get("/rep-tasks", permission=Permission.REVIEWS_READ, include_in_schema=False)
async def tasks_page(work: Work, cursor: Cursor | None = None) -> Response[str]:
    """What members ask of reps; a member sees her own."""
    return await _tasks(work, cursor, {}, [])


async def _tasks(
    work: Work, cursor: str | None, form: dict[str, str], errors: Faults
) -> Response[str]:
    found = await queries.rep_tasks(work, state=None, cursor=cursor, limit=50)
    rep = work.actor.may(Permission.REVIEWS_CONDUCT)
    waiting = [one.contract_id for one in found.items if one.state == "requested"]
    return _page(
        work, "contracts/rep_tasks.html", status=422 if errors else 200, section="/reviews",
        objections=await queries.open_objections(work) if rep and cursor is None else [],
        tasks=found.items, next_cursor=found.next_cursor, form=form, errors=errors,
        rep=rep, closed=await queries.too_close(work, waiting) if rep else frozenset(),
    )  # fmt: skip


@post("/rep-tasks/{task_id:uuid}/answer", permission=Permission.REVIEWS_CONDUCT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def answer(work: Work, task_id: UUID, data: Form) -> Response[str] | Redirect:
    """A rep's answer."""
    given = {"outcome": data.get("outcome", ""), "answer": data.get("answer", "").strip()}
    if data.get("expires_on"):
        given["expires_on"] = data["expires_on"]
    typed = {f"{name}-{task_id}": value for name, value in given.items()}
    try:
        said = msgspec.convert(given, AnswerTaskIn)
        await commands.answer_task(work, RepTaskId(task_id), said)
    except msgspec.ValidationError:
        text = "Choose yes or no, and write why."
        return await _tasks(work, None, typed, [{"field": f"answer-{task_id}", "text": text}])
    except Invalid as refusal:
        text = f"{refusal.detail} {refusal.mend}".strip()
        return await _tasks(work, None, typed, [{"field": f"until-{task_id}", "text": text}])
    return Redirect("/rep-tasks", status_code=303)


@post("/rep-tasks/{task_id:uuid}/withdraw", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def withdraw(work: Work, task_id: UUID) -> Redirect:
    """A member takes her question back."""
    await commands.withdraw_task(work, RepTaskId(task_id))
    return Redirect("/rep-tasks", status_code=303)


PAGES = [tasks_page, answer, withdraw]
