"""The treasurer's bank pages: look at a file first, find entries, prove the balances."""

from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from guild.core.errors import Invalid
from guild.core.ids import (
    BankAccountId,
    BankEntryId,
    CsvMappingId,
    InterestClaimId,
    InvoiceId,
    UndoId,
    UploadId,
)
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import Cursor, OptionalText, get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.entry import entry_again
from guild.treasury.pages.forms import FORM, Form, Upload, amount, or_again
from guild.treasury.routes.bank import EntryState
from guild.treasury.rules.csv_files import DATE_FORMATS, CsvMapping
from guild.treasury.rules.entries import MAX_BYTES
from guild.treasury.schemas import (
    AnswerAllocationIn,
    DecideUndoIn,
    MappingIn,
    PartIn,
    SetAsideIn,
    SplitIn,
    TakesBackIn,
    UndoIn,
)

SHOWN: Final = 50
STATES: Final = [
    ("", "All"), ("open", "Waiting for a person"), ("suggested", "Suggestion found"),
    ("set_aside", "Set aside"), ("confirmed", "Confirmed"), ("explained", "Explained"),
    ("divided", "Divided"),
]  # fmt: skip
FIELDS: Final = [
    ("booked_on", "Booking day"), ("valued_on", "Value day"), ("amount", "Amount, with its sign"),
    ("direction", "In or out, as a word"), ("credit", "Money in"), ("debit", "Money out"),
    ("counterparty", "Name of the other side"), ("counterparty_iban", "Its account number"),
    ("structured", "Structured reference"), ("reference", "The bank’s own reference"),
    ("end_to_end_id", "End-to-end reference"), ("balance", "Balance after the row"),
    ("currency", "Currency"), ("own_account", "Our own account number"),
]  # fmt: skip
DIALECT: Final = [
    ("date_format", "Dates look like", [(one, one) for one in DATE_FORMATS]),
    ("decimal", "Before the cents stands", [(",", "comma: 1.210,00"), (".", "point: 1,210.00")]),
    ("delimiter", "Columns are parted by",
     [(";", "semicolon"), (",", "comma"), ("\t", "tabulator"), ("|", "bar")]),
    ("encoding", "Written in",
     [("utf-8", "UTF-8"), ("windows-1252", "Windows-1252"), ("utf-16", "UTF-16")]),
]  # fmt: skip


# -- entries --------------------------------------------------------------------------------------


@get("/treasury/entries", permission=Permission.TREASURY_READ, include_in_schema=False)
async def entries_page(
    work: Work,
    wanted: OptionalText = "",
    q: OptionalText = "",
    least: OptionalText = "",
    most: OptionalText = "",
    since: OptionalText = "",
    until: OptionalText = "",
    cursor: Cursor | None = None,
) -> Response[str]:
    """All bank entries, by state, text, amount and day."""
    errors: list[dict[str, str]] = []
    asked = {"wanted": wanted, "q": q, "least": least, "most": most, "since": since, "until": until}
    try:
        sieve = queries.EntrySieve(
            state=msgspec.convert(wanted, EntryState) if wanted else None,
            q=q,
            amount_from=_number(least),
            amount_to=_number(most),
            since=msgspec.convert(since, date, strict=False) if since else None,
            until=msgspec.convert(until, date, strict=False) if until else None,
        )
        found = await queries.entries(work, sieve, cursor=cursor, limit=SHOWN)
    except (Invalid, msgspec.ValidationError) as wrong:
        errors.append({"field": getattr(wrong, "field", ""), "text": f"{wrong}"})
        found = await queries.entries(work, cursor=None, limit=SHOWN)
    return page(
        work, "treasury/entries.html", section="/treasury", errors=errors, amount=amount,
        entries=found, asked=asked, states=STATES,
    )  # fmt: skip


def _number(text: str) -> str | None:
    return text.replace(" ", "").replace(",", ".").lstrip("€") or None


@post("/treasury/entries/{entry_id:uuid}/split", permission=Permission.MATCHES_CONFIRM, **FORM)
async def split_entry(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Share an entry out over the invoices whose parts were given."""

    async def split() -> None:
        parts = [
            PartIn(
                invoice_id=InvoiceId(msgspec.convert(name.removeprefix("part-"), UUID)),
                amount=_number(value) or "0",
            )
            for name, value in data.items()
            if name.startswith("part-") and value.strip()
        ]
        claims = [
            InterestClaimId(msgspec.convert(name.removeprefix("interest-"), UUID))
            for name, value in data.items()
            if name.startswith("interest-") and value == "yes"
        ]
        await commands.confirm_split(work, entry_id, SplitIn(parts=parts, interest_ids=claims))

    return await or_again(split(), "/treasury#entries", entry_again(work, entry_id))


@post("/treasury/entries/{entry_id:uuid}/set-aside", permission=Permission.MATCHES_CONFIRM, **FORM)
async def set_entry_aside(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Leave an entry in suspense for a reason."""

    async def set_aside() -> None:
        said = msgspec.convert({"reason": data.get("reason", "")}, SetAsideIn)
        await commands.set_aside_entry(work, entry_id, said)

    return await or_again(set_aside(), "/treasury#entries", entry_again(work, entry_id))


@post("/treasury/entries/{entry_id:uuid}/takes-back", permission=Permission.MATCHES_CONFIRM, **FORM)
async def entry_takes_back(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Say which payment the bank takes back with this debit."""

    async def take_back() -> None:
        chosen = data.get("entry_id", "")
        prefix = f"part-{chosen}-"
        told: dict[str, Any] = {
            "entry_id": chosen,
            "amount": _number(data.get("amount", "")),
            "parts": [
                {"invoice_id": name.removeprefix(prefix), "amount": _number(value) or "0"}
                for name, value in data.items()
                if chosen and name.startswith(prefix) and value.strip()
            ],
        }
        said = msgspec.convert(told, TakesBackIn)
        await commands.takes_back(work, entry_id, said)

    return await or_again(take_back(), "/treasury#entries", entry_again(work, entry_id))


@post("/treasury/entries/{entry_id:uuid}/objection", permission=Permission.MATCHES_CONFIRM, **FORM)
async def answer_objection(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Tell a client why its transfer stays recorded as it is."""

    async def answer() -> None:
        said = msgspec.convert({"answer": data.get("answer", "")}, AnswerAllocationIn)
        await commands.answer_allocation(work, entry_id, said)

    to = f"/treasury/entries/{entry_id}#meant"
    return await or_again(answer(), to, entry_again(work, entry_id))


@post("/treasury/entries/{entry_id:uuid}/undo", permission=Permission.MATCHES_CONFIRM, **FORM)
async def ask_undo(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Ask that what was said about an entry be taken back."""

    async def ask() -> None:
        said = msgspec.convert({"reason": data.get("undo_reason", "")}, UndoIn)
        await commands.ask_undo(work, entry_id, said)

    to = f"/treasury/entries/{entry_id}#undo"
    return await or_again(ask(), to, entry_again(work, entry_id))


@post("/treasury/entries/{entry_id:uuid}/undos/{undo_id:uuid}",
      permission=Permission.MATCHES_CONFIRM, **FORM)  # fmt: skip
async def decide_undo(work: Work, entry_id: BankEntryId, undo_id: UndoId, data: Form) -> Redirect:
    """The second person's word about an undo."""
    said = DecideUndoIn(approve=data.get("decision") == "approve")
    doing = commands.decide_undo(work, undo_id, said)
    return await or_again(doing, f"/treasury/entries/{entry_id}", entry_again(work, entry_id))


# -- files ----------------------------------------------------------------------------------------


async def _uploaded(
    work: Work,
    upload_id: UploadId,
    *,
    status: int = 200,
    errors: Any = (),
    mapping: CsvMapping | None = None,
    name: str = "",
) -> Response[str]:
    seen = await queries.look_at(work, upload_id)
    saved = seen.mapping.mapping if seen.mapping else None
    return page(
        work, "treasury/upload.html", status=status, errors=list(errors), section="/treasury",
        amount=amount, seen=seen, fields=FIELDS, dialect=DIALECT,
        chosen=msgspec.to_builtins(mapping or saved or seen.guess) if seen.guess else {},
        accounts=await queries.coop_accounts(work), name=name,
    )  # fmt: skip


@post("/treasury/uploads", permission=Permission.STATEMENTS_IMPORT,
      request_max_body_size=MAX_BYTES + 100_000, **FORM)  # fmt: skip
async def look_first(work: Work, data: Upload) -> Redirect:
    """Keep an uploaded file for a day and show what its import would do."""
    file = data.get("statement")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid("Choose the file first.", field="statement")
    upload_id = await commands.keep_upload(work, await file.read(), file.filename)
    return Redirect(f"/treasury/uploads/{upload_id}", status_code=303)


@get("/treasury/uploads/{upload_id:uuid}", permission=Permission.STATEMENTS_IMPORT,
     include_in_schema=False)  # fmt: skip
async def upload_page(work: Work, upload_id: UploadId) -> Response[str]:
    """What a file holds, how a CSV is mapped, and what an import would do."""
    return await _uploaded(work, upload_id)


@post("/treasury/uploads/{upload_id:uuid}/mapping", permission=Permission.STATEMENTS_IMPORT, **FORM)
async def map_columns(work: Work, upload_id: UploadId, data: Form) -> Redirect:
    """Save which column holds what, and show the file read by it."""
    entered: list[CsvMapping] = []

    async def save() -> None:
        said: dict[str, Any] = {
            name: data[name]
            for name in CsvMapping.__struct_fields__
            if name not in {"text", "debit_words"} and data.get(name)
        }
        said["text"] = [data[f"text{n}"] for n in range(3) if data.get(f"text{n}")]
        words = data.get("debit_words", "").split(",")
        said["debit_words"] = [word.strip() for word in words if word.strip()]
        entered.append(msgspec.convert(said, CsvMapping))
        chosen = {
            "account_id": data.get("account_id", ""),
            "name": data.get("name", ""),
            "upload_id": str(upload_id),
            "mapping": msgspec.to_builtins(entered[0]),
        }
        await commands.save_mapping(work, msgspec.convert(chosen, MappingIn))

    async def again(**shown: Any) -> Response[str]:
        mapping = entered[0] if entered else None
        return await _uploaded(work, upload_id, mapping=mapping, name=data.get("name", ""), **shown)

    return await or_again(save(), f"/treasury/uploads/{upload_id}", again)


@post("/treasury/uploads/{upload_id:uuid}/import", permission=Permission.STATEMENTS_IMPORT, **FORM)
async def import_upload(work: Work, upload_id: UploadId, data: Form) -> Redirect:
    """Book the file that was looked at."""
    chosen = data.get("mapping_id")
    mapping_id = CsvMappingId(msgspec.convert(chosen, UUID)) if chosen else None

    async def again(**shown: Any) -> Response[str]:
        return await _uploaded(work, upload_id, **shown)

    doing = commands.import_upload(work, upload_id, mapping_id)
    return await or_again(doing, "/treasury#entries", again)


# -- the proof ------------------------------------------------------------------------------------


@get("/treasury/reconciliation/{account_id:uuid}", permission=Permission.TREASURY_READ,
     include_in_schema=False)  # fmt: skip
async def reconciliation_page(
    work: Work, account_id: BankAccountId, cursor: Cursor | None = None
) -> Response[str]:
    """Each statement beside the books: green where they agree, and what makes a difference."""
    accounts = await queries.coop_accounts(work)
    lines = await queries.reconciled(work, account_id, cursor=cursor)
    return page(
        work, "treasury/reconciliation.html", section="/treasury", amount=amount, lines=lines,
        account=next(one for one in accounts if one.id == account_id),
        pending=await queries.pending_entries(work, account_id),
    )  # fmt: skip


PAGES = [
    entries_page,
    split_entry,
    set_entry_aside,
    entry_takes_back,
    answer_objection,
    ask_undo,
    decide_undo,
    look_first,
    upload_page,
    map_columns,
    import_upload,
    reconciliation_page,
]
