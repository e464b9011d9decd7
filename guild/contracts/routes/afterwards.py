"""After signing, over HTTP: objections to a signature, and contracts that both sides undo."""

from guild.contracts import commands, queries
from guild.contracts.schemas.signing import (
    ObjectionDecisionIn,
    ObjectionIn,
    ObjectionOut,
    VoidAnswerIn,
    VoidIn,
    VoidingOut,
)
from guild.core.ids import ContractId, ObjectionToSigningId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work


@post("/offer/objection", permission=Permission.LINK, tags=["offer"],
      summary="It was not me, or I may not sign")  # fmt: skip
async def object_to_signing(work: Work, data: ObjectionIn) -> ObjectionOut:
    """Within the charter's days after you signed. The contract is suspended, a rep decides."""
    objection = await commands.object_to_signing(work, data)
    return await queries.objection_view(work, objection.id)


@get("/signing-objections", permission=Permission.REVIEWS_READ, tags=["contracts"],
     summary="Objections to signatures")  # fmt: skip
async def list_objections(work: Work) -> list[ObjectionOut]:
    """Those that wait for a rep, the most urgent first; a member sees those of her contracts."""
    return await queries.open_objections(work)


@post("/signing-objections/{objection_id:uuid}/decide", permission=Permission.REVIEWS_CONDUCT,
      tags=["contracts"], summary="Decide an objection", status_code=200)  # fmt: skip
async def decide_objection(
    work: Work, objection_id: ObjectionToSigningId, data: ObjectionDecisionIn
) -> ObjectionOut:
    """The signature stands, or the contract is void. Never in one's own contract."""
    objection = await commands.decide_objection(work, objection_id, data)
    return await queries.objection_view(work, objection.id)


@post("/contracts/{contract_id:uuid}/void", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="Ask to make a contract void")  # fmt: skip
async def ask_to_void(work: Work, contract_id: ContractId, data: VoidIn) -> VoidingOut:
    """The client gets a link and agrees, or not. Only before anything is invoiced."""
    return queries.voiding_view(await commands.ask_to_void(work, contract_id, data))


@post("/contracts/{contract_id:uuid}/void/answer", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="Answer the client's wish to void", status_code=200)  # fmt: skip
async def answer_voiding(work: Work, contract_id: ContractId, data: VoidAnswerIn) -> VoidingOut:
    """With your yes the contract counts as never made."""
    return queries.voiding_view(await commands.answer_voiding(work, contract_id, data))


@post("/contracts/{contract_id:uuid}/void/withdraw", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="Take the wish to void back", status_code=200)  # fmt: skip
async def withdraw_voiding(work: Work, contract_id: ContractId) -> VoidingOut:
    """The contract stands as it is."""
    return queries.voiding_view(await commands.withdraw_voiding(work, contract_id))


@post("/offer/void", permission=Permission.LINK, tags=["offer"],
      summary="Ask to make the contract void")  # fmt: skip
async def client_asks_to_void(work: Work, data: VoidIn) -> VoidingOut:
    """The freelancer agrees, or not. Only before anything is invoiced."""
    return queries.voiding_view(await commands.ask_to_void(work, None, data))


@post("/offer/void/answer", permission=Permission.LINK, tags=["offer"], status_code=200,
      summary="Answer the freelancer's wish to void")  # fmt: skip
async def client_answers_voiding(work: Work, data: VoidAnswerIn) -> VoidingOut:
    """With your yes the contract counts as never made."""
    return queries.voiding_view(await commands.answer_voiding(work, None, data))


@post("/offer/void/withdraw", permission=Permission.LINK, tags=["offer"], status_code=200,
      summary="Take the wish to void back")  # fmt: skip
async def client_withdraws_voiding(work: Work) -> VoidingOut:
    """The contract stands as it is."""
    return queries.voiding_view(await commands.withdraw_voiding(work, None))


ROUTES = [
    object_to_signing, list_objections, decide_objection, ask_to_void, answer_voiding,
    withdraw_voiding, client_asks_to_void, client_answers_voiding, client_withdraws_voiding,
]  # fmt: skip
