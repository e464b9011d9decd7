"""Pages after signing: object to a signature, undo a contract together, and a rep's decision."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.access import OFFER_LINK
from guild.contracts.errors import ObjectionTooLate
from guild.contracts.pages.client import Form
from guild.contracts.pages.offer import language_of
from guild.contracts.pages.words import offer_page, sayer
from guild.contracts.schemas.signing import (
    ObjectionDecisionIn,
    ObjectionIn,
    VoidAnswerIn,
    VoidIn,
)
from guild.core.errors import Invalid
from guild.core.ids import ContractId, ObjectionToSigningId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

KINDS = ("not_me", "not_authorised")
LINKED: dict[str, Any] = {
    "permission": Permission.LINK, "include_in_schema": False, "status_code": 303,
}  # fmt: skip
OWN: dict[str, Any] = {**LINKED, "permission": Permission.CONTRACTS_DRAFT}


@get("/offer/objection", permission=Permission.LINK, include_in_schema=False)
async def objection_page(work: Work) -> Response[str]:
    """Say that it was not you, or that you may not sign."""
    row = await queries.linked_row(work, OFFER_LINK)
    if await queries.may_object_until(work, row) is None:
        raise ObjectionTooLate("There is no signature of yours, or the time to object is over.")
    return await _objection(work, {}, [])


async def _objection(
    work: Work, form: dict[str, str], errors: list[dict[str, str]]
) -> Response[str]:
    view, _ = await queries.offer_view(work)
    row = await queries.linked_row(work, OFFER_LINK)
    say = sayer(view.language)
    kinds = [(one, say(f"ob_{one}", client=view.terms.client.name)) for one in KINDS]
    return offer_page(
        work, "contracts/objection.html", view, errors=errors, form=form, kinds=kinds,
        until=await queries.may_object_until(work, row),
    )  # fmt: skip


@post("/offer/objection", **LINKED)
async def object_to_signing(work: Work, data: Form) -> Response[str] | Redirect:
    """The contract is suspended at once."""
    say = sayer(await language_of(work))
    text = data.get("text", "").strip()
    wrong = []
    if data.get("kind") not in KINDS:
        wrong.append({"field": "kind", "text": say("e_reason")})
    if not text or len(text) > 5000:
        wrong.append({"field": "text", "text": say("e_text")})
    if wrong:
        return await _objection(work, data, wrong)
    said = msgspec.convert({"kind": data["kind"], "text": text}, ObjectionIn)
    await commands.object_to_signing(work, said)
    return Redirect("/offer", status_code=303)


@post("/offer/void", **LINKED)
async def client_asks(work: Work, data: Form) -> Redirect:
    """The client wants it undone."""
    await commands.ask_to_void(work, None, VoidIn(reason=await _reason(work, data)))
    return Redirect("/offer#void", status_code=303)


@post("/offer/void/answer", **LINKED)
async def client_answers(work: Work, data: Form) -> Redirect:
    """Yes or no."""
    await commands.answer_voiding(work, None, VoidAnswerIn(agree=data.get("agree") == "yes"))
    return Redirect("/offer", status_code=303)


@post("/offer/void/withdraw", **LINKED)
async def client_withdraws(work: Work) -> Redirect:
    """Taken back."""
    await commands.withdraw_voiding(work, None)
    return Redirect("/offer", status_code=303)


@post("/contracts/{contract_id:uuid}/void", **OWN)
async def member_asks(work: Work, contract_id: UUID, data: Form) -> Redirect:
    """The member wants it undone."""
    asked = VoidIn(reason=await _reason(work, data))
    await commands.ask_to_void(work, ContractId(contract_id), asked)
    return Redirect(f"/contracts/{contract_id}#void", status_code=303)


@post("/contracts/{contract_id:uuid}/void/answer", **OWN)
async def member_answers(work: Work, contract_id: UUID, data: Form) -> Redirect:
    """Yes or no."""
    said = VoidAnswerIn(agree=data.get("agree") == "yes")
    await commands.answer_voiding(work, ContractId(contract_id), said)
    return Redirect(f"/contracts/{contract_id}", status_code=303)


@post("/contracts/{contract_id:uuid}/void/withdraw", **OWN)
async def member_withdraws(work: Work, contract_id: UUID) -> Redirect:
    """Taken back."""
    await commands.withdraw_voiding(work, ContractId(contract_id))
    return Redirect(f"/contracts/{contract_id}", status_code=303)


async def _reason(work: Work, data: dict[str, str]) -> str:
    reason = data.get("reason", "").strip()
    if not reason or len(reason) > 5000:
        language = await language_of(work) if work.actor.kind == "contact" else "en"
        raise Invalid(sayer(language)("e_why"), field="reason")
    return reason


@post("/signing-objections/{objection_id:uuid}/decide", permission=Permission.REVIEWS_CONDUCT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def decide(work: Work, objection_id: UUID, data: Form) -> Redirect:
    """A rep's decision."""
    reasons = data.get("reasons", "").strip()
    if data.get("outcome") not in ("stands", "void") or not reasons or len(reasons) > 5000:
        raise Invalid("Choose what you found, and write why.", field="reasons")
    said = msgspec.convert({"outcome": data["outcome"], "reasons": reasons}, ObjectionDecisionIn)
    await commands.decide_objection(work, ObjectionToSigningId(objection_id), said)
    return Redirect("/rep-tasks", status_code=303)


PAGES = [
    objection_page, object_to_signing, client_asks, client_answers, client_withdraws, member_asks,
    member_answers, member_withdraws, decide,
]  # fmt: skip
