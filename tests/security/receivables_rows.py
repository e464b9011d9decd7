"""Rows of what clients owe: objections, a refund, write-offs, interest, an insolvency, a letter."""

from base64 import b64encode
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.invoicing.commands import record_payment
from guild.ledger.chart import Account, credit, debit
from guild.ledger.commands import post
from guild.receivables import commands
from guild.receivables.models import ObjectionFile
from guild.receivables.schemas import (
    FileIn,
    InsolvencyIn,
    ObjectionIn,
    ProfileReplyIn,
    RefundIn,
    WriteOffIn,
)
from tests.features.receivables.scene import client_by_link

REASON = "There is a good reason for it."
NIL = "00000000-0000-0000-0000-000000000000"
FILE = FileIn(
    name="proof.pdf", media_type="application/pdf", content=b64encode(b"%PDF-1.7 proof").decode()
)
WRONG = ObjectionIn(reason_code="defective", text="Colours", amount="100.00", files=(FILE,))
COURT = {
    "court": "Enterprise court of Ghent", "case_number": "20260815",
    "declared_on": "2026-11-20", "evidence": "Official journal of 21 November 2026",
}  # fmt: skip
INVOICES = (
    "disputed_open", "disputed_answered", "disputed_mediated", "late", "claimed", "lost_asked",
    "lost_booked", "with_credit", "reminded",
)  # fmt: skip
GIVE_UP = {"reason_code": "uncollectable", "reason": REASON}


async def make_receivables(world: Any) -> None:
    """All of them are of the owner's clients; treasurer2 asked for what treasurer decides."""
    before = world.clock.moment
    # All on one day: numbers of a series are in the order of days, and others issue after this.
    for name in INVOICES:
        terms = {"payment_term_days": 1} if name in {"late", "claimed"} else {}
        await _issued(world, name, **terms)
    await _objections(world)
    await _interest(world)
    await _written_off(world)
    await _credit(world)
    async with world.as_("treasurer2") as work:
        insolvent = await world._client()  # the world's own module
        flag = InsolvencyIn(
            court="Court", case_number="1", declared_on=date(2026, 11, 19), evidence="The journal"
        )
        flagged = await commands.flag_insolvent(work, insolvent.id, flag)
    async with world.as_house() as work:
        await commands.bundle_proofs(work, flagged)
    world.rows["insolvent"] = insolvent.id
    await _reminded(world)
    world.clock.set(before)


async def _issued(world: Any, name: str, **fields: Any) -> InvoiceId:
    client = await world._client()
    made: InvoiceId = await world.make.issued_invoice(world.people["owner"], client, **fields)
    world.rows[name], world.rows[f"{name}_client"] = made, client.id
    world.links[name] = await world.make.link(
        client.contacts[0].id, made, purpose="invoice", hours=24 * 30
    )
    return made


async def _objections(world: Any) -> None:
    """One that waits for the owner, one that she answered, one that a representative has."""
    for name in ("open", "answered", "mediated"):
        invoice_id = world.rows[f"disputed_{name}"]
        async with await client_by_link(world, invoice_id) as work:
            made = await commands.object_to(work, invoice_id, WRONG)
        world.rows[f"objection_{name}"] = made
        if name == "answered":
            async with world.as_("owner") as work:
                await commands.answer_objection(work, made, "They match the sample.")
        elif name == "mediated":
            async with world.as_("owner") as work:
                await commands.rule_on(work, made, "mediate")
    async with world.as_house() as work:
        for name in ("open", "answered"):
            world.rows[f"objection_{name}_file"] = await work.session.scalar(
                select(ObjectionFile.document_id).where(
                    ObjectionFile.objection_id == world.rows[f"objection_{name}"]
                )
            )


async def _interest(world: Any) -> None:
    """Two invoices that were paid a day late; on one of them interest was claimed."""
    world.clock.advance(days=2)
    for name in ("late", "claimed"):
        async with world.as_house() as work:
            await record_payment(
                work, world.rows[name], Money(121_000, "EUR"), Account("opening"), work.today
            )
    async with world.as_("owner") as work:
        made = await commands.claim_interest(work, world.rows["claimed"])
    async with world.as_house() as work:
        await commands.print_interest(work, made)
    world.rows["interest"] = made


async def _written_off(world: Any) -> None:
    """One that waits for its second person, one that is booked."""
    for name in ("asked", "booked"):
        invoice_id = world.rows[f"lost_{name}"]
        async with world.as_("owner") as work:
            wanted = WriteOffIn(reason_code="uncollectable", reason=REASON)
            made = await commands.ask_write_off(work, invoice_id, wanted)
        world.rows[f"write_off_{name}"] = made
    async with world.as_("treasurer2") as work:
        await commands.decide_write_off(work, world.rows["write_off_booked"], approve=True)


async def _credit(world: Any) -> None:
    """A client with money on account, of which a part is to be given back."""
    client = world.rows["with_credit_client"]
    amount = Money(20_000, "EUR")
    async with world.as_house() as work:
        await post(
            work, kind="client_credit", text="On account",
            lines=[debit("opening", amount), credit("client_credit", amount, client)],
        )  # fmt: skip
    async with world.as_("treasurer2") as work:
        wanted = RefundIn(amount="50.00", currency="EUR", reason=REASON)
        world.rows["refund"] = await commands.propose_refund(work, client, wanted)
    async with await client_by_link(world, world.rows["with_credit"]) as work:
        contested = ProfileReplyIn(text="We pay on the day.", contested=True)
        await commands.reply_to_profile(work, world.rows["with_credit"], contested)


async def _reminded(world: Any) -> None:
    """The letter of the last step, two months on."""
    invoice_id = world.rows["reminded"]
    world.clock.advance(days=64)
    async with world.as_house() as work:
        sent = await commands.remind(work, invoice_id)
    assert sent is not None
    async with world.as_house() as work:
        await commands.print_reminder(work, sent)


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    answered = {"objection_id": rows["objection_answered"]}
    mediated = {"objection_id": rows["objection_mediated"]}
    booked = {"write_off_id": rows["write_off_booked"]}
    late, claimed = {"invoice_id": rows["late"]}, {"invoice_id": rows["claimed"]}
    insolvent = {"client_id": rows["insolvent"]}
    credited = {"client_id": rows["with_credit_client"]}
    proof = {"document_id": rows["objection_open_file"]}
    letter = {"invoice_id": rows["reminded"], "step": 30}
    page = "/receivables/invoices/{invoice_id}"
    of_open = {"invoice_id": rows["disputed_open"]}
    refund = {"amount": "10.00", "currency": "EUR", "reason": REASON}
    stop = {"scope": "house", "subject_id": NIL, "reason": REASON, "stopped": True}
    soon = str(date(2026, 11, 23) + timedelta(days=7))
    return {
        "GET /api/v1/objections/{objection_id}/files/{document_id}": {"path": proof},
        "POST /api/v1/objections/{objection_id}/answer": {"json": {"answer": REASON}},
        "POST /api/v1/objections/{objection_id}/credit": {"json": {"reason": REASON}},
        "POST /api/v1/objections/{objection_id}/ruling": {
            "path": mediated, "json": {"outcome": "dismiss", "note": REASON}},
        "POST /objections/{objection_id}/{step}": {
            "path": {**mediated, "step": "dismiss"}, "data": {"note": REASON}},
        f"POST {page}/objections/{{objection_id}}/{{step}}": {
            "path": {**of_open, "step": "answer"}, "data": {"note": REASON}},
        "GET /api/v1/invoice/objections/{objection_id}/files/{document_id}": {
            "path": {**answered, "document_id": rows["objection_answered_file"]}},
        "POST /api/v1/invoice/objections/ruling": {"json": {"outcome": "insist"}},
        "POST /api/v1/invoice/objections": {
            "json": {"reason_code": "defective", "text": REASON, "amount": "10.00"}},
        "POST /api/v1/invoice/promises": {"json": {"pay_by": soon}},
        "POST /api/v1/invoice/payment-profile": {"json": {"text": REASON}},
        "POST /invoice/account/object": {"data": {
            "reason_code": "defective", "text": REASON, "amount": "10.00"}, "files": {"none": b""}},
        "POST /invoice/account/objection": {"data": {"outcome": "insist"}},
        "POST /invoice/account/promise": {"data": {"pay_by": soon}},
        "POST /invoice/account/profile": {"data": {"text": REASON}},
        "GET /invoice/account/statement/{kind}": {"path": {"kind": "csv"}},
        "POST /api/v1/invoices/{invoice_id}/interest-claims": {"path": late},
        f"POST {page}/interest": {"path": late},
        "POST /api/v1/interest-claims/{interest_id}/waive": {"json": {"reason": REASON}},
        f"POST {page}/interest/{{interest_id}}/waive": {
            "path": claimed, "data": {"reason": REASON}},
        "POST /api/v1/invoices/{invoice_id}/write-offs": {"json": GIVE_UP},
        f"POST {page}/write-off": {"data": GIVE_UP},
        "POST /api/v1/write-offs/{write_off_id}/reinstate": {"path": booked},
        "POST /api/v1/write-offs/{write_off_id}/vat": {
            "path": booked, "json": {"decision": "bear", "ground": REASON}},
        "POST /receivables/write-offs/{write_off_id}/{step}": {"path": {"step": "approve"}},
        "POST /receivables/write-offs/{write_off_id}/after/{step}": {
            "path": {**booked, "step": "vat"}, "data": {"decision": "bear", "ground": REASON}},
        "POST /api/v1/clients/{client_id}/insolvency": {"json": COURT},
        "GET /api/v1/clients/{client_id}/insolvency": {"path": insolvent},
        "GET /api/v1/clients/{client_id}/insolvency/proofs": {"path": insolvent},
        "POST /api/v1/clients/{client_id}/insolvency/lift": {
            "path": insolvent, "json": {"reason": REASON}},
        "POST /receivables/clients/{client_id}/insolvency": {"data": COURT},
        "POST /receivables/clients/{client_id}/insolvency/lift": {
            "path": insolvent, "data": {"reason": REASON}},
        "POST /api/v1/clients/{client_id}/refunds": {"path": credited, "json": refund},
        "POST /receivables/clients/{client_id}/refunds": {"path": credited, "data": refund},
        "POST /api/v1/clients/{client_id}/payment-profile/settle": {
            "path": credited, "json": {"outcome": "confirmed", "reason": REASON}},
        "POST /receivables/clients/{client_id}/profile": {
            "path": credited, "data": {"outcome": "confirmed", "reason": REASON}},
        "POST /receivables/clients/{client_id}/reminders": {
            "path": credited, "data": {"stopped": "yes", "reason": REASON}},
        "POST /receivables/reminder-rules": {"data": {"stopped": "yes", "reason": REASON}},
        "POST /api/v1/refunds/{refund_id}/refuse": {"json": {"reason": REASON}},
        "POST /receivables/refunds/{refund_id}/{step}": {"path": {"step": "approve"}},
        "POST /api/v1/receivables/credit": {"json": {"invoice_id": str(rows["with_credit"])}},
        "POST /api/v1/invoices/{invoice_id}/objections": {
            "json": {"reason_code": "defective", "text": REASON, "amount": "10.00"}},
        "POST /api/v1/invoices/{invoice_id}/promises": {"json": {"pay_by": soon}},
        f"POST {page}/promise": {"data": {"pay_by": soon}},
        f"POST {page}/reminders": {"data": {"stopped": "yes", "reason": REASON}},
        "PUT /api/v1/receivables/reminder-rules": {"json": stop},
        "GET /api/v1/invoices/{invoice_id}/reminders/{step}/pdf": {"path": letter},
    }  # fmt: skip
