"""Rows of money out: a run, a payout that came back, mandates, collections, what is owed."""

from datetime import date
from typing import Any

import msgspec

from guild.core.ids import PayoutRunId, RefundId, new_id
from guild.core.money import Money
from guild.core.work import Work
from guild.documents.commands import store
from guild.exchange.commands import accept, book, upload
from guild.governance.queries import charter_at
from guild.members.queries import approved_account
from guild.receivables.models import ClientRefund
from guild.treasury import commands, queries
from guild.treasury.commands.payouts import new_payout, paying_account
from guild.treasury.models import DirectDebit, IncomeStatement, PayoutRun
from guild.treasury.schemas import BatchIn, ExplainIn, MandateIn
from tests.camt import Move
from tests.conftest import NOON
from tests.features.exchange import papers
from tests.features.reputation.story import firm
from tests.features.treasury.test_status_reports import report

CREDITOR_ID = "BE50ZZZ0403019261"
IBAN = "BE68539007547034"
REASON = {"reason": "There is a good reason for it."}
MANDATE = {"reference": "M-9", "signed_on": "2026-10-01", "holder": "Voorbeeld bv", "iban": IBAN}


async def make_payouts(world: Any) -> None:
    """The second and third treasurers did it all, so that the first one is the other person."""
    coop = msgspec.structs.replace(world.system.settings.coop, creditor_id=CREDITOR_ID)
    world.system.settings = msgspec.structs.replace(world.system.settings, coop=coop)
    start = world.clock()
    world.clock.set(NOON)
    await _came_back(world)
    await _run(world)
    world.clock.set(start)  # invoices are issued in the order of their days
    await _debits(world)
    await _owed(world)
    async with world.as_house() as work:
        owner = world.people["owner"].id
        printed = IncomeStatement(member_id=owner, year=2024, asked_at=work.now)
        work.session.add(printed)
        printed.document_id = await store(
            work, b"%PDF-1.7", "application/pdf", "income-2024.pdf", owner
        )


async def _came_back(world: Any) -> None:
    """A payout in a file that the bank refused, and one more that waits for a file."""
    owner, desk = world.people["owner"], world.desk
    asked = await desk.approve(await desk.ask(owner, "1.00"))
    async with world.as_("treasurer2") as work:
        batch = await commands.make_payment_batch(work, BatchIn())
        refused = report(batch.message_id, {asked.id.hex: ("RJCT", "AC04")})
        await commands.import_status_report(work, refused)
    left = world.rows["approved_payout"]
    world.rows |= {
        "returned_payout": asked.id,
        "status_report": report(batch.message_id, {left.hex: ("RJCT", "AC04")}).decode(),
    }
    await desk.approve(await desk.ask(owner, "2.00"))


async def _run(world: Any) -> None:
    """A run of the second treasurer's with one payout to approve."""
    owner = world.people["owner"].id
    async with world.as_("treasurer2") as work:
        charter = await charter_at(work)
        paying = await paying_account(work, "EUR")
        payee = await approved_account(work, owner)
        assert payee is not None
        run = PayoutRun(
            id=PayoutRunId(new_id()), trigger="treasurer", state="running", day=work.today,
            currency="EUR", account_id=paying.id, total=1, done=0, payouts=0, skipped=0,
            amount_minor=0, started_by=work.actor.member_id, started_at=work.now,
        )  # fmt: skip
        work.session.add(run)
        await work.session.flush()
        payout = new_payout(
            work, charter, owner, "earnings", Money(300, "EUR"), paying=paying, payee=payee,
            lately=0, check=None, run_id=run.id,
        )  # fmt: skip
        work.session.add(payout)
        run.done, run.payouts, run.amount_minor = 1, 1, 300
        run.state, run.finished_at = "done", work.now
        world.rows |= {"run": run.id, "payee_account": payee.id}


async def _debits(world: Any) -> None:
    """A mandate to confirm, one in force, and collections to file and to stop."""
    owner = world.people["owner"]
    clients = [await world.make.organisation(owner, **firm(world.make.number())) for _ in range(3)]
    mandates = []
    for number, client in enumerate(clients[:2]):
        async with world.as_("treasurer2") as work:
            said = {**MANDATE, "reference": f"M-{number}", "organisation_id": str(client.id)}
            mandates.append(await commands.enter_mandate(work, msgspec.convert(said, MandateIn)))
    invoice_id = await world.make.issued_invoice(owner, clients[1])
    async with world.as_("treasurer3") as work:
        await commands.confirm_mandate(work, mandates[1].id)
        debit = await _announced(work, mandates[1].id, invoice_id)
    world.rows |= {
        "owner_email": owner.email, "mandate": mandates[0].id, "direct_debit": debit.id,
        "debit_client": clients[2].id,
    }  # fmt: skip


async def _announced(work: Work, mandate_id: Any, invoice_id: Any) -> DirectDebit:
    charter = await charter_at(work)
    debit = DirectDebit(
        id=new_id(), mandate_id=mandate_id, invoice_id=invoice_id, amount_minor=121_000,
        currency="EUR", collect_on=date(2026, 11, 26), sequence="FRST", state="announced",
        announced_at=work.now, charter_version=charter.version, reason="",
    )  # fmt: skip
    work.session.add(debit)
    await work.session.flush()
    return debit


async def _owed(world: Any) -> None:
    """A refund and a supplier's invoice that have no order."""
    desk, owner = world.desk, world.people["owner"]
    client = world.rows["debit_client"]
    await desk.bring_in(
        desk.statement(Move(cents=1_000, reference="O1", name="Payer", iban=IBAN)), 1
    )
    async with world.as_("treasurer2") as work:
        found = {one.reference: one.id for one in (await queries.entries(work, limit=100)).items}
        said = ExplainIn(kind="client_credit", note="On account", client_id=client)
        await commands.explain_entry(work, found["O1"], said)
        refund = ClientRefund(
            id=RefundId(new_id()), client_id=client, member_id=owner.id,
            bank_entry_id=found["O1"], state="approved", amount_minor=1_000, currency="EUR",
            reason="Paid by mistake", proposed_by=world.people["treasurer2"].id,
            proposed_at=work.now, approved_by=world.people["treasurer3"].id, decided_at=work.now,
        )  # fmt: skip
        work.session.add(refund)
    async with world.as_("owner") as work:
        cost = await upload(work, papers.ubl(number="F-77"), contract_id=world.rows["signed"])
        await accept(work, cost.id)
    async with world.as_("treasurer2") as work:
        await book(work, cost.id)
    world.rows |= {"refund_owed": refund.id, "cost_owed": cost.id}


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    returned, run = {"payout_id": rows["returned_payout"]}, {"run_id": rows["run"]}
    mandate, debit = {"mandate_id": rows["mandate"]}, {"direct_debit_id": rows["direct_debit"]}
    refund = {"refund_id": rows["refund_owed"]}
    cost = rows["cost_owed"]
    payee = {"account_id": rows["payee_account"]}
    check = {"result": "MTCH", "source": "Portal of the bank"}
    signed = {**MANDATE, "organisation_id": str(rows["debit_client"])}
    month = {"country": "BE", "month": "2026-11"}
    told = rows["status_report"].encode()
    paths: dict[str, dict[str, Any]] = {
        "POST /api/v1/payouts/{payout_id}/again": returned,
        "POST /money/payouts/{payout_id}/again": returned,
        "GET /api/v1/payout-runs/{run_id}": run,
        "POST /api/v1/payout-runs/{run_id}/approve": run,
        "GET /treasury/payout-runs/{run_id}": run,
        "POST /approvals/runs/{run_id}/approve": run,
        "POST /api/v1/mandates/{mandate_id}/confirm": mandate,
        "POST /treasury/mandates/{mandate_id}/confirm": mandate,
        "POST /api/v1/refunds/{refund_id}/order": refund,
        "POST /treasury/owed/refunds/{refund_id}/{step}": {**refund, "step": "order"},
        "POST /api/v1/supplier-invoices/{supplier_invoice_id}/order": {"supplier_invoice_id": cost},
        "POST /treasury/owed/invoices/{invoice_id}/order": {"invoice_id": cost},
    }
    return {door: {"path": path} for door, path in paths.items()} | {
        "POST /api/v1/mandates/{mandate_id}/cancel": {"path": mandate, "json": REASON},
        "POST /treasury/mandates/{mandate_id}/cancel": {"path": mandate, "data": REASON},
        "POST /api/v1/direct-debits/{direct_debit_id}/stop": {"path": debit, "json": REASON},
        "POST /treasury/direct-debits/{direct_debit_id}/stop": {"path": debit, "data": REASON},
        "POST /api/v1/refunds/{refund_id}/keep": {"path": refund, "json": REASON},
        "POST /api/v1/mandates": {"json": signed},
        "POST /treasury/mandates": {"data": signed},
        "POST /api/v1/bank-accounts/{account_id}/payee-checks": {"path": payee, "json": check},
        "POST /treasury/payees/{account_id}/check": {"path": payee, "data": check},
        "GET /treasury/payroll": {"params": month},
        "GET /treasury/payroll/file": {"params": month},
        "POST /employed": {"data": {
            "email": rows["owner_email"], "country": "BE", "number": "E-1",
            "since": "2026-11-01"}},
        "POST /api/v1/payment-status-reports": {"content": told},
        "POST /treasury/status-reports": {"files": {"report": ("r.xml", told, "text/xml")}},
    }  # fmt: skip
