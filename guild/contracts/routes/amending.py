"""Amendments over HTTP: begin one, compare it, look at the chain of versions."""

from guild.contracts import commands, queries
from guild.contracts.schemas import ContractChange, ContractOut
from guild.contracts.schemas.amending import ComparisonOut, VersionOut
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

TAGS = ["contracts"]


@post("/contracts/{contract_id:uuid}/amendments", permission=Permission.CONTRACTS_DRAFT,
      tags=TAGS, summary="Begin an amendment")  # fmt: skip
async def begin_amendment(work: Work, contract_id: ContractId, data: ContractChange) -> ContractOut:
    """Draft a new version of a running contract. It is changed, checked, sent and signed like any
    offer, by its own id; the contract stays as it is until all have signed.
    """
    amendment = await commands.begin_amendment(work, contract_id, data)
    return await queries.contract_view(work, amendment.id)


@get("/contracts/{contract_id:uuid}/comparison", permission=Permission.CONTRACTS_READ,
     tags=TAGS, summary="What an amendment changes")  # fmt: skip
async def compare_amendment(work: Work, contract_id: ContractId) -> ComparisonOut:
    """The changes in words, both prices, both rates, the guarantee, and what forbids sending."""
    return await queries.comparison(work, contract_id)


@get("/contracts/{contract_id:uuid}/versions", permission=Permission.CONTRACTS_READ,
     tags=TAGS, summary="The versions of a contract")  # fmt: skip
async def list_versions(work: Work, contract_id: ContractId) -> list[VersionOut]:
    """The contract and every amendment, oldest first, each with the fingerprint of its parent."""
    return await queries.versions(work, contract_id)


ROUTES = [begin_amendment, compare_amendment, list_versions]
