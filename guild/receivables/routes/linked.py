"""The client's doors, through the personal link of an invoice."""

from datetime import date
from typing import Literal
from uuid import UUID

from litestar import Response

from guild.core.ids import DocumentId, ObjectionId
from guild.core.permissions import Permission
from guild.core.wire import get, post, post_once
from guild.core.work import Work
from guild.invoicing.routes import linked_invoice
from guild.receivables import commands, queries
from guild.receivables.errors import ObjectionNotFound
from guild.receivables.routes.files import (
    OBJECTION_MAX_BYTES,
    OBJECTION_TYPES,
    STATEMENT_TYPES,
    csv_file,
    pdf_file,
    plain_file,
)
from guild.receivables.schemas import (
    AppliedOut,
    ApplyCreditIn,
    InterestClaimOut,
    ObjectionIn,
    ObjectionOut,
    ProfileOut,
    ProfileReplyIn,
    PromiseIn,
    ReceivableOut,
    RulingIn,
    StatementOut,
)

LINK = Permission.LINK
CLIENT = ["client"]


@get("/invoice/receivable", permission=LINK, tags=CLIENT, summary="What is open on your invoice")
async def linked_receivable(work: Work) -> ReceivableOut:
    """Open, disputed, promised, on account; and what the law gives for being late."""
    return await queries.receivable(work, linked_invoice(work))


@post_once("/invoice/objections", permission=LINK, tags=CLIENT, summary="Object to your invoice",
           request_max_body_size=OBJECTION_MAX_BYTES)  # fmt: skip
async def object_linked(work: Work, data: ObjectionIn) -> ObjectionOut:
    """Dispute the whole, lines or an amount. The rest stays due; nobody reminds of the part."""
    made = await commands.object_to(work, linked_invoice(work), data)
    return await queries.objection(work, made)


@post("/invoice/objections/ruling", permission=LINK, tags=CLIENT, status_code=200,
      summary="Withdraw your objection, or insist on it")  # fmt: skip
async def rule_linked(work: Work, data: RulingIn) -> ObjectionOut:
    """`withdraw` ends it; `insist`, after an answer, calls a union representative."""
    shown = (await queries.receivable(work, linked_invoice(work))).objection
    if shown is None:
        raise ObjectionNotFound
    await commands.rule_on(work, shown.id, data.outcome, data.note)
    return await queries.objection(work, shown.id)


@get("/invoice/objections/{objection_id:uuid}/files/{document_id:uuid}", permission=LINK,
     tags=CLIENT, summary="A file of your objection", files=OBJECTION_TYPES)  # fmt: skip
async def linked_objection_file(
    work: Work, objection_id: ObjectionId, document_id: DocumentId
) -> Response[bytes]:
    """The file as you sent it."""
    return plain_file(*await queries.objection_file(work, objection_id, document_id))


@post("/invoice/promises", permission=LINK, tags=CLIENT, summary="Name the day you pay")
async def promise_linked(work: Work, data: PromiseIn) -> ReceivableOut:
    """Nobody reminds you before that day. Once per invoice; after that ask the office."""
    invoice_id = linked_invoice(work)
    await commands.promise_payment(work, invoice_id, data)
    return await queries.receivable(work, invoice_id)


@post_once("/invoice/credit", permission=LINK, tags=CLIENT,
           summary="Use what you have on account")  # fmt: skip
async def credit_linked(work: Work) -> AppliedOut:
    """Pay this invoice out of your credit with the same member, as far as it goes."""
    return await commands.apply_credit(work, ApplyCreditIn(invoice_id=linked_invoice(work)))


@get("/invoice/statement", permission=LINK, tags=CLIENT, summary="Your account")
async def linked_statement(
    work: Work, since: date | None = None, until: date | None = None
) -> StatementOut:
    """Your invoices from this member, what came in, and what is left; a year unless you say."""
    return await statement_for_link(work, since, until)


async def statement_for_link(
    work: Work, since: date | None = None, until: date | None = None
) -> StatementOut:
    """The account of the client whose invoice the link is for, in its currency."""
    one = await queries.visible_standing(work, linked_invoice(work))
    return await queries.statement_of(work, one.client_id, one.currency, since, until)


@get("/invoice/statement/{kind:str}", permission=LINK, tags=CLIENT,
     summary="Your account as a file", files=STATEMENT_TYPES)  # fmt: skip
async def linked_statement_file(
    work: Work, kind: Literal["csv", "pdf"], since: date | None = None, until: date | None = None
) -> Response[bytes]:
    """The same as PDF or CSV."""
    shown = await statement_for_link(work, since, until)
    one = await queries.visible_standing(work, linked_invoice(work))
    if kind == "csv":
        return csv_file("statement.csv", queries.statement_csv(shown))
    return pdf_file("statement.pdf", await queries.statement_pdf(work, shown, one.language[:2]))


@get("/invoice/interest", permission=LINK, tags=CLIENT, summary="Interest claimed from you")
async def linked_interest(work: Work) -> list[InterestClaimOut]:
    """Claims of statutory interest on this invoice. They are no invoices."""
    return await queries.linked_interest_notes(work, linked_invoice(work))


@get("/invoice/interest/{interest_id:uuid}/pdf", permission=LINK, tags=CLIENT,
     summary="The note of interest", media_type="application/pdf")  # fmt: skip
async def linked_interest_pdf(work: Work, interest_id: UUID) -> Response[bytes]:
    """The note with each day and rate."""
    content = await queries.linked_interest_note(work, linked_invoice(work), interest_id)
    return pdf_file("interest.pdf", content)


@get("/invoice/payment-profile", permission=LINK, tags=CLIENT,
     summary="What members see of how you pay")  # fmt: skip
async def linked_profile(work: Work) -> ProfileOut:
    """The very figures that members see, and your reply."""
    one = await queries.visible_standing(work, linked_invoice(work))
    return await queries.payment_profile(work, one.client_id)


@post("/invoice/payment-profile", permission=LINK, tags=CLIENT,
      summary="Reply to your figures")  # fmt: skip
async def reply_linked(work: Work, data: ProfileReplyIn) -> ProfileOut:
    """Your reply stands beside the figures; contested ones are marked so."""
    client_id = await commands.reply_to_profile(work, linked_invoice(work), data)
    return await queries.payment_profile(work, client_id)


ROUTES = [
    linked_receivable, object_linked, rule_linked, linked_objection_file, promise_linked,
    credit_linked, linked_statement, linked_statement_file, linked_interest, linked_interest_pdf,
    linked_profile, reply_linked,
]  # fmt: skip
