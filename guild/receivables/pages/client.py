"""The client's page of its account: object, promise, use credit, keep the statement, reply."""

import json
import re
from base64 import b64encode
from collections import defaultdict
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.invoicing.routes import linked_invoice
from guild.members.queries import reader_language
from guild.receivables import commands, queries
from guild.receivables.commands.objecting import FILE_BYTES_MAX, MAGIC
from guild.receivables.errors import ObjectionNotFound
from guild.receivables.pages.forms import CLOSED, FORM, Form, Upload, or_again, said, told_in
from guild.receivables.routes.files import csv_file, pdf_file
from guild.receivables.routes.linked import statement_for_link
from guild.receivables.schemas import ApplyCreditIn, ObjectionIn, ProfileReplyIn, PromiseIn

LINE: Final = re.compile(r"line-[0-9]{1,4}")
TEMPLATES: Final = Path(__file__).parent.parent / "templates"


@cache
def _words(name: str) -> dict[str, Any]:
    """The words of a page or sheet, by language."""
    read: dict[str, Any] = json.loads((TEMPLATES / name).read_text(encoding="utf-8"))
    return read


async def _account(
    work: Work, *, status: int = 200, errors: Any = (), entered: dict[str, Any] | None = None
) -> Response[str]:
    invoice_id = linked_invoice(work)
    one = await queries.receivable(work, invoice_id)
    terms = (await charter_at(work)).receivables
    lang = await reader_language(work)
    answer = page(
        work, "receivables/account.html", status=status, lang=lang, errors=list(errors),
        entered=defaultdict(str, entered or {}), one=one, t=_words("account.json")[lang],
        kinds=_words("statement_print.json")[lang], terms=terms, silence=terms.dispute_silence,
        lines=await queries.invoice_lines(work, invoice_id),
        statement=await statement_for_link(work),
        claims=await queries.linked_interest_notes(work, invoice_id),
        profile=await queries.payment_profile(work, one.client_id),
        answer_days=terms.dispute_answer_days,
        latest=work.today + timedelta(days=terms.promise_max_days),
        promised=any(row.said_by == "contact" for row in one.promises),
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/invoice/account", permission=Permission.LINK, include_in_schema=False)
async def account(work: Work) -> Response[str]:
    """What is open, in dispute, promised and on account."""
    return await _account(work)


async def _doing(work: Work, data: dict[str, Any], doing: Any) -> Redirect:
    async def again(**shown: Any) -> Response[str]:
        return await _account(work, entered=data, **shown)

    spoken = told_in(await reader_language(work), doing)
    return await or_again(spoken, "/invoice/account", again)


@post("/invoice/account/object", permission=Permission.LINK,
      request_max_body_size=6 * FILE_BYTES_MAX, **FORM)  # fmt: skip
async def object_by_form(work: Work, data: Upload) -> Redirect:
    """Object by the form, with a file if there is one."""

    async def doing() -> None:
        told: dict[str, Any] = said(data, "reason_code", "text", "amount")
        told["lines"] = [int(name.removeprefix("line-")) for name in data if LINE.fullmatch(name)]
        file = data.get("file")
        if isinstance(file, UploadFile) and file.filename:
            content = await file.read()
            kind = next((one for one, start in MAGIC.items() if content.startswith(start)),
                        "application/pdf")  # fmt: skip
            named = file.filename.replace("/", "_").replace("\\", "_")[:120]
            told["files"] = [
                {"name": named, "media_type": kind, "content": b64encode(content).decode()}
            ]
        wanted = msgspec.convert(told, ObjectionIn)
        await commands.object_to(work, linked_invoice(work), wanted)

    shown = {name: value for name, value in data.items() if isinstance(value, str)}
    return await _doing(work, shown, doing())


@post("/invoice/account/objection", permission=Permission.LINK, **FORM)
async def rule_by_form(work: Work, data: Form) -> Redirect:
    """Withdraw the objection or insist on it."""

    async def doing() -> None:
        held = (await queries.receivable(work, linked_invoice(work))).objection
        if held is None:
            raise ObjectionNotFound
        outcome = "insist" if data.get("outcome") == "insist" else "withdraw"
        await commands.rule_on(work, held.id, outcome)

    return await _doing(work, data, doing())


@post("/invoice/account/promise", permission=Permission.LINK, **FORM)
async def promise_by_form(work: Work, data: Form) -> Redirect:
    """Name the day of payment."""

    async def doing() -> None:
        wanted = msgspec.convert(said(data, "pay_by"), PromiseIn)
        await commands.promise_payment(work, linked_invoice(work), wanted)

    return await _doing(work, data, doing())


@post("/invoice/account/credit", permission=Permission.LINK, **FORM)
async def credit_by_form(work: Work) -> Redirect:
    """Use the money on account for this invoice."""

    async def doing() -> None:
        await commands.apply_credit(work, ApplyCreditIn(invoice_id=linked_invoice(work)))

    return await _doing(work, {}, doing())


@post("/invoice/account/profile", permission=Permission.LINK, **FORM)
async def reply_by_form(work: Work, data: Form) -> Redirect:
    """Reply to the figures that members see."""

    async def doing() -> None:
        told = {**said(data, "text"), "contested": data.get("contested") == "yes"}
        await commands.reply_to_profile(
            work, linked_invoice(work), msgspec.convert(told, ProfileReplyIn)
        )

    return await _doing(work, data, doing())


@get("/invoice/account/statement/{kind:str}", permission=Permission.LINK,
     include_in_schema=False)  # fmt: skip
async def statement_by_link(work: Work, kind: Literal["csv", "pdf"]) -> Response[bytes]:
    """The statement of a year as PDF or CSV."""
    shown = await statement_for_link(work)
    if kind == "csv":
        return csv_file("statement.csv", queries.statement_csv(shown))
    one = await queries.visible_standing(work, linked_invoice(work))
    return pdf_file("statement.pdf", await queries.statement_pdf(work, shown, one.language[:2]))


@get("/invoice/account/interest/{interest_id:uuid}", permission=Permission.LINK,
     include_in_schema=False)  # fmt: skip
async def interest_by_link(work: Work, interest_id: UUID) -> Response[bytes]:
    """The note of a claim of interest."""
    content = await queries.linked_interest_note(work, linked_invoice(work), interest_id)
    return pdf_file("interest.pdf", content)


PAGES = [
    account, object_by_form, rule_by_form, promise_by_form, credit_by_form, reply_by_form,
    statement_by_link, interest_by_link,
]  # fmt: skip
