"""Direct debits: mandates with four eyes, announced, filed once, collected, refused, returned."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from stdnum.eu import at_02

from guild.core.errors import Forbidden, IllegalMove, Invalid
from guild.core.ids import OrganisationId
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.invoicing.models import Invoice
from guild.treasury import commands, jobs, queries
from guild.treasury.errors import (
    MandateTaken,
    MandateUnusable,
    NothingToCollect,
    PaymentFileInvalid,
)
from guild.treasury.rules.iso20022 import Address, schema_of
from guild.treasury.rules.pain008 import Collection, Creditor, checked_creditor_id, collection_file
from guild.treasury.schemas import (
    BatchIn,
    BatchOut,
    DirectDebitOut,
    MandateIn,
    MandateOut,
    RejectIn,
)
from tests.camt import Move
from tests.conftest import NOON, Clock
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_status_reports import report

CREDITOR_ID = "BE50ZZZ0403019261"
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"}


@pytest.fixture
def creditor(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """The co-operative has a creditor identifier."""
    coop = msgspec.structs.replace(system.settings.coop, creditor_id=CREDITOR_ID)
    monkeypatch.setattr(system, "settings", msgspec.structs.replace(system.settings, coop=coop))


async def mandate_of(desk: Desk, invoice_id: Any, **said: Any) -> MandateOut:
    async with begin_work(desk.system, desk.treasurer()) as work:
        invoice = await work.session.get_one(Invoice, invoice_id)
        entered = MandateIn(
            **{
                "organisation_id": OrganisationId(invoice.client_id),
                "reference": "M-2026-1",
                "signed_on": date(2026, 10, 1),
                "holder": "Voorbeeld bv",
                "iban": "BE68 5390 0754 7034",
                **said,
            }
        )
        return await commands.enter_mandate(work, entered)


async def announced(desk: Desk, clock: Clock) -> tuple[Any, MandateOut]:
    """An invoice under an active mandate, announced for collection."""
    issued = await desk.invoice("1000.00", "Voorbeeld bv")
    mandate = await mandate_of(desk, issued.id)
    async with begin_work(desk.system, desk.treasurer(1)) as work:
        await commands.confirm_mandate(work, mandate.id)
    clock.advance(days=12)
    async with begin_work(desk.system, SYSTEM) as work:
        await jobs.announce_collections.job(work)
    return issued, mandate


async def debits(desk: Desk) -> list[DirectDebitOut]:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return list((await queries.direct_debits(work)).items)


async def file(desk: Desk) -> BatchOut:
    async with begin_work(desk.system, desk.treasurer()) as work:
        return await commands.make_collection_file(work, BatchIn())


@pytest.mark.usefixtures("creditor")
async def test_the_whole_way_from_mandate_to_collected(desk: Desk, clock: Clock) -> None:
    issued, mandate = await announced(desk, clock)
    (one,) = await debits(desk)
    assert (one.state, one.amount, one.sequence) == ("announced", "1210.00", "FRST")
    assert one.collect_on >= date(2026, 12, 19), "fourteen days after the announcement"
    async with begin_work(desk.system, SYSTEM) as work:
        await jobs.announce_collection(work, direct_debit_id=one.id)
        await jobs.announce_collections.job(work)
    assert len(await debits(desk)) == 1, "an invoice is announced once"
    letter = (await desk.make.letters())[-1]
    assert "will be collected" in letter.subject
    assert mandate.reference in letter.text
    assert CREDITOR_ID in letter.text
    with pytest.raises(NothingToCollect):
        await file(desk)
    clock.advance(days=20)
    made = await file(desk)
    assert (made.kind, made.payments, made.total) == ("collection", 1, "1210.00")
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        content = await queries.batch_file(work, made.id)
    document = etree.fromstring(content)
    assert document.findtext(".//p:SeqTp", namespaces=NS) == "FRST"
    assert document.findtext(".//p:MndtId", namespaces=NS) == "M-2026-1"
    assert document.findtext(".//p:EndToEndId", namespaces=NS) == one.id.hex
    with pytest.raises(NothingToCollect):
        await file(desk)
    # The money comes, a person matches it, and the collection is collected.
    desk.day = date(2027, 1, 4)
    await desk.bring_in(desk.statement(Move(cents=121_000, reference="C1", name="Voorbeeld bv")))
    async with begin_work(desk.system, desk.treasurer()) as work:
        (entry,) = (await queries.entries(work, state="open")).items
        await commands.confirm_match(work, entry.id, issued.id)
    (one,) = await debits(desk)
    assert (one.state, one.settled_on) == ("collected", date(2027, 1, 4))
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.note_collection_returned(work, issued.id, "MD06")
    (one,) = await debits(desk)
    assert (one.state, one.reason) == ("returned", "The payer wants her money back. (MD06)")


@pytest.mark.usefixtures("creditor")
async def test_the_bank_refuses_a_collection(desk: Desk, clock: Clock) -> None:
    await announced(desk, clock)
    clock.advance(days=20)
    made = await file(desk)
    (one,) = await debits(desk)
    async with begin_work(desk.system, desk.treasurer()) as work:
        await commands.import_status_report(
            work, report(made.message_id, {one.id.hex: ("RJCT", "MD01")})
        )
    (one,) = await debits(desk)
    assert (one.state, one.reason) == ("refused", "There is no mandate for it. (MD01)")
    assert await desk.wrong() == []


@pytest.mark.usefixtures("creditor")
async def test_what_was_paid_meanwhile_is_not_collected(desk: Desk, clock: Clock) -> None:
    issued, _ = await announced(desk, clock)
    await desk.bring_in(desk.statement(Move(cents=121_000, reference="C1", name="Voorbeeld bv")))
    async with begin_work(desk.system, desk.treasurer()) as work:
        (entry,) = (await queries.entries(work, state="open")).items
        await commands.confirm_match(work, entry.id, issued.id)
    clock.advance(days=20)
    with pytest.raises(NothingToCollect):
        await file(desk)
    (one,) = await debits(desk)
    assert (one.state, one.reason) == (
        "stopped", "The invoice is no longer open for that amount.",
    )  # fmt: skip


@pytest.mark.usefixtures("creditor")
async def test_a_mandate_has_four_eyes_and_ends(desk: Desk, clock: Clock) -> None:
    issued = await desk.invoice("1000.00", "Voorbeeld bv")
    mandate = await mandate_of(desk, issued.id)
    with pytest.raises(MandateTaken):
        await mandate_of(desk, issued.id, reference="M-2")
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(Forbidden):
            await commands.confirm_mandate(work, mandate.id)
    async with begin_work(desk.system, desk.treasurer(1)) as work:
        assert (await commands.confirm_mandate(work, mandate.id)).state == "active"
        with pytest.raises(IllegalMove):
            await commands.confirm_mandate(work, mandate.id)
    clock.advance(days=12)
    async with begin_work(desk.system, SYSTEM) as work:
        await commands.announce_collections(work)
    async with begin_work(desk.system, desk.treasurer()) as work:
        ended = await commands.cancel_mandate(work, mandate.id, RejectIn(reason="By letter"))
    assert ended.state == "cancelled"
    (one,) = await debits(desk)
    assert one.state == "stopped"
    async with begin_work(desk.system, desk.treasurer()) as work:
        with pytest.raises(IllegalMove):
            await commands.stop_collection(work, one.id, RejectIn(reason="again"))
        with pytest.raises(IllegalMove):
            await commands.cancel_mandate(work, mandate.id, RejectIn(reason="again"))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"iban": "BE68 5390 0754 7035"}, Invalid),
        ({"signed_on": date(2027, 1, 1)}, Invalid),
        ({"organisation_id": OrganisationId(UUID(int=1))},
         Invalid),
    ],
)  # fmt: skip
async def test_a_wrong_mandate_is_refused(
    desk: Desk, said: dict[str, Any], error: type[Exception]
) -> None:
    issued = await desk.invoice("1000.00", "Voorbeeld bv")
    with pytest.raises(error):
        await mandate_of(desk, issued.id, **said)


async def test_without_a_creditor_identifier_nothing_is_collected(desk: Desk) -> None:
    with pytest.raises(MandateUnusable, match="creditor identifier"):
        await file(desk)
    async with begin_work(desk.system, SYSTEM) as work:
        assert await commands.announce_collections(work) == []


@pytest.mark.usefixtures("creditor")
@pytest.mark.parametrize(
    ("attack", "refusal"),
    [
        ("UPDATE direct_debit SET amount_minor = 1", "as it was announced"),
        ("UPDATE direct_debit SET state = 'collected'", "does not go|batch"),
        ("UPDATE sepa_mandate SET signed_on = '2020-01-01'", "as it was signed"),
        ("UPDATE sepa_mandate SET state = 'entered'", "does not go"),
        ("DELETE FROM sepa_mandate", "append-only|denied"),
        ("DELETE FROM direct_debit", "append-only|denied"),
    ],
)
async def test_sql_refuses_shortcuts(desk: Desk, clock: Clock, attack: str, refusal: str) -> None:
    await announced(desk, clock)
    with pytest.raises(DBAPIError, match=refusal):
        async with begin_work(desk.system, desk.treasurer()) as work:
            await work.session.execute(text(attack))


def creditor_of(identifier: str = CREDITOR_ID) -> Creditor:
    return Creditor(
        name="Linden Guild cv", identifier=identifier, iban="BE71096123456769", bic=None
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Collection,
            end_to_end_id=st.uuids().map(lambda one: one.hex),
            amount_minor=st.integers(1, 10**11),
            mandate=st.from_regex(r"[A-Z0-9-]{1,35}", fullmatch=True),
            signed_on=st.dates(date(2016, 1, 1), date(2026, 11, 1)),
            scheme=st.sampled_from(["CORE", "B2B"]),
            sequence=st.sampled_from(["FRST", "RCUR", "OOFF", "FNAL"]),
            name=st.text(min_size=1, max_size=90).map(lambda text: f"a{text}"),
            iban=st.sampled_from(["BE68539007547034", "NL91ABNA0417164300"]),
            reference=st.sampled_from(["", "RF18539007547034", "+++090/9337/55493+++"]),
            text=st.text(max_size=200),
            address=st.builds(
                Address,
                town=st.text(max_size=40),
                country=st.sampled_from(["BE", "FR", "be", ""]),
                postcode=st.text(max_size=20),
                line=st.text(max_size=100),
            ),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda one: one.end_to_end_id,
    )
)
def test_every_file_is_valid_and_the_same_twice(collections: list[Collection]) -> None:
    asked: dict[str, Any] = {
        "message_id": "a" * 32, "created_at": NOON, "collect_on": date(2026, 12, 1),
        "creditor": creditor_of(), "collections": tuple(collections),
    }  # fmt: skip
    content = collection_file(**asked)
    assert content == collection_file(**asked)
    document = etree.fromstring(content)
    schema_of("pain.008.001.08").assertValid(document)
    sums = [float(one.text or 0) for one in document.iterfind(".//p:PmtInf/p:CtrlSum", NS)]
    whole = document.findtext(".//p:GrpHdr/p:CtrlSum", namespaces=NS)
    assert abs(sum(sums) - float(whole or 0)) < 0.005 * len(sums) + 1e-3
    assert sum(one.amount_minor for one in collections) == round(float(whole or 0) * 100)
    for place in document.iterfind(".//p:PstlAdr", NS):
        assert place.findtext("p:TwnNm", namespaces=NS)
        assert place.findtext("p:Ctry", namespaces=NS)


@pytest.mark.parametrize("identifier", ["", "BE50ZZZ0403019262", "nonsense"])
def test_a_wrong_creditor_identifier_is_refused(identifier: str) -> None:
    with pytest.raises(PaymentFileInvalid, match="creditor identifier"):
        checked_creditor_id(identifier)
    assert at_02.is_valid(CREDITOR_ID)
