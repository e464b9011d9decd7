"""Pages around signing: pass an offer on, ask for more time, get a new link."""

import re
from typing import Annotated

import msgspec
from litestar import Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.errors import SameAddress, SignersInvalid
from guild.contracts.routes import NO_STORE
from guild.contracts.schemas import DelegateIn
from guild.core.ids import ContractId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/offer/forward", permission=Permission.LINK, include_in_schema=False)
async def forward_page(work: Work) -> Response[str]:
    """Say who may sign instead."""
    return await _forward_page(work, {}, [])


async def _forward_page(
    work: Work, form: dict[str, str], errors: list[dict[str, str]]
) -> Response[str]:
    view, _ = await queries.offer_view(work)
    answer = page(
        work, "contracts/forward.html", status=422 if errors else 200, offer=view, form=form,
        errors=errors,
    )  # fmt: skip
    answer.headers.update(NO_STORE)
    return answer


@post("/offer/forward", permission=Permission.LINK, include_in_schema=False, status_code=200)
async def forward(work: Work, data: Form) -> Response[str]:
    """Pass the offer on; this link ends."""
    version = data.get("version", "")
    said = {
        "version": int(version) if re.fullmatch(r"[0-9]{1,9}", version) else 0,
        "shown_sha256": data.get("shown_sha256", ""),
        "name": data.get("name", "").strip(),
        "email": data.get("email", "").strip(),
        "note": data.get("note", "").strip(),
    }
    try:
        named = msgspec.convert(said, DelegateIn)
    except msgspec.ValidationError:
        wrong = "Give the name and the e-mail address of who may sign."
        return await _forward_page(work, data, [{"field": "email", "text": wrong}])
    try:
        await commands.delegate(work, named)
    except (SameAddress, SignersInvalid) as refusal:
        said_so = f"{refusal.detail} {refusal.mend}".strip()
        return await _forward_page(work, data, [{"field": "email", "text": said_so}])
    answer = page(work, "contracts/forwarded.html", name=named.name, email=named.email)
    answer.headers.update(NO_STORE)
    return answer


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
async def renew(work: Work, token: str) -> Response[str]:
    """Mail a new link to where this one went; the page says the same for any token."""
    await commands.renew_link(work, token)
    answer = page(work, "contracts/renewed.html")
    answer.headers.update(NO_STORE)
    return answer


PAGES = [
    forward_page, forward, ask_for_extension, grant_extension, new_links, renew,
]  # fmt: skip
