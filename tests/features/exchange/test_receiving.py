"""Suppliers' invoices: taken in, matched, accepted by one, booked by another, answered."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from guild.contracts.errors import ContractNotFound
from guild.core.errors import Forbidden, IllegalMove
from guild.core.ids import ContractId, InvoiceId, SupplierInvoiceId
from guild.core.outbox import OutboxRow
from guild.core.permissions import SYSTEM, Actor, Role
from guild.core.work import System, begin_work
from guild.documents import queries as documents
from guild.exchange import commands, jobs, queries
from guild.exchange.commands import inbox
from guild.exchange.errors import (
    AlreadyReceived,
    NotBookable,
    NotForUs,
    NotMatched,
    OwnCost,
    ReceivedTwice,
    SecondPersonNeeded,
    SupplierInvoiceNotFound,
)
from guild.exchange.models import (
    SEALED_PAYEE,
    SUPPLIER_INVOICE,
    InboxMessage,
    LoopbackMessage,
    Supplier,
    SupplierInvoice,
)
from guild.exchange.schemas import CostOut, ReasonIn
from guild.invoicing import commands as invoicing
from guild.ledger.chart import Account
from guild.ledger.queries import balance_of
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.features.exchange import papers
from tests.features.exchange.conftest import COOP, invariants_hold, run, transmission

WRONG = ReasonIn(code="PRI", reason="The price is not the agreed one.")


class Office:
    """A member with a signed contract and two treasurers, on one System."""

    def __init__(self, system: System, make: Factories) -> None:
        self.system, self.make = system, make

    async def open(self) -> "Office":
        self.mira = await self.make.member()
        self.contract = await self.make.signed_contract(self.mira)
        self.member = self.make.actor(self.mira)
        self.first = self.make.actor(await self.make.member(roles=[Role.TREASURER]))
        self.second = self.make.actor(await self.make.member(roles=[Role.TREASURER]))
        return self

    async def bring(
        self, content: bytes, who: Actor | None = None, contract_id: ContractId | None = None
    ) -> SupplierInvoiceId:
        async with begin_work(self.system, who or self.member) as work:
            return (await commands.upload(work, content, contract_id=contract_id)).id

    async def read(self, invoice_id: SupplierInvoiceId, who: Actor | None = None) -> CostOut:
        async with begin_work(self.system, who or self.first, read_only=True) as work:
            return await queries.cost(work, invoice_id)

    async def do(self, who: Actor, deed: Any, *given: Any) -> SupplierInvoice:
        async with begin_work(self.system, who) as work:
            done: SupplierInvoice = await deed(work, *given)
            return done

    async def balance(self, code: str, owner: Any = None) -> int:
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            return (await balance_of(work, Account(code, owner), "EUR")).minor


@pytest.fixture
async def office(system: System, make: Factories) -> Office:
    return await Office(system, make).open()


async def test_from_the_file_to_the_books(office: Office, clock: Clock) -> None:
    invoice_id = await office.bring(papers.ubl(), contract_id=office.contract.id)
    shown = await office.read(invoice_id, office.member)
    assert (shown.verdict, shown.findings, shown.payable) == ("fine", [], "242.00")
    assert (shown.supplier.name, shown.buyer) == ("Papier & Fils SA", "Guild Example Cooperative")
    assert (shown.iban_last4, shown.member_name) == ("7034", office.mira.display_name)
    assert [line.name for line in shown.lines] == ["Paper, A2", "Delivery"]
    await run(office.system, clock)
    assert (await office.read(invoice_id)).judged_by.startswith("CEN EN 16931 UBL")

    await office.do(office.member, commands.accept, invoice_id)
    booked = await office.do(office.first, commands.book, invoice_id)
    assert (booked.state, booked.charter_version) == ("booked", 1)
    assert await office.balance("project_costs", office.mira.id) == 20_000
    assert await office.balance("vat_receivable") == 4_200
    assert await office.balance("payable", booked.supplier_id) == 24_200
    await invariants_hold(office.system)

    async with begin_work(office.system, SYSTEM) as work:
        await commands.record_supplier_payment(
            work, invoice_id, source=Account("suspense"), paid_on=date(2026, 11, 23)
        )
    assert await office.balance("payable", booked.supplier_id) == 0
    assert (await office.read(invoice_id)).state == "paid"
    await invariants_hold(office.system)


async def test_a_credit_note_books_the_reverse(office: Office) -> None:
    note = papers.ubl(
        type="credit_note", preceding_invoices=[{"number": "F-1", "issue_date": "2026-10-01"}]
    )
    invoice_id = await office.bring(note, contract_id=office.contract.id)
    await office.do(office.member, commands.accept, invoice_id)
    row = await office.do(office.first, commands.book, invoice_id)
    assert await office.balance("project_costs", office.mira.id) == -20_000
    assert await office.balance("payable", row.supplier_id) == -24_200
    await invariants_hold(office.system)


async def test_the_original_is_kept_by_its_hash_and_the_account_is_sealed(office: Office) -> None:
    content = papers.pdf_with(("factur-x.xml", papers.cii()))
    invoice_id = await office.bring(content)
    async with begin_work(office.system, office.member, read_only=True) as work:
        row = await work.session.get(SupplierInvoice, invoice_id)
        assert row is not None
        assert await documents.read(work, row.document_id) == content
        assert row.content["iban"] == ""
        assert row.iban_sealed is not None
        opened = work.keyring.open(row.iban_sealed, context=SEALED_PAYEE.context(row.id))
    assert opened == b"BE68539007547034"


async def test_the_same_bytes_and_the_same_number_are_named(office: Office) -> None:
    first = await office.bring(papers.ubl(), contract_id=office.contract.id)
    with pytest.raises(AlreadyReceived):
        await office.bring(papers.ubl(), office.first)
    twin = await office.bring(papers.ubl(buyer_reference="again"), contract_id=office.contract.id)
    shown = await office.read(twin)
    assert shown.duplicate_of == first
    assert "received before" in shown.next_step
    await office.do(office.member, commands.accept, first)
    with pytest.raises(ReceivedTwice):
        await office.do(office.member, commands.accept, twin)
    await office.do(
        office.member, commands.refuse, twin, ReasonIn(code="DUP", reason="We have it.")
    )
    async with begin_work(office.system, SYSTEM, read_only=True) as work:
        assert await work.session.scalar(select(func.count()).select_from(Supplier)) == 1


async def test_what_is_not_for_us_is_not_accepted(office: Office) -> None:
    other = {**papers.COOP, "vat_id": "BE0202239951",
             "legal_id": {"id": "0202239951", "scheme": "0208"}}  # fmt: skip
    invoice_id = await office.bring(papers.ubl(buyer=other), contract_id=office.contract.id)
    shown = await office.read(invoice_id)
    assert (shown.wrong_buyer, shown.verdict) == (True, "broken")
    assert shown.findings[0].rule == "GUILD-BUYER"
    with pytest.raises(NotForUs):
        await office.do(office.member, commands.accept, invoice_id)


async def test_four_eyes_and_nobodys_own_case(office: Office, make: Factories) -> None:
    invoice_id = await office.bring(papers.ubl(), office.first, office.contract.id)
    await office.do(office.first, commands.accept, invoice_id)
    await office.do(office.first, commands.book, invoice_id)  # 242.00 is below the charter's 250.00

    large = [{"name": "Paper", "quantity": "10", "unit": "C62", "price": "150.00",
              "vat_category": "S", "vat_rate": "21"}]  # fmt: skip
    second = await office.bring(
        papers.ubl(number="F-2", lines=large), office.first, office.contract.id
    )
    await office.do(office.first, commands.accept, second)
    with pytest.raises(SecondPersonNeeded):
        await office.do(office.first, commands.book, second)
    await office.do(office.second, commands.book, second)

    treasurer = await make.member(roles=[Role.TREASURER])
    own = await make.signed_contract(treasurer)
    third = await office.bring(papers.ubl(number="F-3"), make.actor(treasurer), own.id)
    await office.do(make.actor(treasurer), commands.accept, third)
    with pytest.raises(OwnCost):
        await office.do(make.actor(treasurer), commands.book, third)
    firm = papers.SUPPLIER["vat_id"]
    seller = await make.member(roles=[Role.TREASURER], vat_number=firm)
    with pytest.raises(OwnCost, match="your own firm"):
        await office.do(make.actor(seller), commands.book, third)
    await invariants_hold(office.system)


async def test_who_sees_and_decides(office: Office, make: Factories) -> None:
    stranger = make.actor(await make.member())
    invoice_id = await office.bring(papers.ubl(), office.first)
    for who in (office.member, stranger):
        with pytest.raises(SupplierInvoiceNotFound):
            await office.read(invoice_id, who)
        with pytest.raises(SupplierInvoiceNotFound):
            await office.do(who, commands.accept, invoice_id)
    with pytest.raises(NotMatched):
        await office.do(office.first, commands.accept, invoice_id)
    with pytest.raises(ContractNotFound):
        await office.bring(papers.ubl(number="F-2"), stranger, office.contract.id)
    await office.do(office.first, commands.match, invoice_id, office.contract.id)
    assert (await office.read(invoice_id, office.member)).member_id == office.mira.id
    brought = await office.bring(papers.ubl(number="F-9"), stranger)
    await office.do(office.first, commands.match, brought, office.contract.id)
    with pytest.raises(Forbidden):
        await office.do(stranger, commands.accept, brought)


async def test_dispute_then_accept_and_refuse_for_good(office: Office) -> None:
    invoice_id = await office.bring(papers.ubl(), contract_id=office.contract.id)
    row = await office.do(office.member, commands.dispute, invoice_id, WRONG)
    assert row.reason.startswith("PRI: ")
    await office.do(office.member, commands.accept, invoice_id)
    await office.do(office.member, commands.dispute, invoice_id, WRONG)
    await office.do(office.member, commands.refuse, invoice_id, WRONG)
    for deed in (commands.accept, commands.book):
        with pytest.raises(IllegalMove):
            await office.do(office.first, deed, invoice_id)


async def test_what_does_not_add_up_is_not_booked(office: Office) -> None:
    content = papers.ubl(prepaid_amount="42.00")
    invoice_id = await office.bring(content, contract_id=office.contract.id)
    await office.do(office.member, commands.accept, invoice_id)
    with pytest.raises(NotBookable, match="paid already"):
        await office.do(office.first, commands.book, invoice_id)
    wrong = papers.ubl(number="F-2").replace(
        b">242.00</cbc:TaxInclusiveAmount>", b">252.00</cbc:TaxInclusiveAmount>"
    )
    second = await office.bring(wrong, contract_id=office.contract.id)
    assert "BR-CO-15" in {one.rule for one in (await office.read(second)).findings}
    await office.do(office.member, commands.accept, second)
    with pytest.raises(NotBookable, match="do not add up"):
        await office.do(office.first, commands.book, second)


async def test_projects_are_suggested_and_a_person_confirms(office: Office) -> None:
    named = await office.bring(
        papers.ubl(order_reference=f"{office.contract.number}, desk 4"), office.first
    )
    (best,) = (await office.read(named)).suggestions
    assert (best.contract_id, best.reasons) == (
        office.contract.id, ["its order reference names the contract"],
    )  # fmt: skip
    await office.do(office.first, commands.match, named, best.contract_id)
    await office.do(office.first, commands.accept, named)
    later = await office.bring(papers.ubl(number="F-2"), office.first)
    (again,) = (await office.read(later)).suggestions
    assert again.reasons == ["this supplier worked for it before"]
    assert (await office.read(later)).member_id is None


@pytest.mark.parametrize("state", SUPPLIER_INVOICE.states)
def test_the_course_of_a_supplier_invoice(state: str) -> None:
    from types import SimpleNamespace  # noqa: PLC0415

    for action, (sources, target) in SUPPLIER_INVOICE.moves.items():
        row = SimpleNamespace(state=state)
        if state in sources:
            SUPPLIER_INVOICE.move(row, action)
            assert row.state == target
        else:
            with pytest.raises(IllegalMove):
                SUPPLIER_INVOICE.move(row, action)


# --- over the network ----------------------------------------------------------------------------


async def to_ourselves(make: Factories) -> InvoiceId:
    """An invoice whose client is the co-operative itself, so that it comes back to our inbox."""
    member = await make.member()
    us = await make.organisation(
        member, name="Guild Example Cooperative", vat_number="BE0123456749",
        enterprise_number="0123456749",
    )  # fmt: skip
    return await make.issued_invoice(member, us)


async def test_round_trip_issue_loopback_inbox_supplier_invoice_and_back(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    office = await Office(looped, looped_make).open()
    invoice_id = await to_ourselves(looped_make)
    await run(looped, clock)
    assert (await transmission(looped, invoice_id)).state == "delivered"
    async with begin_work(looped, SYSTEM) as work:
        await jobs.poll_inbox.job.run(work)
    await run(looped, clock)
    async with begin_work(looped, office.first, read_only=True) as work:
        (row,) = (await queries.costs(work)).items
        message = await work.session.scalar(select(InboxMessage))
    assert message is not None
    assert message.acknowledged_at is not None
    shown = await office.read(row.id)
    assert (shown.source, shown.syntax, shown.payable) == ("peppol", "ubl", "1210.00")
    assert (shown.verdict, shown.wrong_buyer) == ("fine", False), shown.findings
    async with begin_work(looped, SYSTEM, read_only=True) as work:
        frozen = await invoicing_number(work, invoice_id)
    assert shown.number == frozen

    await office.do(office.first, commands.match, row.id, office.contract.id)
    await office.do(office.first, commands.dispute, row.id, WRONG)
    await office.do(office.first, commands.refuse, row.id, WRONG)
    await run(looped, clock)
    clock.advance(hours=13)
    async with begin_work(looped, SYSTEM) as work:
        await jobs.ask_open.job.run(work)
    await run(looped, clock)
    sent = await transmission(looped, invoice_id)
    assert (sent.state, sent.code) == ("refused_by_receiver", "PRI")
    assert "agreed one" in sent.detail
    await invariants_hold(looped)


async def invoicing_number(work: Any, invoice_id: InvoiceId) -> str:
    from guild.invoicing.queries import frozen_invoice  # noqa: PLC0415

    assert invoicing.mail_invoice is not None
    return (await frozen_invoice(work, invoice_id)).frozen.number


async def drop(system: System, key: str, content: bytes) -> None:
    """A message of a stranger in our inbox."""
    async with begin_work(system, SYSTEM) as work:
        work.session.add(
            LoopbackMessage(
                id=key, sender="0208:0403019261", receiver=COOP, kind="invoice", ubl=content,
                status="delivered", code="", detail="", at=work.now,
            )
        )  # fmt: skip


async def poll(system: System, clock: Clock) -> None:
    async with begin_work(system, SYSTEM) as work:
        await jobs.poll_inbox.job.run(work)
    await run(system, clock)


async def messages(system: System) -> dict[str, tuple[str, bool]]:
    async with begin_work(system, SYSTEM, read_only=True) as work:
        rows = await work.session.scalars(select(InboxMessage))
        return {row.message_id: (row.problem, row.acknowledged_at is not None) for row in rows}


async def test_messages_are_taken_in_once_and_the_unread_are_shown(
    looped: System, looped_make: Factories, clock: Clock
) -> None:
    office = await Office(looped, looped_make).open()
    await drop(looped, "m-1", papers.ubl())
    await drop(looped, "m-2", papers.ubl())  # the same bytes under another id
    await drop(looped, "m-3", b"<!DOCTYPE a><a/>")
    for _ in range(2):
        await poll(looped, clock)
    found = await messages(looped)
    assert set(found) == {"m-1", "m-2", "m-3"}
    assert all(done for _, done in found.values())
    assert "document type" in found["m-3"][0]
    async with begin_work(looped, office.first, read_only=True) as work:
        assert len((await queries.costs(work)).items) == 1
        assert [one.message_id for one in await queries.unread(work)] == ["m-3"]
    async with begin_work(looped, office.member, read_only=True) as work:
        assert await queries.unread(work) == []
    letters = await looped_make.letters()
    assert any("could not be read" in one.subject for one in letters)
    await invariants_hold(looped)


async def test_it_is_acknowledged_after_the_commit_only(
    looped: System, looped_make: Factories, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Office(looped, looped_make).open()
    await drop(looped, "m-1", papers.ubl())
    record = inbox.FETCH.record

    async def killed(*_: Any) -> None:
        raise KeyboardInterrupt("SIGKILL")

    monkeypatch.setattr(inbox.FETCH, "record", killed)
    await poll(looped, clock)
    assert await messages(looped) == {}
    async with begin_work(looped, SYSTEM, read_only=True) as work:
        message = await work.session.get(LoopbackMessage, "m-1")
        assert message is not None
        assert message.acknowledged_at is None
    monkeypatch.setattr(inbox.FETCH, "record", record)
    await run(looped, clock, minutes=1)
    assert await messages(looped) == {"m-1": ("", True)}
    async with begin_work(looped, SYSTEM, read_only=True) as work:
        dead = await work.session.scalar(
            select(func.count()).select_from(OutboxRow).where(OutboxRow.dead_at.is_not(None))
        )
        assert dead == 0
        assert await work.session.scalar(select(func.count()).select_from(SupplierInvoice)) == 1


async def test_absent_rows_and_pages(office: Office, as_: As) -> None:
    with pytest.raises(SupplierInvoiceNotFound):
        await office.read(SupplierInvoiceId(uuid4()))
    for number in range(3):
        await office.bring(papers.ubl(number=f"F-{number}"))
    async with as_(office.second, read_only=True) as work:
        assert (await queries.costs(work, state="paid")).items == []
        first = await queries.costs(work, limit=2)
        rest = await queries.costs(work, limit=2, cursor=first.next_cursor)
    assert [one.number for one in (*first.items, *rest.items)] == ["F-2", "F-1", "F-0"]
    assert rest.next_cursor is None
