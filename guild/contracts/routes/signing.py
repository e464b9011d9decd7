"""Who signs for the client, over HTTP: the member plans it, the client passes it on."""

from guild.contracts import commands, queries
from guild.contracts.schemas import (
    AnsweredOut,
    ContractOut,
    DelegateIn,
    SignersIn,
    SignersOut,
)
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import get, post, put
from guild.core.work import Work


@put("/contracts/{contract_id:uuid}/signers", permission=Permission.CONTRACTS_DRAFT,
     tags=["contracts"], summary="Say who signs for the client")  # fmt: skip
async def plan_signers(work: Work, contract_id: ContractId, data: SignersIn) -> ContractOut:
    """Signers, approvers, viewers and copies, in ranks: side by side within one, one after another.

    `needed` lets some of a rank sign for all: a board of five that signs with two.
    """
    await commands.plan_signers(work, contract_id, data)
    return await queries.contract_view(work, contract_id)


@get("/contracts/{contract_id:uuid}/signers", permission=Permission.CONTRACTS_READ,
     tags=["contracts"], summary="Who signs, and how far each is")  # fmt: skip
async def read_signers(work: Work, contract_id: ContractId) -> SignersOut:
    """Everybody who answers the present version for the client. Links are never shown."""
    contract = await queries.contract_row(work, contract_id)
    signers = await queries.signer_views(work, contract_id, contract.version)
    return SignersOut(version=contract.version, signers=signers)


@post("/contracts/{contract_id:uuid}/extend", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="Grant more time", status_code=200)  # fmt: skip
async def grant_extension(work: Work, contract_id: ContractId) -> ContractOut:
    """Give the client the time that it asked for; each who is asked gets a new link."""
    await commands.grant_extension(work, contract_id)
    return await queries.contract_view(work, contract_id)


@post("/offer/delegate", permission=Permission.LINK, tags=["offer"],
      summary="Pass it on to who may sign", status_code=200)  # fmt: skip
async def delegate(work: Work, data: DelegateIn) -> AnsweredOut:
    """Your link ends; the other person gets one of her own. The freelancer is told."""
    contract = await commands.delegate(work, data)
    return AnsweredOut(number=contract.number, state=contract.state)


@post("/offer/extension", permission=Permission.LINK, tags=["offer"],
      summary="Ask for more time", status_code=200)  # fmt: skip
async def ask_for_extension(work: Work) -> AnsweredOut:
    """The freelancer is told, and grants it with one click."""
    contract = await commands.ask_for_extension(work)
    return AnsweredOut(number=contract.number, state=contract.state)


ROUTES = [plan_signers, read_signers, grant_extension, delegate, ask_for_extension]
