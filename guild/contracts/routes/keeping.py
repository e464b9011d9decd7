"""Keeping and erasing over HTTP: until when, by which rule, and the proof afterwards."""

from guild.contracts import commands, queries
from guild.contracts.schemas.keeping import ErasureOut, KeepingOut
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post
from guild.core.work import Work

TAGS = ["contracts"]


@get("/contracts/{contract_id:uuid}/keeping", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="How long a contract is kept")  # fmt: skip
async def read_keeping(work: Work, contract_id: ContractId) -> KeepingOut:
    """The day, and the law or rule that says so. It is erased by itself on the day after."""
    return await queries.keeping_view(work, await queries.contract_row(work, contract_id))


@post("/contracts/{contract_id:uuid}/erasure", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Erase a contract", status_code=200)  # fmt: skip
async def erase_contract(work: Work, contract_id: ContractId) -> ErasureOut:
    """Erase your contract now. Before its day this is refused with 409 `contract_kept`."""
    await commands.erase_contract(work, contract_id)
    return await queries.erasure(work, contract_id)


@get("/contract-erasures", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="Erased contracts")  # fmt: skip
async def list_erasures(
    work: Work, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[ErasureOut]:
    """Your erased contracts, each with its proof; a rep sees those of all."""
    return await queries.erasures(work, cursor=cursor, limit=limit)


@get("/contract-erasures/{contract_id:uuid}", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="The proof of an erasure")  # fmt: skip
async def read_erasure(work: Work, contract_id: ContractId) -> ErasureOut:
    """What was erased, when, by which rule, and where the public log says so."""
    return await queries.erasure(work, contract_id)


ROUTES = [read_keeping, erase_contract, list_erasures, read_erasure]
"""Under /api/v1."""
