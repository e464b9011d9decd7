"""What the treasurer does about a client, a write-off or the whole house, by forms."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import OrganisationId, WriteOffId
from guild.core.permissions import Permission
from guild.core.wire import post
from guild.core.work import Work
from guild.receivables import commands, queries
from guild.receivables.pages.forms import FORM, Form, or_again, said
from guild.receivables.pages.house import shown_client, shown_desk, shown_invoice
from guild.receivables.queries.standing import HOUSE
from guild.receivables.schemas import (
    ProfileSettleIn,
    ReasonIn,
    RefundIn,
    ReminderRuleIn,
    VatDecisionIn,
)

MANAGE = Permission.RECEIVABLES_MANAGE


async def _of_client(
    work: Work, client_id: OrganisationId, data: dict[str, str], doing: Any
) -> Redirect:
    async def again(**shown: Any) -> Response[str]:
        return await shown_client(work, client_id, entered=data, **shown)

    return await or_again(doing, f"/receivables/clients/{client_id}", again)


@post("/receivables/clients/{client_id:uuid}/insolvency/lift", permission=MANAGE, **FORM)
async def lift_by_form(work: Work, client_id: OrganisationId, data: Form) -> Redirect:
    """Another treasurer takes the flag back."""

    async def doing() -> None:
        wanted = msgspec.convert({"reason": data.get("reason", "")}, ReasonIn)
        await commands.lift_insolvency(work, client_id, wanted.reason)

    return await _of_client(work, client_id, data, doing())


@post("/receivables/clients/{client_id:uuid}/refunds", permission=MANAGE, **FORM)
async def refund_by_form(work: Work, client_id: OrganisationId, data: Form) -> Redirect:
    """Propose to give back what the client has on account."""

    async def doing() -> None:
        told = {"currency": "EUR", **said(data, "amount", "currency", "reason", "bank_entry_id")}
        await commands.propose_refund(work, client_id, msgspec.convert(told, RefundIn))

    return await _of_client(work, client_id, data, doing())


@post("/receivables/clients/{client_id:uuid}/profile", permission=MANAGE, **FORM)
async def settle_by_form(work: Work, client_id: OrganisationId, data: Form) -> Redirect:
    """Say what was found about contested figures."""

    async def doing() -> None:
        wanted = msgspec.convert(said(data, "outcome", "reason"), ProfileSettleIn)
        await commands.settle_profile(work, client_id, wanted)

    return await _of_client(work, client_id, data, doing())


@post("/receivables/clients/{client_id:uuid}/reminders", permission=MANAGE, **FORM)
async def client_rule(work: Work, client_id: OrganisationId, data: Form) -> Redirect:
    """Stop or shift the reminders of a client, or let them run again."""

    async def doing() -> None:
        await queries.visible_client(work, client_id)
        await commands.set_rule(work, _rule("client", client_id, data))

    return await _of_client(work, client_id, data, doing())


@post("/receivables/reminder-rules", permission=MANAGE, **FORM)
async def house_rule(work: Work, data: Form) -> Redirect:
    """Stop or shift the reminders of the whole house, or let them run again."""

    async def doing() -> None:
        await commands.set_rule(work, _rule("house", HOUSE, data))

    async def again(**shown: Any) -> Response[str]:
        return await shown_desk(work, **shown)

    return await or_again(doing(), "/receivables#next", again)


def _rule(scope: str, subject_id: UUID, data: dict[str, str]) -> ReminderRuleIn:
    told: dict[str, Any] = {
        "scope": scope, "subject_id": subject_id, "reason": data.get("reason", ""),
        "stopped": data.get("stopped") == "yes", "channel": data.get("channel") or None,
    }  # fmt: skip
    days = data.get("shift_days", "").strip()
    if days:
        told["shift_days"] = days
    return msgspec.convert(told, ReminderRuleIn, strict=False)


@post("/receivables/write-offs/{write_off_id:uuid}/after/{step:str}", permission=MANAGE, **FORM)
async def after_write_off(
    work: Work, write_off_id: WriteOffId, step: Literal["vat", "reinstate"], data: Form
) -> Redirect:
    """Decide the VAT of a write-off, or take the write-off back because money came."""
    row = await queries.write_off(work, write_off_id)

    async def doing() -> None:
        if step == "vat":
            wanted = msgspec.convert(said(data, "decision", "ground"), VatDecisionIn)
            await commands.decide_vat(work, write_off_id, wanted)
        else:
            await commands.reinstate(work, write_off_id)

    async def again(**shown: Any) -> Response[str]:
        return await shown_invoice(work, row.invoice_id, entered=data, **shown)

    return await or_again(doing(), f"/receivables/invoices/{row.invoice_id}", again)


PAGES = [
    lift_by_form, refund_by_form, settle_by_form, client_rule, house_rule, after_write_off,
]  # fmt: skip
