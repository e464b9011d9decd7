"""Pages that hand out what proves a contract: the evidence as a ZIP, and as one page."""

from litestar import Response

from guild.contracts import queries
from guild.contracts.access import OFFER_LINK
from guild.contracts.routes import NO_STORE
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.documents.rules import download_headers


async def zip_answer(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The bundle as a file to save."""
    name, content = await queries.evidence_bundle(work, contract_id)
    headers = {**download_headers(name), **NO_STORE}
    return Response(content, media_type="application/zip", headers=headers)


async def page_answer(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The single page as a file to save: it is read offline, not in our origin."""
    content = await queries.evidence_page(work, contract_id)
    headers = {**download_headers("evidence.html"), **NO_STORE}
    return Response(content, media_type="text/html", headers=headers)


@get("/contracts/{contract_id:uuid}/evidence.zip", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def contract_bundle(work: Work, contract_id: ContractId) -> Response[bytes]:
    """All that proves the contract, in one ZIP."""
    return await zip_answer(work, contract_id)


@get("/contracts/{contract_id:uuid}/evidence.html", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def contract_evidence(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The same as one page that opens offline."""
    return await page_answer(work, contract_id)


@get("/offer/evidence.zip", permission=Permission.LINK, include_in_schema=False)
async def offer_bundle(work: Work) -> Response[bytes]:
    """The client's copy of the bundle."""
    contract = await queries.linked_row(work, OFFER_LINK)
    return await zip_answer(work, contract.id)


@get("/offer/evidence.html", permission=Permission.LINK, include_in_schema=False)
async def offer_evidence(work: Work) -> Response[bytes]:
    """The client's copy of the page."""
    contract = await queries.linked_row(work, OFFER_LINK)
    return await page_answer(work, contract.id)


PAGES = [contract_bundle, contract_evidence, offer_bundle, offer_evidence]
