"""Rows of the bank desk: an upload, a mapping, a rule, what may be undone and what comes back."""

from typing import Any

from guild.treasury import commands, queries
from guild.treasury.rules.bank_rules import RuleAction, RuleConditions
from guild.treasury.rules.csv_files import CsvMapping
from guild.treasury.schemas import (
    BankRuleIn,
    ExplainIn,
    MappingIn,
    UndoIn,
)
from tests.camt import Move

CSV = b"Date,Amount,Text\n2026-11-22,-1.00,Paper\n"
MAPPING = {"booked_on": "Date", "amount": "Amount", "text": ["Text"], "delimiter": ",",
           "decimal": ".", "date_format": "YYYY-MM-DD"}  # fmt: skip
RULE = {"name": "Paper", "conditions": {"text": "paper that nobody bought"},
        "action": {"do": "book", "account": "suppliers", "note": "Paper"}}  # fmt: skip
RULE_FORM = {"name": "Paper", "text": "paper that nobody bought", "do": "book",
             "account": "suppliers", "note": "Paper"}  # fmt: skip
IBAN = "BE68539007547034"


async def make_bank(world: Any, invoice_id: Any) -> None:
    """Everything is done by the second treasurer, so that the first one is the other person."""
    rows, desk = world.rows, world.desk
    moves = [
        Move(cents=-201, reference="U1", text="Explained, to be undone"),
        Move(cents=-202, reference="U2", text="Explained, an undo is asked for"),
        Move(cents=1_000, reference="U3", name="Payer", iban=IBAN),
        Move(cents=-1_000, reference="U4", name="Payer", iban=IBAN, return_reason="MD06"),
    ]
    await desk.bring_in(desk.statement(*moves), 1)
    async with world.as_("treasurer2") as work:
        found = {one.reference: one.id for one in (await queries.entries(work, limit=100)).items}
        for name in ("U1", "U2"):
            said = ExplainIn(kind="suppliers", note="Paper")
            await commands.explain_entry(work, found[name], said)
        undo = await commands.ask_undo(work, found["U2"], UndoIn(reason="Not paper"))
        await commands.confirm_match(work, found["U3"], invoice_id)
        upload = await commands.keep_upload(work, CSV, "bank.csv")
        rule = await commands.write_rule(
            work,
            BankRuleIn(
                name="Paper",
                conditions=RuleConditions(text="paper that nobody bought"),
                action=RuleAction(do="book", account="suppliers", note="Paper"),
            ),
        )
        saved = await commands.save_mapping(
            work,
            MappingIn(account_id=desk.account_id, name="Web", upload_id=upload,
                      mapping=CsvMapping(**MAPPING)),  # type: ignore[arg-type]  # plain words
        )  # fmt: skip
    rows |= {
        "entry_explained": found["U1"], "entry_undo": found["U2"], "entry_paid": found["U3"],
        "entry_back": found["U4"], "undo": undo.id, "upload": upload, "bank_rule": rule.id,
        "csv_mapping": saved.id, "split_invoice": invoice_id,
    }  # fmt: skip


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    upload, rule = {"upload_id": rows["upload"]}, {"rule_id": rows["bank_rule"]}
    coop, undo = {"account_id": rows["coop_account"]}, {"undo_id": rows["undo"]}
    back, said = {"entry_id": rows["entry_back"]}, {"entry_id": rows["entry_explained"]}
    mapping = {"mapping_id": rows["csv_mapping"]}
    taken, invoice = str(rows["entry_paid"]), str(rows["split_invoice"])
    account = str(rows["coop_account"])
    mapped = {"account_id": account, "name": "Web", **MAPPING, "text0": "Text"}
    mapped.pop("text")
    return {
        "POST /api/v1/bank-uploads": {"content": CSV},
        "GET /api/v1/bank-uploads/{upload_id}": {"path": upload},
        "POST /api/v1/bank-uploads/{upload_id}/import": {"path": upload},
        "DELETE /api/v1/bank-uploads/{upload_id}": {"path": upload},
        "POST /api/v1/csv-mappings": {"json": {
            "account_id": account, "name": "Web", "upload_id": str(rows["upload"]),
            "mapping": MAPPING}},
        "DELETE /api/v1/csv-mappings/{mapping_id}": {"path": mapping},
        "POST /api/v1/bank-entries/{entry_id}/split": {
            "json": {"parts": [{"invoice_id": invoice, "amount": "1.00"}]}},
        "POST /api/v1/bank-entries/{entry_id}/set-aside": {"json": {"reason": "Asked the client"}},
        "GET /api/v1/bank-entries/{entry_id}/takes-back": {"path": back},
        "POST /api/v1/bank-entries/{entry_id}/takes-back": {
            "path": back, "json": {"entry_id": taken}},
        "POST /api/v1/bank-entries/{entry_id}/undo": {"path": said, "json": {"reason": "Wrong"}},
        "POST /api/v1/bank-undos/{undo_id}/decide": {"path": undo, "json": {"approve": True}},
        "POST /api/v1/bank-rules": {"json": RULE},
        "POST /api/v1/bank-rules/{rule_id}/change": {"path": rule, "json": RULE},
        "GET /api/v1/bank-rules/{rule_id}/preview": {"path": rule},
        "POST /api/v1/bank-rules/{rule_id}/switch": {
            "path": rule, "json": {"on": True, "matched": 0}},
        "GET /api/v1/bank-accounts/{account_id}/reconciliations": {"path": coop},
        "GET /api/v1/bank-accounts/{account_id}/reconciliations.csv": {"path": coop},
        "POST /api/v1/invoices/{invoice_id}/payment-links": {"json": {"provider": "stripe"}},
        "POST /api/v1/provider-webhooks/stripe": {"content": b"{}"},
        "POST /api/v1/provider-webhooks/gocardless": {"content": b"{}"},
        "POST /treasury/uploads": {"files": {"statement": ("bank.csv", CSV, "text/csv")}},
        "GET /treasury/uploads/{upload_id}": {"path": upload},
        "POST /treasury/uploads/{upload_id}/mapping": {"path": upload, "data": mapped},
        "POST /treasury/uploads/{upload_id}/import": {"path": upload, "data": {}},
        "POST /treasury/entries/{entry_id}/split": {"data": {f"part-{invoice}": "1.00"}},
        "POST /treasury/entries/{entry_id}/set-aside": {"data": {"reason": "Asked the client"}},
        "POST /treasury/entries/{entry_id}/takes-back": {"path": back, "data": {"entry_id": taken}},
        "POST /invoice/payments/ask/{provider}": {"path": {"provider": "stripe"}},
        "POST /invoice/payments/{entry_id}/object": {"data": {"text": "For another invoice"}},
        "POST /treasury/entries/{entry_id}/objection": {"data": {"answer": "It stays as it is"}},
        "POST /treasury/entries/{entry_id}/undo": {"path": said, "data": {"undo_reason": "Wrong"}},
        "POST /treasury/entries/{entry_id}/undos/{undo_id}": {
            "path": {**undo, "entry_id": rows["entry_undo"]}, "data": {"decision": "approve"}},
        "GET /treasury/reconciliation/{account_id}": {"path": coop},
        "POST /treasury/rules": {"data": RULE_FORM},
        "GET /treasury/rules/{rule_id}": {"path": rule},
        "POST /treasury/rules/{rule_id}/change": {"path": rule, "data": RULE_FORM},
        "POST /treasury/rules/{rule_id}/switch": {
            "path": rule, "data": {"to": "on", "matched": "0"}},
    }  # fmt: skip
