"""Pages of the thread about an offer: the member's, the client's, and the door of its link."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.access import THREAD_LINK
from guild.contracts.errors import OfferNotFound
from guild.contracts.pages.client import _page
from guild.contracts.pages.drafting import Form
from guild.contracts.pages.forms import Faults
from guild.contracts.pages.words import (
    REFUSED,
    clients_page,
    fault_at,
    sayer,
    spoken,
)
from guild.contracts.routes import NO_STORE
from guild.contracts.schemas import ChangesIn
from guild.contracts.schemas.remarks import RemarkIn, ThreadOut
from guild.core.errors import Invalid
from guild.core.ids import ContractId
from guild.core.pages import browser_language
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands as members
from guild.members.schemas.cookies import link_cookie

EMPTY = "Write what you want to say."


@get("/contracts/{contract_id:uuid}/thread", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def thread_page(work: Work, contract_id: ContractId) -> Response[str]:
    """What both sides have said, and a form for the member."""
    return await _members(work, contract_id, {}, [])


async def _members(
    work: Work, contract_id: ContractId, form: dict[str, str], errors: Faults
) -> Response[str]:
    row = await queries.contract_row(work, contract_id)
    return _page(
        work, "contracts/thread.html", status=422 if errors else 200, section="/contracts",
        thread=await queries.thread(work, contract_id), to=f"/contracts/{contract_id}/thread",
        back=f"/contracts/{contract_id}", writes=work.actor.is_member(row.member_id), form=form,
        errors=errors, asked=None, say=sayer("en"),
    )  # fmt: skip


@post("/contracts/{contract_id:uuid}/thread", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def say(work: Work, contract_id: UUID, data: Form) -> Response[Any]:
    """The member speaks; her client is told."""
    mine = ContractId(contract_id)
    try:
        await commands.remark(work, mine, _remark(data))
    except (msgspec.ValidationError, Invalid) as refusal:
        return await _members(work, mine, data, _faults(refusal))
    return Redirect(f"/contracts/{contract_id}/thread", status_code=303)


@get("/threads/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def thread_door(work: Work, token: str, request: Request[Any, Any, Any]) -> Response[str]:
    """What a mail's link shows: one button. Nothing is looked up and nothing is changed."""
    return spoken(work, "contracts/thread_door.html", browser_language(request), token=token)


@post("/threads/{token:str}", permission=Permission.PUBLIC, include_in_schema=False,
      status_code=303)  # fmt: skip
async def open_thread(work: Work, token: str) -> Redirect:
    """Use the link: this browser is bound to it."""
    opened = await members.open_link(work, token)
    if opened.purpose != THREAD_LINK:
        raise OfferNotFound(mend="Open the link exactly as it stands in the mail.")
    cookie = link_cookie(work.settings, opened.session_token, now=work.now, until=opened.expires_at)
    return Redirect("/offer/thread", status_code=303, cookies=[cookie], headers=NO_STORE)


@get("/offer/thread", permission=Permission.LINK, include_in_schema=False)
async def linked_page(work: Work) -> Response[str]:
    """The same for the client."""
    return await _clients(work, {}, [])


async def _clients(work: Work, form: dict[str, str], errors: Faults) -> Response[str]:
    found = await queries.linked_thread(work)
    asked = await _asked(work, found)
    return await clients_page(
        work, "contracts/thread.html", errors=errors, thread=found, to="/offer/thread",
        back="/offer" if asked is not None else "", writes=True, form=form, asked=asked,
    )  # fmt: skip


async def _asked(work: Work, found: ThreadOut) -> dict[str, str] | None:
    """What a request for changes has to name; None where this link may not ask for them."""
    if found.state != "sent" or work.actor.link is None or work.actor.link.purpose == THREAD_LINK:
        return None
    view, _ = await queries.offer_view(work)
    if view.your_state != "asked":
        return None
    return {"version": str(view.version), "shown_sha256": view.shown_sha256}


@post("/offer/thread", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def say_as_client(work: Work, data: Form) -> Response[Any]:
    """The client speaks about a clause, or asks for a version in which it differs."""
    try:
        said = _remark(data)
        if data.get("do") == "change":
            typed = {
                "version": int(data["version"]) if data.get("version", "").isdigit() else 0,
                "shown_sha256": data.get("shown_sha256", ""),
                "wishes": said.text, "clause": said.clause,
            }  # fmt: skip
            await commands.request_contract_changes(work, msgspec.convert(typed, ChangesIn))
        else:
            await commands.remark_as_client(work, said)
    except (msgspec.ValidationError, *REFUSED) as refusal:
        return await _clients(work, data, [await fault_at(work, refusal, "text", "e_say")])
    return Redirect("/offer/thread", status_code=303)


def _remark(data: dict[str, str]) -> RemarkIn:
    return msgspec.convert(
        {"clause": data.get("clause", ""), "text": data.get("text", "").strip()}, RemarkIn
    )


def _faults(refusal: Exception) -> Faults:
    if isinstance(refusal, Invalid):
        text = f"{refusal.detail} {refusal.mend}".strip()
        return [{"field": refusal.field or "text", "text": text}]
    return [{"field": "text", "text": EMPTY}]


PAGES = [thread_page, say, thread_door, open_thread, linked_page, say_as_client]
