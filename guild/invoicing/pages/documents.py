"""The member's and the treasury's pages: the list with its filters, one document, its steps."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.params import QueryParameter
from litestar.response import Redirect

from guild.core.errors import Invalid
from guild.core.ids import InvoiceId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import Cursor, get, money_in, post
from guild.core.work import Work
from guild.invoicing import commands, queries
from guild.invoicing.pages.drafting import bind_deposits
from guild.invoicing.pages.forms import CLOSED, FORM, Form, Upload, or_again
from guild.invoicing.queries.drafting import deposits_for, sendings_of
from guild.invoicing.queries.internal import notes_on
from guild.invoicing.queries.related import related_to
from guild.invoicing.routes import FileKind, file_answer
from guild.invoicing.schemas import InvoiceState, Kind
from guild.invoicing.schemas.credits import CreditIn, ReissueIn
from guild.invoicing.schemas.kinds import NoteIn

Search = Annotated[str, QueryParameter(max_length=100)]
State = Annotated[InvoiceState | Literal[""], QueryParameter(name="state")]
Day = Annotated[str, QueryParameter(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
Step = Literal["issue", "copy", "invoice", "send"]
STEPS: Final = {"copy": commands.copy_invoice, "invoice": commands.draft_from_proforma}


def _day(typed: str, field: str) -> date | None:
    """A day as a form sends it: empty when it was left open."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Invalid("There is no such day.", field=field) from None


@get("/invoices", permission=Permission.INVOICES_READ, include_in_schema=False)
async def invoices_page(
    work: Work,
    search: Search = "",
    invoice_state: State = "",
    kind: Kind | Literal[""] = "",
    issued_from: Day = "",
    issued_to: Day = "",
    *,
    overdue: Literal["yes", ""] = "",
    cursor: Cursor | None = None,
) -> Response[str]:
    """A member's documents, newest first; the treasury sees all that are issued."""
    sieve = queries.Sieve(
        search=search, state=invoice_state or None, kind=kind or None,
        issued_from=_day(issued_from, "issued_from"), issued_to=_day(issued_to, "issued_to"),
        overdue=bool(overdue),
    )  # fmt: skip
    found = await queries.list_invoices(work, sieve, cursor=cursor)
    chosen = {"search": search, "state": invoice_state, "kind": kind, "issued_from": issued_from,
              "issued_to": issued_to, "overdue": overdue}  # fmt: skip
    answer = page(
        work, "invoicing/list.html", section="/invoices", invoices=found.items,
        next_cursor=found.next_cursor, chosen=chosen, narrowed=any(chosen.values()),
        asked=urlencode({key: str(value) for key, value in chosen.items() if value}),
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/invoices/{invoice_id:uuid}/{kind:str}", permission=Permission.INVOICES_READ,
     include_in_schema=False)  # fmt: skip
async def invoice_file(work: Work, invoice_id: InvoiceId, kind: FileKind) -> Response[bytes]:
    """One of the files of an issued document."""
    return await file_answer(work, invoice_id, kind)


async def _document(
    work: Work, invoice_id: InvoiceId, *, status: int = 200, errors: Any = ()
) -> Response[str]:
    shown = await queries.get_invoice(work, invoice_id)
    own = work.actor.is_member(shown.member_id)
    answer = page(
        work, "invoicing/document.html", status=status, errors=list(errors), section="/invoices",
        one=shown, related=await related_to(work, invoice_id),
        notes=await notes_on(work, invoice_id), own=own,
        deposits=await deposits_for(work, invoice_id) if own else [],
        sendings=await sendings_of(work, invoice_id) if shown.kind == "proforma" else [],
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/invoices/{invoice_id:uuid}", permission=Permission.INVOICES_READ, include_in_schema=False)
async def document_page(work: Work, invoice_id: InvoiceId) -> Response[str]:
    """One document: its lines, what belongs to it, its notes, and what can be done now."""
    return await _document(work, invoice_id)


async def _then(work: Work, invoice_id: InvoiceId, doing: Awaitable[Any]) -> Redirect:
    async def again(**shown: Any) -> Response[str]:
        return await _document(work, invoice_id, **shown)

    return await or_again(doing, again)


@post("/invoices/{invoice_id:uuid}/step/{step:str}", permission=Permission.INVOICES_ISSUE, **FORM)
async def take_step(work: Work, invoice_id: InvoiceId, step: Step) -> Redirect:
    """Issue a draft, copy a document, mail a pro-forma or turn it into a draft."""

    async def go() -> str:
        if step == "issue":
            await commands.issue_invoice(work, invoice_id)
            return f"/invoices/{invoice_id}"
        if step == "send":
            await commands.send_proforma(work, invoice_id)
            return f"/invoices/{invoice_id}#send"
        return f"/invoices/{await STEPS[step](work, invoice_id)}"

    return await _then(work, invoice_id, go())


@post("/invoices/{invoice_id:uuid}/credit", permission=Permission.INVOICES_CREDIT, **FORM)
async def credit(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Take back all of it, whole lines, or a net amount."""

    async def go() -> str:
        wanted = {"reason": data.get("reason", ""), "reason_code": data.get("reason_code", "other")}
        typed = msgspec.convert(wanted, CreditIn)
        invoice, _ = await queries.invoice_row(work, invoice_id)
        amount = data.get("net", "").strip()
        net = money_in(amount, invoice.currency, field="net") if amount else None
        ticked = (key.removeprefix("line_") for key in data if key.startswith("line_"))
        lines = [int(at) for at in ticked if at.isdecimal()]
        note = await commands.credit_invoice(
            work, invoice_id, typed.reason, code=typed.reason_code, lines=lines, net=net
        )
        return f"/invoices/{note.id}"

    return await _then(work, invoice_id, go())


@post("/invoices/{invoice_id:uuid}/reissue", permission=Permission.INVOICES_ISSUE, **FORM)
async def reissue(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Take all of it back and go on with the corrected draft."""

    async def go() -> str:
        wanted = {"reason": data.get("reason", ""), "reason_code": data.get("reason_code", "other")}
        done = await commands.credit_and_reissue(
            work, invoice_id, msgspec.convert(wanted, ReissueIn)
        )
        return f"/invoices/{done.draft_id}"

    return await _then(work, invoice_id, go())


@post("/invoices/{invoice_id:uuid}/deposits", permission=Permission.INVOICES_ISSUE, **FORM)
async def settle(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Settle the deposits that were ticked, and let go of the others."""

    async def go() -> str:
        await bind_deposits(work, invoice_id, data)
        return f"/invoices/{invoice_id}"

    return await _then(work, invoice_id, go())


@post("/invoices/{invoice_id:uuid}/notes", permission=Permission.INVOICES_CREDIT, **FORM)
async def note(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Note something that the client never sees."""

    async def go() -> str:
        typed = msgspec.convert({"text": data.get("text", "")}, NoteIn)
        await commands.add_note(work, invoice_id, typed.text)
        return f"/invoices/{invoice_id}"

    return await _then(work, invoice_id, go())


@post("/invoices/{invoice_id:uuid}/attachments", permission=Permission.INVOICES_ISSUE,
      request_max_body_size=commands.FILE_MAX + 100_000, **FORM)  # fmt: skip
async def attach(work: Work, invoice_id: InvoiceId, data: Upload) -> Redirect:
    """Attach the chosen file to a draft."""
    file = data.get("file")

    async def go() -> str:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("Choose the file first.", field="file")
        about = data.get("description")
        await commands.attach_file(
            work, invoice_id, file.filename, await file.read(),
            about if isinstance(about, str) else "",
        )  # fmt: skip
        return f"/invoices/{invoice_id}"

    return await _then(work, invoice_id, go())


PAGES = [
    invoices_page, document_page, invoice_file, take_step, credit, reissue, settle, note, attach,
]  # fmt: skip
