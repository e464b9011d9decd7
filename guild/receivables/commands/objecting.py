"""A client objects to an invoice: what it disputes, its files, and who is told."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from guild.core.errors import Invalid
from guild.core.ids import InvoiceId, ObjectionId, new_id
from guild.core.money import Money
from guild.core.pages import long_date
from guild.core.wire import money_in
from guild.core.work import Work
from guild.documents.commands import store
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.invoicing.commands.writing_off import locked_invoice
from guild.invoicing.models import Invoice, InvoiceLine
from guild.receivables.commands.letters import lang_of, mail_client, tell_member, words_of
from guild.receivables.commands.objections import rep_emails, tell_members
from guild.receivables.errors import AlreadyDisputed, DisputedTooMuch, NothingOpen
from guild.receivables.events import InvoiceDisputed
from guild.receivables.models import HOLDING, OBJECTION, Objection, ObjectionFile
from guild.receivables.queries.standing import standing, visible_standing
from guild.receivables.rules.overdue import line_gross
from guild.receivables.schemas import FileIn, ObjectionIn

FILE_BYTES_MAX: Final = 1_048_576
MAGIC: Final = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}


async def object_to(work: Work, invoice_id: InvoiceId, data: ObjectionIn) -> ObjectionId:
    """Dispute an invoice in whole or part, as its client or for a client who wrote a letter.

    Raises InvoiceNotFound, NothingOpen, AlreadyDisputed, DisputedTooMuch, Invalid for lines that
    are not there and files that cannot be read.
    """
    await visible_standing(work, invoice_id)
    invoice = await locked_invoice(work, invoice_id)
    before = await standing(work, invoice_id)
    if before.open_minor <= 0:
        raise NothingOpen
    if await _holding(work, invoice_id) is not None:
        raise AlreadyDisputed(mend="Wait for the answer, or withdraw it first.")
    files = [(file, _content(place, file)) for place, file in enumerate(data.files)]
    amount = await _disputed(work, invoice, data)
    if amount > before.open_minor:
        left = Money(before.open_minor, invoice.currency)
        raise DisputedTooMuch(f"{left} is open.", field="amount", open=left.text)
    charter = await charter_at(work)
    terms = charter.receivables
    row = Objection(
        id=ObjectionId(new_id()),
        invoice_id=invoice_id,
        member_id=invoice.member_id,
        client_id=invoice.client_id,
        contact_id=invoice.contact_id,
        state=OBJECTION.initial,
        reason_code=data.reason_code,
        text=data.text.strip(),
        positions=sorted(data.lines),
        amount_minor=amount,
        currency=invoice.currency,
        opened_on=work.today,
        opened_at=work.now,
        answer_by=work.today + timedelta(days=terms.dispute_answer_days),
        charter_version=charter.version,
    )
    work.session.add(row)
    await work.session.flush()
    await _keep_files(work, row, files)
    await work.emit(
        InvoiceDisputed(
            objection_id=row.id,
            invoice_id=invoice_id,
            member_id=row.member_id,
            client_id=row.client_id,
            reason_code=row.reason_code,
            disputed_minor=amount,
            disputed_net_minor=amount * invoice.net_minor // invoice.total_minor,
            currency=row.currency,
            advance_bps=terms.dispute_advance_bps,
        )
    )
    await _tell_of_objection(work, row, charter)
    return row.id


async def _disputed(work: Work, invoice: Invoice, data: ObjectionIn) -> int:
    """The disputed part in minor units, VAT included."""
    if data.lines and data.amount is not None:
        raise Invalid("Name lines or an amount, not both.", field="amount")
    if data.amount is not None:
        return money_in(data.amount, invoice.currency, field="amount").minor
    if not data.lines:
        return invoice.open_minor
    rows = await work.session.execute(
        select(InvoiceLine.position, InvoiceLine.net_minor, InvoiceLine.rate_milli).where(
            InvoiceLine.invoice_id == invoice.id, InvoiceLine.position.in_(data.lines)
        )
    )
    found = rows.all()
    if len(found) != len(data.lines):
        raise Invalid("The invoice has no such lines, or one is named twice.", field="lines")
    gross = sum(line_gross(net, rate) for _, net, rate in found)
    # VAT is rounded on the sum of the invoice, so single lines may come to a cent more than it.
    return min(gross, invoice.open_minor) if len(found) and gross else invoice.open_minor


def _content(place: int, file: FileIn) -> bytes:
    """The bytes of a file that came in base64; raises Invalid when it is not what it says."""
    try:
        content = b64decode(file.content, validate=True)
    except ValueError:
        raise Invalid("The content is not base64.", field=f"files.{place}.content") from None
    if not content.startswith(MAGIC[file.media_type]) or len(content) > FILE_BYTES_MAX:
        raise Invalid(
            f"“{file.name}” is not a {file.media_type.partition('/')[2].upper()} file of at "
            "most one megabyte.",
            field=f"files.{place}.content",
        )
    return content


async def _keep_files(work: Work, row: Objection, files: Sequence[tuple[FileIn, bytes]]) -> None:
    for file, content in files:
        document = await store(work, content, file.media_type, file.name, row.id)
        work.session.add(
            ObjectionFile(
                objection_id=row.id, document_id=document, name=file.name,
                media_type=file.media_type,
            )
        )  # fmt: skip
    await work.session.flush()


async def _tell_of_objection(work: Work, row: Objection, charter: Charter) -> None:
    one = await standing(work, row.invoice_id)
    lang = lang_of(one)
    said = words_of(lang)["objection"]
    await mail_client(
        work, one, said["subject"], [said["text"]],
        answer_by=long_date(row.answer_by, lang),
        silence=said[charter.receivables.dispute_silence],
        reply_days=charter.receivables.dispute_reply_days,
    )  # fmt: skip
    held = Money(row.amount_minor, row.currency)
    subject = f"{one.client_name} objects to invoice {one.number}"
    text = (
        f"{one.client_name} objects to {held} of invoice {one.number} ({row.reason_code}):\n\n"
        f"{row.text}\n\nPlease answer by {long_date(row.answer_by)}."
    )
    await tell_members(work, row, subject, text)
    for email in await rep_emails(work):
        tell_member(work, email, subject, text)


async def _holding(work: Work, invoice_id: InvoiceId) -> Objection | None:
    found: Objection | None = await work.session.scalar(
        select(Objection).where(Objection.invoice_id == invoice_id, Objection.state.in_(HOLDING))
    )
    return found
