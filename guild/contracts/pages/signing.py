"""Pages around signing: pass an offer on, ask for more time, get a new link."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.errors import SameAddress, SignersInvalid
from guild.contracts.pages.answered import answered_page, closed_page
from guild.contracts.pages.client import Form
from guild.contracts.pages.offer import fault, language_of, seen
from guild.contracts.pages.words import offer_page, sayer, spoken
from guild.contracts.schemas import DelegateIn
from guild.core.ids import ContractId
from guild.core.pages import browser_language
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work


@get("/offer/forward", permission=Permission.LINK, include_in_schema=False)
async def forward_page(work: Work) -> Response[str]:
    """Say who may sign instead."""
    return await _forward_page(work, {}, [])


async def _forward_page(
    work: Work, form: dict[str, str], errors: list[dict[str, str]]
) -> Response[str]:
    view, _ = await queries.offer_view(work)
    if done := await answered_page(work, view):
        return done
    return offer_page(work, "contracts/forward.html", view, errors=errors, form=form)


@post("/offer/forward", permission=Permission.LINK, include_in_schema=False, status_code=200)
async def forward(work: Work, data: Form) -> Response[str]:
    """Pass the offer on; this link ends."""
    if done := await closed_page(work):
        return done
    language = await language_of(work)
    said = {name: data.get(name, "").strip() for name in ("name", "email", "note")}
    try:
        named = msgspec.convert({**seen(data), **said}, DelegateIn)
    except msgspec.ValidationError:
        wrong = sayer(language)("e_forward")
        return await _forward_page(work, data, [{"field": "email", "text": wrong}])
    try:
        await commands.delegate(work, named)
    except (SameAddress, SignersInvalid) as refusal:
        return await _forward_page(work, data, [await fault(work, refusal, "email")])
    return spoken(work, "contracts/forwarded.html", language, name=named.name, email=named.email)


@post("/offer/extension", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def ask_for_extension(work: Work) -> Redirect:
    """Ask for more time."""
    await commands.ask_for_extension(work)
    return Redirect("/offer", status_code=303)


@post("/contracts/{contract_id:uuid}/extend", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def grant_extension(work: Work, contract_id: ContractId) -> Redirect:
    """Grant more time."""
    await commands.grant_extension(work, contract_id)
    return Redirect(f"/contracts/{contract_id}", status_code=303)


@post("/contracts/{contract_id:uuid}/new-link", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def new_links(work: Work, contract_id: ContractId) -> Redirect:
    """Mail a new link to each who is asked."""
    await commands.resend_link(work, contract_id)
    return Redirect(f"/contracts/{contract_id}", status_code=303)


@post("/offers/{token:str}/renew", permission=Permission.PUBLIC, include_in_schema=False,
      status_code=200)  # fmt: skip
async def renew(work: Work, token: str, request: Request[Any, Any, Any]) -> Response[str]:
    """Mail a new link to where this one went; the page says the same for any token."""
    await commands.renew_link(work, token)
    return spoken(work, "contracts/renewed.html", browser_language(request))


PAGES = [
    forward_page, forward, ask_for_extension, grant_extension, new_links, renew,
]  # fmt: skip
