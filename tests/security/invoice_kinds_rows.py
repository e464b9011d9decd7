"""Rows of the kinds of invoices: a pro-forma, a deposit and a final draft, plans, self-bills."""

from base64 import b64encode
from typing import Any

import msgspec

from guild.core.ids import InvoiceId, PayoutId, RecurringPlanId, new_id
from guild.documents.commands import store
from guild.invoicing import commands
from guild.invoicing.models import Invoice
from guild.invoicing.schemas.kinds import DepositIn, ProformaIn
from guild.invoicing.schemas.recurring import PlanIn
from guild.invoicing.schemas.shares import SharesIn
from guild.members.models import Member

REASON = "There is a good reason for it."
LINE = {"text": "Upkeep {month}", "unit_price": "100"}
PLAIN_LINE = {"text": "Upkeep", "unit_price": "100"}
FILE = b"%PDF-1.7 hours"


async def make_invoice_kinds(world: Any) -> None:
    """All are the owner's; the final draft and the deposit stand on one contract."""
    owner, rows = world.people["owner"], world.rows
    contract = await world.make.signed_contract(owner, await world._client())
    rows["kinds_contract"] = contract.id
    at = {"contract_id": str(contract.id)}
    async with world.as_("owner") as work:
        rows["proforma"] = await commands.draft_proforma(
            work, msgspec.convert({**at, "lines": [PLAIN_LINE]}, ProformaIn)
        )
        deposit = await commands.draft_deposit(
            work, msgspec.convert({**at, "percent": "10"}, DepositIn)
        )
        rows["final_draft"] = await commands.copy_invoice(work, rows["proforma"])
        rows["with_file"] = await commands.copy_invoice(work, rows["proforma"])
        await commands.attach_file(work, rows["with_file"], "hours.pdf", FILE)
        await commands.issue_invoice(work, deposit)
        rows["deposit"] = deposit
        for name in ("plan", "plan_paused"):
            rows[name] = await commands.start_plan(work, _plan(contract.id))
        await commands.pause_plan(work, RecurringPlanId(rows["plan_paused"]))
    async with world.as_house() as work:
        member = await work.session.get_one(Member, owner.id)
        kept = (member.vat_number, member.enterprise_number)
        member.vat_number, member.enterprise_number = "BE0403019261", "0403019261"
    async with world.as_("owner") as work:
        await commands.sign_mandate(work, owner.legal_name, terms_version=1)
    async with world.as_house() as work:
        rows["self_bill"] = await commands.self_bill_payout(
            work, PayoutId(new_id()), owner.id, "EUR",
            [commands.BilledLine(invoice_id=InvoiceId(deposit), number="1", net_minor=10_000)],
        )  # fmt: skip
    async with world.as_house() as work:
        member = await work.session.get_one(Member, owner.id)
        member.vat_number, member.enterprise_number = kept
        # The other one may sign a mandate of her own.
        other = await work.session.get_one(Member, world.people["other"].id)
        other.enterprise_number = "0403019261"
    rows["other_name"] = other.legal_name
    await _shared_sent_and_held(world)


async def _shared_sent_and_held(world: Any) -> None:
    """A draft shared with the other one, a pro-forma that can be mailed, a payout not billed."""
    owner, other, rows = world.people["owner"], world.people["other"], world.rows
    async with world.as_("owner") as work:
        rows["shared_draft"] = await commands.copy_invoice(work, rows["proforma"])
        rows["mailable"] = await commands.draft_proforma(
            work,
            msgspec.convert(
                {"contract_id": str(rows["kinds_contract"]), "lines": [PLAIN_LINE]}, ProformaIn
            ),
        )
        halves = [{"member_id": str(one.id), "bps": 5_000} for one in (owner, other)]
        await commands.share_draft(
            work, rows["shared_draft"], msgspec.convert({"shares": halves}, SharesIn)
        )
    async with world.as_house() as work:
        mailable = await work.session.get_one(Invoice, rows["mailable"])
        mailable.pdf_document_id = await store(
            work, FILE, "application/pdf", "pro-forma.pdf", mailable.id
        )
        rows["held_payout"] = PayoutId(new_id())
        line = commands.BilledLine(
            invoice_id=InvoiceId(rows["deposit"]), number="1", net_minor=10_000
        )
        await commands.self_bill_payout(work, rows["held_payout"], owner.id, "EUR", [line])


def _plan(contract_id: Any) -> PlanIn:
    return msgspec.convert(plan(contract_id), PlanIn)


def plan(contract_id: Any) -> dict[str, Any]:
    """A plan as it is sent."""
    return {"contract_id": str(contract_id), "starts_on": "2027-01-04", "terms": {"lines": [LINE]}}


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    draft = {"invoice_id": rows["final_draft"]}
    held = {"invoice_id": rows["with_file"]}
    proforma = {"invoice_id": rows["proforma"]}
    bill = {"invoice_id": rows["self_bill"]}
    running = {"plan_id": rows["plan"]}
    why = {"reason": REASON, "reason_code": "mistake"}
    at = {"contract_id": str(rows["kinds_contract"])}
    lines = {"lines.0.text": "Upkeep", "lines.0.unit_price": "100"}
    form = {**at, **lines, "starts_on": "2027-01-04"}
    shared = {"invoice_id": rows["shared_draft"]}
    held_back = {"payout_id": rows["held_payout"]}
    return {
        "POST /api/v1/invoices/{invoice_id}/reissue": {"json": why},
        "POST /invoices/{invoice_id}/reissue": {"data": why},
        "POST /invoices/{invoice_id}/credit": {"data": why},
        "POST /invoices/{invoice_id}/notes": {"data": {"text": REASON}},
        "POST /api/v1/invoices/{invoice_id}/notes": {"json": {"text": REASON}},
        "POST /invoices/{invoice_id}/step/{step}": {"path": {**draft, "step": "copy"}},
        "POST /invoices/{invoice_id}/attachments": {
            "path": draft, "files": {"file": ("hours.pdf", FILE, "application/pdf")}},
        "POST /api/v1/invoices/{invoice_id}/attachments": {
            "path": draft, "json": {"name": "h.pdf", "data": b64encode(FILE).decode()}},
        "POST /api/v1/invoices/{invoice_id}/attachments/remove": {
            "path": held, "json": {"name": "hours.pdf"}},
        "POST /api/v1/pro-formas": {"json": {**at, "lines": [PLAIN_LINE]}},
        "POST /api/v1/invoices/{invoice_id}/invoice": {"path": proforma},
        "POST /api/v1/deposits": {"json": {**at, "percent": "5"}},
        "POST /api/v1/invoices/{invoice_id}/deposits": {
            "path": draft, "json": {"deposits": [str(rows["deposit"])]}},
        "POST /invoices/{invoice_id}/deposits": {
            "path": draft, "data": {f"deposit_{rows['deposit']}": "yes"}},
        "POST /invoices/new/{making}": {"path": {"making": "invoice"}, "data": {**at, **lines}},
        "GET /invoices/{invoice_id}/edit": {"path": draft},
        "POST /invoices/{invoice_id}/edit": {
            "path": draft, "data": {**lines, "row_version": "1"}},
        "POST /api/v1/pro-formas/{invoice_id}/send": {"path": {"invoice_id": rows["mailable"]}},
        "GET /api/v1/pro-formas/{invoice_id}/sendings": {"path": proforma},
        "POST /api/v1/invoices/{invoice_id}/shares": {"path": draft, "json": {"shares": []}},
        "POST /invoices/{invoice_id}/shares": {"path": draft, "data": {"by": "percent"}},
        "POST /api/v1/invoices/{invoice_id}/shares/agree": {"path": shared},
        "POST /api/v1/invoices/{invoice_id}/shares/decline": {
            "path": shared, "json": {"reason": REASON}},
        "POST /invoices/{invoice_id}/shares/{answer}": {
            "path": {**shared, "answer": "decline"}, "data": {"reason": REASON}},
        "POST /api/v1/self-bills/due/{payout_id}/retry": {"path": held_back},
        "POST /self-billing/due/{payout_id}/retry": {"path": held_back},
        "POST /api/v1/recurring-invoices": {"json": plan(rows["kinds_contract"])},
        "POST /recurring-invoices": {"data": form},
        "GET /api/v1/recurring-invoices/{plan_id}": {"path": running},
        "POST /api/v1/recurring-invoices/{plan_id}/skip": {"path": running, "json": {"number": 0}},
        "POST /api/v1/recurring-invoices/{plan_id}/{step}": {
            "path": {"plan_id": rows["plan_paused"], "step": "resume"}},
        "POST /recurring-invoices/{plan_id}/{step}": {
            "path": {"plan_id": rows["plan_paused"], "step": "resume"}, "data": {"x": ""}},
        "POST /api/v1/me/self-billing": {
            "json": {"typed_name": rows["other_name"], "terms_version": 1}},
        "POST /api/v1/me/self-billing/revoke": {"json": {"reason": REASON}},
        "POST /self-billing/{act}": {"path": {"act": "revoke"}, "data": {"reason": REASON}},
        "POST /api/v1/self-bills/{invoice_id}/object": {"path": bill, "json": {"reason": REASON}},
        "POST /api/v1/self-bills/{invoice_id}/accept": {"path": bill},
        "POST /self-bills/{invoice_id}/{answer}": {
            "path": {**bill, "answer": "accept"}, "data": {"reason": ""}},
    }  # fmt: skip
