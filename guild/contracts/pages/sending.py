"""Signing by sending with a passkey, for the member; without a script she signs another way."""

from typing import Any
from uuid import UUID

from litestar import Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.errors import ContractNotFound
from guild.contracts.pages.client import Form
from guild.contracts.pages.levels import read_credential
from guild.contracts.schemas import SendIn
from guild.core.errors import GuildError
from guild.core.ids import ContractId
from guild.core.pages import SCRIPTED, page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members.pages.forms import FORM, answer_refused
from guild.members.queries import sign_options
from guild.members.schemas.passkeys import AssertionIn


@get("/contracts/{contract_id:uuid}/send-with-passkey", permission=Permission.CONTRACTS_DRAFT,
     include_in_schema=False)  # fmt: skip
async def passkey_page(work: Work, contract_id: UUID) -> Response[str]:
    """What the passkey signs, and the button."""
    return await _page(work, ContractId(contract_id), [])


async def _page(work: Work, contract_id: ContractId, errors: list[dict[str, str]]) -> Response[str]:
    view = await queries.contract_view(work, contract_id)
    if not work.actor.is_member(view.member_id):
        raise ContractNotFound
    request = await queries.open_sending(work, contract_id)
    options = await sign_options(work, bytes.fromhex(request.manifest_sha256))
    answer = page(
        work, "contracts/send_with_passkey.html", status=422 if errors else 200,
        section="/contracts", contract=view, prepared=request, options=options or "",
        errors=errors,
    )  # fmt: skip
    answer.headers.update(SCRIPTED)
    return answer


@post("/contracts/{contract_id:uuid}/send-with-passkey", permission=Permission.CONTRACTS_DRAFT,
      **FORM)  # fmt: skip
async def send(work: Work, contract_id: UUID, data: Form) -> Response[Any]:
    """Send with the passkey's answer; what it refuses is said on the page, and nothing is sent."""
    row = await queries.contract_row(work, ContractId(contract_id))
    if not work.actor.is_member(row.member_id):
        raise ContractNotFound
    request = await queries.open_sending(work, ContractId(contract_id))
    try:
        said = SendIn(
            typed_name=request.said["typed_name"], consent=True, version=request.version,
            assertion=read_credential(data, AssertionIn),
        )  # fmt: skip
        await commands.send_contract(work, ContractId(contract_id), said)
    except GuildError as refusal:
        text = f"{refusal.detail} {refusal.mend}".strip()
        shown = await _page(work, ContractId(contract_id), [{"field": "", "text": text}])
        return answer_refused(work, refusal, shown)
    return Redirect(f"/contracts/{contract_id}", status_code=303)


PAGES = [passkey_page, send]
