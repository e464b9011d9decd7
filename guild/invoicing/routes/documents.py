"""Invoices over HTTP: the member's side, and the client's side through a personal link."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from guild.core.errors import Unauthenticated
from guild.core.ids import InvoiceId, MemberId, OrganisationId
from guild.core.permissions import Permission
from guild.core.wire import (
    Cursor,
    Page,
    PageSize,
    get,
    money_in,
    patch,
    post,
    post_once,
)
from guild.core.work import Work
from guild.documents import queries as documents
from guild.invoicing import commands, queries
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.errors import InvoiceFileNotFound, InvoiceNotFound
from guild.invoicing.schemas import (
    BrokenOut,
    CheckOut,
    CreditIn,
    DraftChange,
    InvoiceIn,
    InvoiceOut,
    InvoiceRow,
    InvoiceState,
    IssuedOut,
    Kind,
    PaymentOut,
    SeriesOut,
)

FileKind = Literal["pdf", "ubl", "cii"]
KeptKind = Literal["pdf", "ubl", "cii", "report"]
FILE_TYPES = ("application/pdf", "application/xml")
SeriesKind = Literal["invoice", "credit_note", "self_bill", "self_bill_credit"]
Year = Annotated[int | None, QueryParameter(name="year", ge=2000, le=2200)]
State = Annotated[InvoiceState | None, QueryParameter(name="state")]
Minor = Annotated[int, QueryParameter(ge=0, le=10**15)]
Search = Annotated[str, QueryParameter(max_length=100)]
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@post("/invoices", permission=Permission.INVOICES_ISSUE, tags=["invoices"],
      summary="Draft an invoice")  # fmt: skip
async def draft(work: Work, data: InvoiceIn) -> InvoiceOut:
    """Draft an invoice from milestones that the client accepted. It has no number yet."""
    invoice_id = await commands.draft_invoice_from_milestones(
        work,
        data.contract_id,
        data.milestone_ids,
        buyer_reference=data.buyer_reference,
        order_reference=data.order_reference,
        terms=data,
    )
    return await queries.get_invoice(work, invoice_id)


@get("/invoices", permission=Permission.INVOICES_READ, tags=["invoices"], summary="List invoices")
async def list_invoices(
    work: Work,
    invoice_state: State = None,
    kind: Kind | None = None,
    client_id: OrganisationId | None = None,
    member_id: MemberId | None = None,
    issued_from: date | None = None,
    issued_to: date | None = None,
    at_least: Minor | None = None,
    at_most: Minor | None = None,
    search: Search = "",
    *,
    overdue: bool = False,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[InvoiceRow]:
    """Invoices and credit notes, newest first; the treasury sees all that are issued.

    `search` looks in number, title, references and client's name; `at_least` and `at_most` are
    totals with tax in minor units (cents); the days are those of issue.
    """
    sieve = queries.Sieve(
        state=invoice_state, kind=kind, client_id=client_id, member_id=member_id,
        issued_from=issued_from, issued_to=issued_to, at_least_minor=at_least,
        at_most_minor=at_most, search=search, overdue=overdue,
    )  # fmt: skip
    return await queries.list_invoices(work, sieve, cursor=cursor, limit=limit)


@get("/me/invoices", permission=Permission.SELF, tags=["invoices"], summary="Your own invoices")
async def list_own(
    work: Work,
    invoice_state: State = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[InvoiceRow]:
    """Your own invoices and credit notes, newest first, drafts included."""
    sieve = queries.Sieve(state=invoice_state, mine=True)
    return await queries.list_invoices(work, sieve, cursor=cursor, limit=limit)


@get("/invoices/{invoice_id:uuid}", permission=Permission.INVOICES_READ, tags=["invoices"],
     summary="An invoice")  # fmt: skip
async def read(work: Work, invoice_id: InvoiceId) -> InvoiceOut:
    """An invoice or credit note in full."""
    return await queries.get_invoice(work, invoice_id)


@patch("/invoices/{invoice_id:uuid}", permission=Permission.INVOICES_ISSUE, tags=["invoices"],
       summary="Change a draft")  # fmt: skip
async def edit(work: Work, invoice_id: InvoiceId, data: DraftChange) -> InvoiceOut:
    """Change the references, the day of delivery or the kind of supply of a draft."""
    await commands.edit_draft(work, invoice_id, data)
    return await queries.get_invoice(work, invoice_id)


@post_once("/invoices/{invoice_id:uuid}/issue", permission=Permission.INVOICES_ISSUE,
           tags=["invoices"], summary="Issue an invoice")  # fmt: skip
async def issue(work: Work, invoice_id: InvoiceId) -> IssuedOut:
    """Take the number and freeze the document; after this only a credit note corrects it."""
    return await commands.issue_invoice(work, invoice_id)


@post_once("/invoices/{invoice_id:uuid}/credit-notes", permission=Permission.INVOICES_CREDIT,
           tags=["invoices"], summary="Credit an invoice")  # fmt: skip
async def credit(work: Work, invoice_id: InvoiceId, data: CreditIn) -> IssuedOut:
    """Take back an invoice: whole, whole lines, or a net amount."""
    net = None
    if data.net is not None:
        invoice, _ = await queries.invoice_row(work, invoice_id)
        net = money_in(data.net, invoice.currency, field="net")
    return await commands.credit_invoice(
        work, invoice_id, data.reason, code=data.reason_code, lines=data.lines, net=net
    )


@get("/invoices/{invoice_id:uuid}/check", permission=Permission.INVOICES_ISSUE,
     tags=["invoices"], summary="Check a draft")  # fmt: skip
async def check(work: Work, invoice_id: InvoiceId) -> CheckOut:
    """Ask all rules of a draft as it would be issued today: each broken one in plain words."""
    verdict = await commands.check_draft(work, invoice_id)
    return CheckOut(
        passed=verdict.passed,
        broken=[BrokenOut(**msgspec.structs.asdict(one)) for one in verdict.broken],
        rules=verdict.rules,
    )


@get("/series", permission=Permission.LEDGER_READ, tags=["invoices"],
     summary="The series of numbers")  # fmt: skip
async def list_series(work: Work, year: Year = None) -> list[SeriesOut]:
    """Every series with its proof: no number missing, none twice, no date that goes back."""
    return await queries.list_series(work, year)


@get("/series/{kind:str}/{year:int}", permission=Permission.LEDGER_READ, tags=["invoices"],
     summary="A series for an inspector", media_type="text/plain")  # fmt: skip
async def series_report(work: Work, kind: SeriesKind, year: int) -> Response[str]:
    """One series as text: its proof, then every document in its order. For a tax inspector."""
    parts = [part async for part in queries.series_report(work, kind, year, work.today)]
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{kind}-{year}.txt"'}
    return Response("".join(parts), media_type="text/plain", headers=headers)


@get("/invoices/{invoice_id:uuid}/payments", permission=Permission.INVOICES_READ,
     tags=["invoices"], summary="What was paid")  # fmt: skip
async def payments(work: Work, invoice_id: InvoiceId) -> list[PaymentOut]:
    """The payments recorded for an invoice, oldest first."""
    return await queries.list_payments(work, invoice_id)


@get("/invoices/{invoice_id:uuid}/{kind:str}", permission=Permission.INVOICES_READ,
     tags=["invoices"], summary="A file of an invoice",
     files=(*FILE_TYPES, "application/json"))  # fmt: skip
async def file(work: Work, invoice_id: InvoiceId, kind: KeptKind) -> Response[bytes]:
    """The PDF/A-3 (`pdf`), the Peppol UBL (`ubl`) or the EN 16931 CII (`cii`), as issued.

    `report` is what the official rules said of these very files. A document without EU VAT (Quebec,
    United States) is a PDF only.
    """
    return await file_answer(work, invoice_id, kind)


async def file_answer(work: Work, invoice_id: InvoiceId, kind: KeptKind) -> Response[bytes]:
    """A stored file as a download, its hash checked; raises InvoiceFileNotFound."""
    invoice, _ = await queries.invoice_row(work, invoice_id)
    document_id = getattr(invoice, f"{kind}_document_id")
    if document_id is None:
        raise InvoiceFileNotFound(
            mend="Files are made a moment after issuing; try again."
            if invoice.pdf_document_id is None
            else "A document without EU VAT exists as a PDF only."
        )
    about = await documents.about(work, document_id)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{about.name}"'}
    return Response(
        await documents.read(work, document_id), media_type=about.media_type, headers=headers
    )


def linked_invoice(work: Work) -> InvoiceId:
    """The invoice that the client's link is for; raises InvoiceNotFound for another link."""
    grant = work.actor.link
    if grant is None:
        raise Unauthenticated(mend="Open the link from the mail that brought the invoice.")
    if grant.purpose != INVOICE_LINK:
        raise InvoiceNotFound
    return InvoiceId(grant.subject_id)


@get("/invoice", permission=Permission.LINK, tags=["client"], summary="The invoice of your link")
async def read_linked(work: Work) -> InvoiceOut:
    """What a client's personal link opens: one invoice, nothing else."""
    return await queries.get_invoice(work, linked_invoice(work))


@get("/invoice/payments", permission=Permission.LINK, tags=["client"],
     summary="What was paid on the invoice of your link")  # fmt: skip
async def linked_payments(work: Work) -> list[PaymentOut]:
    """The payments recorded for it, oldest first."""
    return await queries.list_payments(work, linked_invoice(work))


@get("/invoice/{kind:str}", permission=Permission.LINK, tags=["client"],
     summary="A file of the invoice of your link", files=FILE_TYPES)  # fmt: skip
async def linked_file(work: Work, kind: FileKind) -> Response[bytes]:
    """The PDF/A-3 (`pdf`), the Peppol UBL (`ubl`) or the EN 16931 CII (`cii`), as issued."""
    return await file_answer(work, linked_invoice(work), kind)


ROUTES = [
    draft,
    list_invoices,
    list_own,
    read,
    edit,
    issue,
    credit,
    check,
    list_series,
    series_report,
    payments,
    file,
    read_linked,
    linked_payments,
    linked_file,
]
