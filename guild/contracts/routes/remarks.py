"""The thread about an offer over HTTP, for both sides."""

from guild.contracts import commands, queries
from guild.contracts.schemas.remarks import RemarkIn, ThreadOut
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work


@get("/contracts/{contract_id:uuid}/thread", permission=Permission.CONTRACTS_READ,
     tags=["contracts"], summary="What both sides say about an offer")  # fmt: skip
async def read_thread(work: Work, contract_id: ContractId) -> ThreadOut:
    """Oldest first, clause by clause, with the names of the clauses that can be spoken about."""
    return await queries.thread(work, contract_id)


@post("/contracts/{contract_id:uuid}/thread", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="Say something about a clause")  # fmt: skip
async def add_remark(work: Work, contract_id: ContractId, data: RemarkIn) -> ThreadOut:
    """Your client is told by mail each time."""
    await commands.remark(work, contract_id, data)
    return await queries.thread(work, contract_id)


@get("/offer/thread", permission=Permission.LINK, tags=["offer"],
     summary="What both sides say about the offer")  # fmt: skip
async def read_linked_thread(work: Work) -> ThreadOut:
    """The same for the client, by the link to the offer or to the thread."""
    return await queries.linked_thread(work)


@post("/offer/thread", permission=Permission.LINK, tags=["offer"],
      summary="Say something about a clause of the offer")  # fmt: skip
async def add_linked_remark(work: Work, data: RemarkIn) -> ThreadOut:
    """The freelancer is told by mail each time. The offer stays as it is: to get another version,
    ask for changes.
    """
    await commands.remark_as_client(work, data)
    return await queries.linked_thread(work)


ROUTES = [read_thread, add_remark, read_linked_thread, add_linked_remark]
"""Under /api/v1."""
