"""JSON doors of exchange: deliveries, notices of the gateway, suppliers' invoices."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import QueryParameter

from guild.core.ids import ContractId, InvoiceId, SupplierInvoiceId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post, post_once
from guild.core.work import Work
from guild.documents import queries as documents
from guild.documents.rules import download_headers
from guild.exchange import commands, queries
from guild.exchange.queries.costs import findings_out, step_of
from guild.exchange.schemas import (
    CostOut,
    CostRow,
    CostState,
    DeliveryOut,
    MatchIn,
    NoticeOut,
    ReasonIn,
    SendAgainIn,
    UnreadOut,
    UploadedOut,
)

State = Annotated[CostState | None, QueryParameter(name="state")]
NOTICE_MAX = 65_536


@get("/invoices/{invoice_id:uuid}/delivery", permission=Permission.INVOICES_READ,
     tags=["delivery"], summary="How a document reaches its receiver")  # fmt: skip
async def delivery(work: Work, invoice_id: InvoiceId) -> DeliveryOut:
    """Every attempt with its steps; `next_step` says what a person can do."""
    return await queries.delivery(work, invoice_id)


@post_once("/invoices/{invoice_id:uuid}/deliveries", permission=Permission.INVOICES_SEND,
           tags=["delivery"], summary="Send a document again")  # fmt: skip
async def send_again(work: Work, invoice_id: InvoiceId, data: SendAgainIn) -> DeliveryOut:
    """Another attempt, by another way or to another address. Refused while the outcome of the
    last one is unknown, and where the document has arrived already.
    """
    await commands.send_again(work, invoice_id, data)
    return await queries.delivery(work, invoice_id)


@post("/peppol/notices", permission=Permission.PUBLIC, tags=["delivery"], signed=True,
      summary="A notice of the gateway", status_code=202,
      request_max_body_size=NOTICE_MAX)  # fmt: skip
async def notice(work: Work, request: Request[Any, Any, Any], body: bytes) -> NoticeOut:
    """The gateway reports a status, or that a message waits. Signed with `Guild-Timestamp` and
    `Guild-Signature` (docs/peppol.md); kept once by its `id`.
    """
    return await commands.take_notice(work, dict(request.headers), body)


@post("/mail/bounces", permission=Permission.PUBLIC, tags=["delivery"], signed=True,
      summary="A mail came back", status_code=202,
      request_max_body_size=NOTICE_MAX)  # fmt: skip
async def mail_bounce(work: Work, request: Request[Any, Any, Any], body: bytes) -> NoticeOut:
    """The mail server reports that a mail of ours came back. Signed like the gateway's notices."""
    return await commands.take_bounce(work, dict(request.headers), body)


@post_once("/supplier-invoices", permission=Permission.COSTS_UPLOAD, tags=["costs"],
           summary="Hand in a supplier's invoice",
           request_max_body_size=commands.UPLOAD_MAX + 1)  # fmt: skip
async def upload(work: Work, body: bytes, contract_id: ContractId | None = None) -> UploadedOut:
    """Send a UBL, CII or Factur-X file as the body of the request, at most 5 MB.

    It is read in a closed process and checked; what is wrong with it stands in `findings`.
    """
    row = await commands.upload(work, body, contract_id=contract_id)
    return UploadedOut(
        id=row.id, state="received", verdict=row.verdict,  # type: ignore[arg-type]  # the CHECK holds the words
        findings=findings_out(row), duplicate_of=row.duplicate_of, next_step=step_of(row),
    )  # fmt: skip


@get("/supplier-invoices", permission=Permission.COSTS_READ, tags=["costs"],
     summary="Suppliers' invoices")  # fmt: skip
async def list_costs(
    work: Work, wanted: State = None, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[CostRow]:
    """The latest first: all for the treasury, those of her projects and uploads for a member."""
    return await queries.costs(work, state=wanted, cursor=cursor, limit=limit)


@get("/supplier-invoices/unread", permission=Permission.COSTS_BOOK, tags=["costs"],
     summary="Messages that could not be read")  # fmt: skip
async def list_unread(work: Work) -> list[UnreadOut]:
    """What came over the network and is no invoice that may be read, with the reason."""
    return await queries.unread(work)


@get("/supplier-invoices/{supplier_invoice_id:uuid}", permission=Permission.COSTS_READ,
     tags=["costs"], summary="A supplier's invoice")  # fmt: skip
async def read_cost(work: Work, supplier_invoice_id: SupplierInvoiceId) -> CostOut:
    """Everything that it says, what is wrong with it, and which projects it may be for."""
    return await queries.cost(work, supplier_invoice_id)


@get("/supplier-invoices/{supplier_invoice_id:uuid}/file", permission=Permission.COSTS_READ,
     tags=["costs"], summary="A supplier's invoice as it came",
     media_type="application/octet-stream")  # fmt: skip
async def file(work: Work, supplier_invoice_id: SupplierInvoiceId) -> Response[bytes]:
    """The very bytes, as a download that no browser opens."""
    return await original(work, supplier_invoice_id)


@post("/supplier-invoices/{supplier_invoice_id:uuid}/match", permission=Permission.COSTS_ACCEPT,
      tags=["costs"], summary="Say which project it is for", status_code=200)  # fmt: skip
async def match(work: Work, supplier_invoice_id: SupplierInvoiceId, data: MatchIn) -> CostOut:
    """Until it is accepted. Members choose among their own signed contracts."""
    await commands.match(work, supplier_invoice_id, data.contract_id)
    return await queries.cost(work, supplier_invoice_id)


@post_once("/supplier-invoices/{supplier_invoice_id:uuid}/accept",
           permission=Permission.COSTS_ACCEPT, tags=["costs"],
           summary="Accept a supplier's invoice")  # fmt: skip
async def accept(work: Work, supplier_invoice_id: SupplierInvoiceId) -> CostOut:
    """It is owed: the thing was ordered and delivered. The supplier learns it over the network."""
    await commands.accept(work, supplier_invoice_id)
    return await queries.cost(work, supplier_invoice_id)


@post_once("/supplier-invoices/{supplier_invoice_id:uuid}/dispute",
           permission=Permission.COSTS_ACCEPT, tags=["costs"],
           summary="Dispute a supplier's invoice")  # fmt: skip
async def dispute(work: Work, supplier_invoice_id: SupplierInvoiceId, data: ReasonIn) -> CostOut:
    """Something is wrong and the supplier is asked; it can still be accepted or refused."""
    await commands.dispute(work, supplier_invoice_id, data)
    return await queries.cost(work, supplier_invoice_id)


@post_once("/supplier-invoices/{supplier_invoice_id:uuid}/refuse",
           permission=Permission.COSTS_ACCEPT, tags=["costs"],
           summary="Refuse a supplier's invoice")  # fmt: skip
async def refuse(work: Work, supplier_invoice_id: SupplierInvoiceId, data: ReasonIn) -> CostOut:
    """For good; the supplier learns the reason over the network where it came that way."""
    await commands.refuse(work, supplier_invoice_id, data)
    return await queries.cost(work, supplier_invoice_id)


@post_once("/supplier-invoices/{supplier_invoice_id:uuid}/book",
           permission=Permission.COSTS_BOOK, tags=["costs"],
           summary="Book a supplier's invoice")  # fmt: skip
async def book(work: Work, supplier_invoice_id: SupplierInvoiceId) -> CostOut:
    """Costs of the project, VAT to reclaim, and a debt to the supplier. Above the charter's
    amount by somebody else than who brought or accepted it; never by the project's own member.
    """
    await commands.book(work, supplier_invoice_id)
    return await queries.cost(work, supplier_invoice_id)


async def original(work: Work, invoice_id: SupplierInvoiceId) -> Response[bytes]:
    """The supplier's file as a download."""
    document_id = await queries.cost_file(work, invoice_id)
    about = await documents.about(work, document_id)
    return Response(
        await documents.read(work, document_id),
        media_type="application/octet-stream",
        headers=download_headers(about.name),
    )


ROUTES = [
    delivery,
    send_again,
    notice,
    mail_bounce,
    upload,
    list_costs,
    list_unread,
    read_cost,
    file,
    match,
    accept,
    dispute,
    refuse,
    book,
]
