"""Pages of what goes on by itself: recurring invoices, and self-billing."""

from typing import Any, Literal

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import InvoiceId, PayoutId, RecurringPlanId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import Cursor, get, post
from guild.core.work import Work
from guild.invoicing import commands
from guild.invoicing.pages.forms import CLOSED, FORM, Form, or_again
from guild.invoicing.pages.lines import lines_of
from guild.invoicing.queries.drafting import contracts_to_invoice
from guild.invoicing.queries.recurring import list_plans
from guild.invoicing.queries.self_billing import list_self_bills, list_unbilled, mandate_of
from guild.invoicing.routes.recurring import STEPS
from guild.invoicing.schemas.recurring import PlanIn
from guild.invoicing.schemas.self_billing import MandateIn, ObjectionIn, RevokeIn

Act = Literal["sign", "revoke"]
Answer = Literal["accept", "object"]


async def _plans(
    work: Work,
    *,
    status: int = 200,
    errors: Any = (),
    cursor: str | None = None,
    form: dict[str, str] | None = None,
) -> Response[str]:
    answer = page(
        work, "invoicing/recurring.html", status=status, errors=list(errors), section="/invoices",
        plans=await list_plans(work, cursor=cursor, limit=20), form=form or {}, rows=range(3),
        contracts=[(str(one.id), one.words) for one in await contracts_to_invoice(work)],
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/recurring-invoices", permission=Permission.INVOICES_ISSUE, include_in_schema=False)
async def plans_page(work: Work, cursor: Cursor | None = None) -> Response[str]:
    """The member's plans with what comes next, and the form for a new one."""
    return await _plans(work, cursor=cursor)


@post("/recurring-invoices", permission=Permission.INVOICES_ISSUE, **FORM)
async def start_plan(work: Work, data: Form) -> Redirect:
    """Start a plan of one's own lines."""

    async def go() -> None:
        wanted = {
            "contract_id": data.get("contract_id", ""),
            "every": int(data["every"]) if data.get("every", "").isdecimal() else 1,
            "unit": data.get("unit", "months"),
            "starts_on": data.get("starts_on", ""),
            "shift": data.get("shift", "next"),
            "ends_on": data.get("ends_on") or None,
            "issue": data.get("issue") == "yes",
            "terms": {"lines": lines_of(data)},
        }
        await commands.start_plan(work, msgspec.convert(wanted, PlanIn))

    async def again(**shown: Any) -> Response[str]:
        return await _plans(work, form=data, **shown)

    return await or_again(go(), again, "/recurring-invoices")


@post("/recurring-invoices/{plan_id:uuid}/{step:str}", permission=Permission.INVOICES_ISSUE, **FORM)
async def move_plan(
    work: Work,
    plan_id: RecurringPlanId,
    step: Literal["pause", "resume", "end", "skip"],
    data: Form,
) -> Redirect:
    """Skip the next period, pause, resume or end."""

    async def go() -> None:
        if step == "skip":
            shown = data.get("number", "")
            await commands.skip_period(work, plan_id, int(shown) if shown.isdecimal() else -1)
        else:
            await STEPS[step](work, plan_id)

    async def again(**shown: Any) -> Response[str]:
        return await _plans(work, **shown)

    return await or_again(go(), again, "/recurring-invoices")


async def _self_billing(
    work: Work, *, status: int = 200, errors: Any = (), cursor: str | None = None
) -> Response[str]:
    signs = work.actor.may(Permission.INVOICES_ISSUE)
    answer = page(
        work, "invoicing/self_billing.html", status=status, errors=list(errors),
        section="/invoices", mandate=await mandate_of(work) if signs else None,
        bills=await list_self_bills(work, cursor=cursor, limit=30),
        due=await list_unbilled(work),
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/self-billing", permission=Permission.INVOICES_READ, include_in_schema=False)
async def self_billing_page(work: Work, cursor: Cursor | None = None) -> Response[str]:
    """The mandate and its words, and the documents made under it."""
    return await _self_billing(work, cursor=cursor)


@post("/self-billing/{act:str}", permission=Permission.INVOICES_ISSUE, **FORM)
async def sign_or_revoke(work: Work, act: Act, data: Form) -> Redirect:
    """Sign the mandate by typing one's name, or end it."""

    async def go() -> None:
        if act == "revoke":
            typed = msgspec.convert({"reason": data.get("reason", "")}, RevokeIn)
            await commands.revoke_mandate(work, typed.reason)
            return
        version = data.get("terms_version", "")
        wanted = {
            "typed_name": data.get("typed_name", ""),
            "terms_version": int(version) if version.isdecimal() else 0,
            "period": data.get("period", "payout"),
        }
        signed = msgspec.convert(wanted, MandateIn)
        await commands.sign_mandate(
            work, signed.typed_name, terms_version=signed.terms_version, period=signed.period
        )

    async def again(**shown: Any) -> Response[str]:
        return await _self_billing(work, **shown)

    return await or_again(go(), again, "/self-billing")


@post("/self-billing/due/{payout_id:uuid}/retry", permission=Permission.INVOICES_CREDIT, **FORM)
async def try_again(work: Work, payout_id: PayoutId) -> Redirect:
    """Write a document that the rules had refused, or show what is still wrong."""

    async def go() -> None:
        await commands.retry_self_bill(work, payout_id)

    async def again(**shown: Any) -> Response[str]:
        return await _self_billing(work, **shown)

    return await or_again(go(), again, "/self-billing")


@post("/self-bills/{invoice_id:uuid}/{answer:str}", permission=Permission.INVOICES_ISSUE, **FORM)
async def answer_bill(work: Work, invoice_id: InvoiceId, answer: Answer, data: Form) -> Redirect:
    """Accept a document made in one's name, or object to it with a reason."""

    async def go() -> None:
        if answer == "accept":
            await commands.accept_self_bill(work, invoice_id)
        else:
            typed = msgspec.convert({"reason": data.get("reason", "")}, ObjectionIn)
            await commands.object_to_self_bill(work, invoice_id, typed.reason)

    async def again(**shown: Any) -> Response[str]:
        return await _self_billing(work, **shown)

    return await or_again(go(), again, "/self-billing")


PAGES = [
    plans_page,
    start_plan,
    move_plan,
    self_billing_page,
    sign_or_revoke,
    try_again,
    answer_bill,
]
