"""Bank files before and after the import over HTTP: uploads, mappings, rules, undo, the proof."""

from litestar import Response

from guild.core.ids import BankAccountId, BankEntryId, BankRuleId, CsvMappingId, UndoId, UploadId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, delete, get, post, post_once
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.routes.downloads import table_file
from guild.treasury.rules.entries import MAX_BYTES
from guild.treasury.schemas import (
    BankEntryOut,
    BankRuleIn,
    BankRuleOut,
    BankRulePreviewOut,
    BankRuleSwitchIn,
    ConfirmOut,
    DecideUndoIn,
    ImportOut,
    InsideOut,
    MappingIn,
    MappingOut,
    PendingOut,
    ReconciledOut,
    SetAsideIn,
    SplitIn,
    SplitOut,
    TakesBackIn,
    UndoIn,
    UndoOut,
    UploadOut,
)


@post("/bank-uploads", permission=Permission.STATEMENTS_IMPORT, tags=["treasury"],
      summary="Look at a bank file first", request_max_body_size=MAX_BYTES + 1)  # fmt: skip
async def upload(work: Work, body: bytes) -> UploadOut:
    """Send a file as the body; what it holds and what its import would do is answered.

    Nothing is booked. The file is kept sealed for a day, so that a CSV can be mapped.
    """
    return await queries.look_at(work, await commands.keep_upload(work, body, "upload"))


@get("/bank-uploads/{upload_id:uuid}", permission=Permission.STATEMENTS_IMPORT,
     tags=["treasury"], summary="What an uploaded file would do")  # fmt: skip
async def look_at_upload(
    work: Work, upload_id: UploadId, mapping_id: CsvMappingId | None = None
) -> UploadOut:
    """The file read as things stand now; a CSV by the mapping that fits, or the one named."""
    return await queries.look_at(work, upload_id, mapping_id=mapping_id)


@post_once("/bank-uploads/{upload_id:uuid}/import", permission=Permission.STATEMENTS_IMPORT,
           tags=["treasury"], summary="Import an uploaded file")  # fmt: skip
async def import_upload(
    work: Work, upload_id: UploadId, mapping_id: CsvMappingId | None = None
) -> ImportOut:
    """Book the file that was looked at; then the upload is gone."""
    return await commands.import_upload(work, upload_id, mapping_id)


@delete("/bank-uploads/{upload_id:uuid}", permission=Permission.STATEMENTS_IMPORT,
        tags=["treasury"], summary="Forget an uploaded file")  # fmt: skip
async def discard_upload(work: Work, upload_id: UploadId) -> None:
    """Forget a file without importing it."""
    await commands.discard_upload(work, upload_id)


@get("/csv-mappings", permission=Permission.STATEMENTS_IMPORT, tags=["treasury"],
     summary="How CSV files are read")  # fmt: skip
async def csv_mappings(work: Work) -> list[MappingOut]:
    """The saved mappings, by account and name."""
    return await queries.mappings(work)


@post("/csv-mappings", permission=Permission.STATEMENTS_IMPORT, tags=["treasury"],
      summary="Save how a CSV is read")  # fmt: skip
async def save_mapping(work: Work, data: MappingIn) -> MappingOut:
    """Save which column holds what, tried on the upload; the next file is known by its header."""
    return await commands.save_mapping(work, data)


@delete("/csv-mappings/{mapping_id:uuid}", permission=Permission.STATEMENTS_IMPORT,
        tags=["treasury"], summary="Remove a mapping")  # fmt: skip
async def forget_mapping(work: Work, mapping_id: CsvMappingId) -> None:
    """Remove a mapping; what was imported by it stays."""
    await commands.forget_mapping(work, mapping_id)


@get("/bank-entries/{entry_id:uuid}/split", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="How an entry could be shared out")  # fmt: skip
async def suggested_split(work: Work, entry_id: BankEntryId) -> SplitOut | None:
    """Named invoices first, then the payer's oldest undisputed; null when none is open."""
    return await queries.suggested_split(work, entry_id)


@post_once("/bank-entries/{entry_id:uuid}/split", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Share an entry out over invoices")  # fmt: skip
async def confirm_split(work: Work, entry_id: BankEntryId, data: SplitIn) -> ConfirmOut:
    """Each part pays its invoice, the rest is the client's credit; the client is told."""
    return await commands.confirm_split(work, entry_id, data)


@post_once("/bank-entries/{entry_id:uuid}/set-aside", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Leave an entry in suspense for a reason")  # fmt: skip
async def set_aside(work: Work, entry_id: BankEntryId, data: SetAsideIn) -> BankEntryOut:
    """It no longer waits for anybody, but stays in suspense and in the reconciliation."""
    return await commands.set_aside_entry(work, entry_id, data)


@get("/bank-entries/{entry_id:uuid}/inside", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="What is inside a batch")  # fmt: skip
async def inside(work: Work, entry_id: BankEntryId) -> list[InsideOut]:
    """The payments of a batch that the bank booked as one sum, once a notification named them."""
    return await queries.payments_inside(work, entry_id)


@get("/bank-entries/{entry_id:uuid}/takes-back", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="What a debit may take back")  # fmt: skip
async def takes_back_candidates(work: Work, entry_id: BankEntryId) -> list[BankEntryOut]:
    """Confirmed credits of the same payer, mandate or end-to-end id."""
    return await queries.takes_back_candidates(work, entry_id)


@post_once("/bank-entries/{entry_id:uuid}/takes-back", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="The bank takes a payment back")  # fmt: skip
async def takes_back(work: Work, entry_id: BankEntryId, data: TakesBackIn) -> UndoOut:
    """A chargeback or a returned direct debit: the invoices of that credit are open again."""
    return await commands.takes_back(work, entry_id, data)


@post_once("/bank-entries/{entry_id:uuid}/undo", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Ask to undo what was said about an entry")  # fmt: skip
async def ask_undo(work: Work, entry_id: BankEntryId, data: UndoIn) -> UndoOut:
    """Say why it is wrong; another person decides."""
    return await commands.ask_undo(work, entry_id, data)


@get("/bank-undos", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="What is to be undone")  # fmt: skip
async def undos(work: Work, entry_id: BankEntryId | None = None) -> list[UndoOut]:
    """What waits for a second person, or everything about one entry."""
    return await queries.undos(work, entry_id)


@post_once("/bank-undos/{undo_id:uuid}/decide", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Undo it, or leave it")  # fmt: skip
async def decide_undo(work: Work, undo_id: UndoId, data: DecideUndoIn) -> UndoOut:
    """The second person's word: invoices are open again and the entry is in suspense, or not."""
    return await commands.decide_undo(work, undo_id, data)


@get("/bank-rules", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="Rules for entries that come again")  # fmt: skip
async def bank_rules(work: Work) -> list[BankRuleOut]:
    """The present version of each rule, in the order in which they decide."""
    return await queries.bank_rules(work)


@post_once("/bank-rules", permission=Permission.MATCHES_CONFIRM, tags=["treasury"],
           summary="Write a rule")  # fmt: skip
async def write_rule(work: Work, data: BankRuleIn) -> BankRuleOut:
    """A draft: it does nothing until it is switched on."""
    return await commands.write_rule(work, data)


@post_once("/bank-rules/{rule_id:uuid}/change", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Change a rule")  # fmt: skip
async def change_rule(work: Work, rule_id: BankRuleId, data: BankRuleIn) -> BankRuleOut:
    """A new version, as a draft; the old one ends now."""
    return await commands.change_rule(work, rule_id, data)


@get("/bank-rules/{rule_id:uuid}/preview", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="What a rule would have matched")  # fmt: skip
async def preview_rule(work: Work, rule_id: BankRuleId) -> BankRulePreviewOut:
    """Past entries that fit, with their sums; nothing is done to them."""
    return await queries.preview_rule(work, rule_id)


@post_once("/bank-rules/{rule_id:uuid}/switch", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Switch a rule on or off")  # fmt: skip
async def switch_rule(work: Work, rule_id: BankRuleId, data: BankRuleSwitchIn) -> BankRuleOut:
    """To switch on, repeat how many past entries the preview matched."""
    return await commands.switch_rule(work, rule_id, data)


@get("/bank-pending", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="Announced, not booked")  # fmt: skip
async def pending(work: Work, account_id: BankAccountId | None = None) -> list[PendingOut]:
    """What banks have announced; it is in no balance."""
    return await queries.pending_entries(work, account_id)


@get("/bank-accounts/{account_id:uuid}/reconciliations", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="Each statement beside the books")  # fmt: skip
async def reconciliations(
    work: Work, account_id: BankAccountId, cursor: Cursor | None = None, limit: PageSize = 20
) -> Page[ReconciledOut]:
    """Per statement: its closing balance, the books on that day, and what makes a difference."""
    return await queries.reconciled(work, account_id, cursor=cursor, limit=limit)


@get("/bank-accounts/{account_id:uuid}/reconciliations.csv", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="Each statement beside the books, as CSV",
     media_type="text/csv")  # fmt: skip
async def reconciliations_csv(work: Work, account_id: BankAccountId) -> Response[bytes]:
    """The same as a table for a spreadsheet, the latest thousand statements."""
    return table_file(await queries.reconciliation_csv(work, account_id), "reconciliation.csv")


ROUTES = [
    upload,
    look_at_upload,
    import_upload,
    discard_upload,
    csv_mappings,
    save_mapping,
    forget_mapping,
    suggested_split,
    confirm_split,
    set_aside,
    inside,
    takes_back_candidates,
    takes_back,
    ask_undo,
    undos,
    decide_undo,
    bank_rules,
    write_rule,
    change_rule,
    preview_rule,
    switch_rule,
    pending,
    reconciliations,
    reconciliations_csv,
]
