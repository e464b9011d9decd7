"""What proves a contract, over HTTP."""

from litestar import Response

from guild.contracts import queries
from guild.contracts.access import OFFER_LINK
from guild.contracts.schemas import SealingOut
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import get
from guild.core.work import Work
from guild.documents.rules import download_headers


@get("/contracts/{contract_id:uuid}/sealing", permission=Permission.CONTRACTS_READ,
     tags=["contracts"], summary="How the sealing stands")  # fmt: skip
async def read_sealing(work: Work, contract_id: ContractId) -> SealingOut:
    """Waiting, sealed, failed with the time of the next try, or stopped until the office acts."""
    return await queries.sealing_of(work, await queries.contract_row(work, contract_id))


@get("/offer/sealing", permission=Permission.LINK, tags=["offer"],
     summary="How the sealing stands")  # fmt: skip
async def read_offer_sealing(work: Work) -> SealingOut:
    """The same for the client."""
    return await queries.sealing_of(work, await queries.linked_row(work, OFFER_LINK))


@get("/contracts/{contract_id:uuid}/evidence", permission=Permission.CONTRACTS_READ,
     tags=["contracts"], summary="The evidence bundle",
     media_type="application/zip")  # fmt: skip
async def read_bundle(work: Work, contract_id: ContractId) -> Response[bytes]:
    """A ZIP: sealed file, text, evidence, log proof, deliveries, invoices, and a verifier."""
    name, content = await queries.evidence_bundle(work, contract_id)
    return Response(content, media_type="application/zip", headers=download_headers(name))


ROUTES = [read_sealing, read_offer_sealing, read_bundle]
