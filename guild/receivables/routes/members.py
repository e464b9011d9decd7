"""Doors of the member and the treasury about single invoices and objections."""

from typing import Annotated
from uuid import UUID

from litestar import Response
from msgspec import Meta

from guild.core.ids import DocumentId, InterestClaimId, InvoiceId, ObjectionId, WriteOffId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post, post_once
from guild.core.work import Work
from guild.receivables import commands, queries
from guild.receivables.routes.files import (
    OBJECTION_MAX_BYTES,
    OBJECTION_TYPES,
    pdf_file,
    plain_file,
)
from guild.receivables.schemas import (
    AnswerIn,
    ConcedeIn,
    InterestClaimOut,
    InterestOut,
    NextRunRow,
    ObjectionIn,
    ObjectionOut,
    PromiseIn,
    ReasonIn,
    ReceivableOut,
    RemindersOut,
    RulingIn,
    VatDecisionIn,
    WriteOffIn,
    WriteOffOut,
)

P = Permission
TAGS = ["receivables"]
Step = Annotated[int, Meta(ge=-60, le=365)]


@get("/invoices/{invoice_id:uuid}/receivable", permission=P.INVOICES_READ, tags=TAGS,
     summary="How an invoice stands with its client")  # fmt: skip
async def receivable(work: Work, invoice_id: InvoiceId) -> ReceivableOut:
    """Open, disputed, promised, on account; and why nobody reminds of it, if so."""
    return await queries.receivable(work, invoice_id)


@get("/invoices/{invoice_id:uuid}/reminders", permission=P.INVOICES_READ, tags=TAGS,
     summary="Reminders of an invoice")  # fmt: skip
async def reminders(work: Work, invoice_id: InvoiceId) -> RemindersOut:
    """What was sent, what comes next and when."""
    return await queries.reminders(work, invoice_id)


@get("/invoices/{invoice_id:uuid}/reminders/{step:int}/pdf", permission=P.INVOICES_READ,
     tags=TAGS, summary="A reminder letter", media_type="application/pdf")  # fmt: skip
async def reminder_letter(work: Work, invoice_id: InvoiceId, step: Step) -> Response[bytes]:
    """The PDF of a step that went as a letter."""
    content = await queries.reminder_letter(work, invoice_id, step)
    return pdf_file(f"reminder-{step}.pdf", content)


@get("/receivables/next-run", permission=P.INVOICES_READ, tags=TAGS,
     summary="What the next run sends")  # fmt: skip
async def next_run(work: Work, days: Annotated[int, Meta(ge=0, le=60)] = 0) -> list[NextRunRow]:
    """The reminders of today, or of so many days ahead, as things stand now."""
    return await queries.next_run(work, days=days)


@get("/invoices/{invoice_id:uuid}/interest", permission=P.INVOICES_READ, tags=TAGS,
     summary="Statutory interest of an invoice")  # fmt: skip
async def interest(work: Work, invoice_id: InvoiceId) -> InterestOut:
    """What the law gives up to today, by segments and day by day, with rate and law."""
    return await queries.preview_interest(work, invoice_id)


@post_once("/invoices/{invoice_id:uuid}/interest-claims", permission=P.INVOICES_CREDIT, tags=TAGS,
           summary="Claim statutory interest")  # fmt: skip
async def claim_interest(work: Work, invoice_id: InvoiceId) -> InterestClaimOut:
    """Claim what came up since the last claim; the 40 euro once per invoice."""
    made = await commands.claim_interest(work, invoice_id)
    return await queries.interest_claim(work, made)


@get("/interest-claims", permission=P.INVOICES_READ, tags=TAGS, summary="Claims of interest")
async def interest_claims(
    work: Work,
    invoice_id: InvoiceId | None = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[InterestClaimOut]:
    """Newest first."""
    return await queries.interest_claims(work, invoice_id=invoice_id, cursor=cursor, limit=limit)


@get("/interest-claims/{interest_id:uuid}/pdf", permission=P.INVOICES_READ, tags=TAGS,
     summary="The note of a claim", media_type="application/pdf")  # fmt: skip
async def interest_pdf(work: Work, interest_id: UUID) -> Response[bytes]:
    """The note with each day and rate. It is no invoice."""
    return pdf_file("interest.pdf", await queries.interest_note(work, interest_id))


@post("/interest-claims/{interest_id:uuid}/waive", permission=P.INVOICES_CREDIT, tags=TAGS,
      status_code=200, summary="Give up a claim of interest")  # fmt: skip
async def waive(work: Work, interest_id: InterestClaimId, data: ReasonIn) -> InterestClaimOut:
    """With a reason that stays."""
    await commands.waive_interest(work, interest_id, data.reason)
    return await queries.interest_claim(work, interest_id)


@post_once("/invoices/{invoice_id:uuid}/write-offs", permission=P.INVOICES_CREDIT, tags=TAGS,
           summary="Give up what is open")  # fmt: skip
async def ask_write_off(work: Work, invoice_id: InvoiceId, data: WriteOffIn) -> WriteOffOut:
    """A small rest at once; above the charter's limit a treasurer who did not ask decides."""
    made = await commands.ask_write_off(work, invoice_id, data)
    return await queries.write_off(work, made)


@get("/write-offs", permission=P.INVOICES_READ, tags=TAGS, summary="Write-offs")
async def write_offs(
    work: Work, *, waiting: bool = False, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[WriteOffOut]:
    """Newest first; `waiting` for those that need their second person."""
    return await queries.write_offs(work, waiting=waiting, cursor=cursor, limit=limit)


@post_once("/write-offs/{write_off_id:uuid}/approve", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
           status_code=200, summary="Book a write-off")  # fmt: skip
async def approve_write_off(work: Work, write_off_id: WriteOffId) -> WriteOffOut:
    """As a treasurer who did not ask for it and whose invoice it is not."""
    await commands.decide_write_off(work, write_off_id, approve=True)
    return await queries.write_off(work, write_off_id)


@post("/write-offs/{write_off_id:uuid}/refuse", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
      status_code=200, summary="Refuse a write-off")  # fmt: skip
async def refuse_write_off(work: Work, write_off_id: WriteOffId) -> WriteOffOut:
    """The invoice stays open."""
    await commands.decide_write_off(work, write_off_id, approve=False)
    return await queries.write_off(work, write_off_id)


@post_once("/write-offs/{write_off_id:uuid}/reinstate", permission=P.RECEIVABLES_MANAGE,
           tags=TAGS, status_code=200, summary="Take a write-off back")  # fmt: skip
async def reinstate(work: Work, write_off_id: WriteOffId) -> WriteOffOut:
    """Money came after all: the rest is owed again."""
    await commands.reinstate(work, write_off_id)
    return await queries.write_off(work, write_off_id)


@post_once("/write-offs/{write_off_id:uuid}/vat", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
           status_code=200, summary="Decide the VAT of a write-off")  # fmt: skip
async def decide_vat(work: Work, write_off_id: WriteOffId, data: VatDecisionIn) -> WriteOffOut:
    """Reclaim it from the State, or bear it; with the ground. Guild never decides it itself."""
    await commands.decide_vat(work, write_off_id, data)
    return await queries.write_off(work, write_off_id)


@post("/invoices/{invoice_id:uuid}/promises", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
      summary="Note a client's promise")  # fmt: skip
async def promise(work: Work, invoice_id: InvoiceId, data: PromiseIn) -> ReceivableOut:
    """The client named a day on the telephone: nobody reminds before it."""
    await commands.promise_payment(work, invoice_id, data)
    return await queries.receivable(work, invoice_id)


@post_once("/invoices/{invoice_id:uuid}/objections", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
           summary="Record an objection that came by letter",
           request_max_body_size=OBJECTION_MAX_BYTES)  # fmt: skip
async def record_objection(work: Work, invoice_id: InvoiceId, data: ObjectionIn) -> ObjectionOut:
    """The same as the client does by its link."""
    made = await commands.object_to(work, invoice_id, data)
    return await queries.objection(work, made)


@get("/objections", permission=P.OBJECTIONS_READ, tags=TAGS, summary="Objections of clients")
async def objections(
    work: Work, *, held: bool = False, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[ObjectionOut]:
    """A member's own; all for representatives and the treasury. `held`: those not ended."""
    return await queries.objections(work, held=held, cursor=cursor, limit=limit)


@get("/objections/{objection_id:uuid}", permission=P.OBJECTIONS_READ, tags=TAGS,
     summary="An objection")  # fmt: skip
async def objection(work: Work, objection_id: ObjectionId) -> ObjectionOut:
    """What the client says, the answer, and what silence means."""
    return await queries.objection(work, objection_id)


@get("/objections/{objection_id:uuid}/files/{document_id:uuid}", permission=P.OBJECTIONS_READ,
     tags=TAGS, summary="A file of an objection", files=OBJECTION_TYPES)  # fmt: skip
async def objection_file(
    work: Work, objection_id: ObjectionId, document_id: DocumentId
) -> Response[bytes]:
    """The file as the client sent it."""
    return plain_file(*await queries.objection_file(work, objection_id, document_id))


@post("/objections/{objection_id:uuid}/answer", permission=P.OBJECTIONS_READ, tags=TAGS,
      status_code=200, summary="Answer an objection")  # fmt: skip
async def answer(work: Work, objection_id: ObjectionId, data: AnswerIn) -> ObjectionOut:
    """The member, or the treasurer for her; the client reads it and has its days to reply."""
    await commands.answer_objection(work, objection_id, data.answer)
    return await queries.objection(work, objection_id)


@post_once("/objections/{objection_id:uuid}/credit", permission=P.INVOICES_CREDIT, tags=TAGS,
           status_code=200, summary="Credit what is disputed")  # fmt: skip
async def concede(work: Work, objection_id: ObjectionId, data: ConcedeIn) -> ObjectionOut:
    """Issue the credit note that ends it, over the disputed part or a smaller net amount."""
    await commands.concede(work, objection_id, data.reason, data.net)
    return await queries.objection(work, objection_id)


@post("/objections/{objection_id:uuid}/ruling", permission=P.OBJECTIONS_READ, tags=TAGS,
      status_code=200, summary="Move an objection on")  # fmt: skip
async def ruling(work: Work, objection_id: ObjectionId, data: RulingIn) -> ObjectionOut:
    """`mediate` and `redeliver` are the member's, `dismiss` and `to_court` a representative's,
    `withdraw` and `insist` the client's (or the treasurer's, for a letter).
    """
    await commands.rule_on(work, objection_id, data.outcome, data.note)
    return await queries.objection(work, objection_id)


ROUTES = [
    receivable, reminders, reminder_letter, next_run, interest, claim_interest, interest_claims,
    interest_pdf, waive, ask_write_off, write_offs, approve_write_off, refuse_write_off,
    reinstate, decide_vat, promise, record_objection, objections, objection, objection_file,
    answer, concede, ruling,
]  # fmt: skip
