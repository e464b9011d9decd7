"""Pages: how a document reaches its receiver, and the suppliers' invoices of a project."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, QueryParameter
from litestar.response import Redirect

from guild.core.errors import GuildError, Invalid
from guild.core.ids import ContractId, InvoiceId, SupplierInvoiceId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.plain_words import fault_of
from guild.core.wire import Cursor, get, post
from guild.core.work import Work
from guild.exchange import commands, queries
from guild.exchange.routes import original
from guild.exchange.schemas import CostState, ReasonIn, SendAgainIn

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
REASONS: Final = [
    ("REF", "A reference is missing or wrong"),
    ("LEG", "Something that the law asks for is missing"),
    ("REC", "It is for somebody else"),
    ("DUP", "It was received before"),
    ("QUA", "The quality is not right"),
    ("DEL", "It was not delivered, or not all"),
    ("PRI", "The price is not the agreed one"),
    ("QTY", "The quantity is not right"),
    ("ITM", "A line is not what was ordered"),
    ("PAY", "The terms of payment are not the agreed ones"),
    ("UNR", "Nobody here ordered it"),
    ("FIN", "The books cannot place it"),
    ("OTH", "Something else"),
]
CLOSED: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class _FormRefused(Exception):
    """Carries the page to show again past the Work, so that what was half done is rolled back."""

    def __init__(self, shown: Response[str]) -> None:
        super().__init__("form refused")
        self.shown: Final = shown


def _show_again(_: Request[Any, Any, Any], refused: _FormRefused) -> Response[str]:
    return refused.shown


FORM: Final[dict[str, Any]] = {
    "include_in_schema": False,
    "status_code": 200,
    "exception_handlers": {_FormRefused: _show_again},
}


async def _or_again(doing: Awaitable[object], to: str, show: Callable[..., Any]) -> Redirect:
    """Go on after a command; a refusal shows the page again with what is wrong."""
    try:
        await doing
    except (GuildError, msgspec.ValidationError) as refusal:
        if isinstance(refusal, GuildError) and refusal.status == 404:
            raise
        status = refusal.status if isinstance(refusal, GuildError) else Invalid.status
        raise _FormRefused(await show(status=status, errors=[fault_of(refusal)])) from refusal
    return Redirect(to, status_code=303)


# -- how a document goes out ----------------------------------------------------------------------


async def _delivery(
    work: Work, invoice_id: InvoiceId, *, status: int = 200, errors: Any = (), entered: str = ""
) -> Response[str]:
    return page(
        work, "exchange/delivery.html", status=status, errors=list(errors), section="/invoices",
        shown=await queries.delivery(work, invoice_id), entered=entered,
    )  # fmt: skip


@get("/invoices/{invoice_id:uuid}/delivery", permission=Permission.INVOICES_READ,
     include_in_schema=False)  # fmt: skip
async def delivery_page(work: Work, invoice_id: InvoiceId) -> Response[str]:
    """Where the document is, what the receiver said, and what to do."""
    return await _delivery(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/delivery", permission=Permission.INVOICES_SEND, **FORM)
async def send_again(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Send it again, by the way and to the address that were chosen."""
    entered = data.get("address", "").strip()

    async def send() -> None:
        wanted = {"channel": data.get("channel", ""), "address": entered}
        await commands.send_again(work, invoice_id, msgspec.convert(wanted, SendAgainIn))

    async def again(**shown: Any) -> Response[str]:
        return await _delivery(work, invoice_id, entered=entered, **shown)

    return await _or_again(send(), f"/invoices/{invoice_id}/delivery", again)


# -- what suppliers ask for -----------------------------------------------------------------------


async def _costs(
    work: Work,
    *,
    status: int = 200,
    errors: Any = (),
    state: CostState | None = None,
    cursor: str | None = None,
) -> Response[str]:
    return page(
        work, "exchange/costs.html", status=status, errors=list(errors), section="/costs",
        found=await queries.costs(work, state=state, cursor=cursor, limit=30),
        projects=await queries.own_projects(work),
        unread=await queries.unread(work), chosen=state or "",
    )  # fmt: skip


@get("/costs", permission=Permission.COSTS_READ, include_in_schema=False)
async def costs_page(
    work: Work,
    wanted: Annotated[CostState | None, QueryParameter(name="state")] = None,
    cursor: Cursor | None = None,
) -> Response[str]:
    """Suppliers' invoices, what waits first in words, and the form to hand one in."""
    return await _costs(work, state=wanted, cursor=cursor)


@post("/costs", permission=Permission.COSTS_UPLOAD,
      request_max_body_size=commands.UPLOAD_MAX + 100_000, **FORM)  # fmt: skip
async def upload(work: Work, data: Upload) -> Redirect:
    """Take in the chosen file."""
    file, made = data.get("file"), []

    async def bring_in() -> None:
        if not isinstance(file, UploadFile):
            raise Invalid("Choose the file first.", field="file")
        contract = data.get("contract_id") or None
        contract_id = ContractId(msgspec.convert(contract, UUID)) if contract else None
        row = await commands.upload(work, await file.read(), contract_id=contract_id)
        made.append(row.id)

    async def again(**shown: Any) -> Response[str]:
        return await _costs(work, **shown)

    await _or_again(bring_in(), "", again)
    return Redirect(f"/costs/{made[0]}", status_code=303)


async def _cost(
    work: Work, invoice_id: SupplierInvoiceId, *, status: int = 200, errors: Any = ()
) -> Response[str]:
    answer = page(
        work, "exchange/cost.html", status=status, errors=list(errors), section="/costs",
        cost=await queries.cost(work, invoice_id), reasons=REASONS,
        projects=await queries.own_projects(work),
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/costs/{supplier_invoice_id:uuid}", permission=Permission.COSTS_READ,
     include_in_schema=False)  # fmt: skip
async def cost_page(work: Work, supplier_invoice_id: SupplierInvoiceId) -> Response[str]:
    """One supplier's invoice: lines, sums, what is wrong, what to do."""
    return await _cost(work, supplier_invoice_id)


@get("/costs/{supplier_invoice_id:uuid}/file", permission=Permission.COSTS_READ,
     include_in_schema=False)  # fmt: skip
async def cost_file(work: Work, supplier_invoice_id: SupplierInvoiceId) -> Response[bytes]:
    """The file as the supplier sent it."""
    return await original(work, supplier_invoice_id)


async def _decide(work: Work, invoice_id: SupplierInvoiceId, doing: Awaitable[object]) -> Redirect:
    async def again(**shown: Any) -> Response[str]:
        return await _cost(work, invoice_id, **shown)

    return await _or_again(doing, f"/costs/{invoice_id}", again)


def _given(data: dict[str, str]) -> ReasonIn:
    return msgspec.convert(
        {"code": data.get("code", ""), "reason": data.get("reason", "")}, ReasonIn
    )


@post("/costs/{supplier_invoice_id:uuid}/match", permission=Permission.COSTS_ACCEPT, **FORM)
async def match(work: Work, supplier_invoice_id: SupplierInvoiceId, data: Form) -> Redirect:
    """Say which project it is for."""

    async def choose() -> None:
        number, chosen = data.get("number", "").strip(), data.get("contract_id")
        if number:
            contract_id = await queries.contract_numbered(work, number)
        elif chosen:
            contract_id = ContractId(msgspec.convert(chosen, UUID))
        else:
            raise Invalid("Choose the project.", field="contract_id")
        await commands.match(work, supplier_invoice_id, contract_id)

    return await _decide(work, supplier_invoice_id, choose())


@post("/costs/{supplier_invoice_id:uuid}/accept", permission=Permission.COSTS_ACCEPT, **FORM)
async def accept(work: Work, supplier_invoice_id: SupplierInvoiceId) -> Redirect:
    """It is owed."""
    return await _decide(work, supplier_invoice_id, commands.accept(work, supplier_invoice_id))


@post("/costs/{supplier_invoice_id:uuid}/dispute", permission=Permission.COSTS_ACCEPT, **FORM)
async def dispute(work: Work, supplier_invoice_id: SupplierInvoiceId, data: Form) -> Redirect:
    """Something is wrong with it."""

    async def say() -> None:
        await commands.dispute(work, supplier_invoice_id, _given(data))

    return await _decide(work, supplier_invoice_id, say())


@post("/costs/{supplier_invoice_id:uuid}/refuse", permission=Permission.COSTS_ACCEPT, **FORM)
async def refuse(work: Work, supplier_invoice_id: SupplierInvoiceId, data: Form) -> Redirect:
    """It is not paid."""

    async def say() -> None:
        await commands.refuse(work, supplier_invoice_id, _given(data))

    return await _decide(work, supplier_invoice_id, say())


@post("/costs/{supplier_invoice_id:uuid}/book", permission=Permission.COSTS_BOOK, **FORM)
async def book(work: Work, supplier_invoice_id: SupplierInvoiceId) -> Redirect:
    """Into the books."""
    return await _decide(work, supplier_invoice_id, commands.book(work, supplier_invoice_id))


PAGES = [
    delivery_page,
    send_again,
    costs_page,
    upload,
    cost_page,
    cost_file,
    match,
    accept,
    dispute,
    refuse,
    book,
]
