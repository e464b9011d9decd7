"""The desk of the office: what waits for a decision by a person."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.ids import BankAccountId, MemberId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.pages.forms import (
    FORM,
    Form,
    answer_refused,
    faults_of,
    read_form,
    status_of,
    text_of,
)
from guild.members.schemas import (
    BankRefusalIn,
    ReasonIn,
)


@get("/office", permission=Permission.SELF, include_in_schema=False)
async def office_page(work: Work) -> Response[str]:
    """What waits for a decision by the office: applications, offices, numbers, bank accounts."""
    return await _office(work)


@post("/office/{what:str}/{which:uuid}", permission=Permission.SELF, **FORM)
async def decide(work: Work, what: str, which: UUID, data: Form) -> Response[Any]:
    """One decision. The commands ask for the right and for the second person."""
    try:
        await _decide(work, what, which, data)
    except (GuildError, msgspec.ValidationError) as refusal:
        return answer_refused(work, refusal, await _office(work, refusal=refusal))
    return Redirect("/office", status_code=303)


async def _decide(work: Work, what: str, which: UUID, data: dict[str, Any]) -> None:
    match (what, text_of(data, "answer")):
        case ("applicants", "admit"):
            await commands.admit_member(work, MemberId(which))
        case ("applicants", "decline"):
            reason = read_form(data, ReasonIn, "reason").reason
            await commands.decline_applicant(work, MemberId(which), reason)
        case ("roles", "confirm"):
            await commands.confirm_role(work, which)
        case ("roles", "refuse"):
            await commands.refuse_role(work, which)
        case ("numbers", "approve"):
            await commands.approve_numbers(work, which)
        case ("numbers", "reject"):
            reason = read_form(data, BankRefusalIn, "reason").reason
            await commands.reject_numbers(work, which, reason)
        case ("bank-accounts", "approve"):
            await commands.approve_bank_account(work, BankAccountId(which))
        case ("bank-accounts", "reject"):
            reason = read_form(data, BankRefusalIn, "reason").reason
            await commands.reject_bank_account(work, BankAccountId(which), reason)
        case _:
            raise msgspec.ValidationError("Choose one of the answers.")


async def _office(work: Work, *, refusal: Exception | None = None) -> Response[str]:
    desk = await queries.office_desk(work)
    return page(
        work,
        "members/office.html",
        status=status_of(refusal),
        section="/office",
        waiting=desk.count,
        applicants=desk.applicants,
        grants=desk.grants,
        asked=desk.asked,
        grant_names=await queries.names_of(
            work, {one.member_id for one in [*desk.grants, *desk.asked]}
        )
        if desk.grants or desk.asked
        else {},
        numbers=desk.numbers,
        accounts=desk.accounts,
        errors=faults_of(refusal),
    )


PAGES = [office_page, decide]
