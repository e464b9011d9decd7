"""The bank's status reports: what it refused goes back, with the reason in plain words."""

import pytest
from lxml import etree

from guild.core.errors import Forbidden
from guild.core.work import begin_work
from guild.ledger.chart import Account
from guild.ledger.queries import balance_of
from guild.treasury import commands, queries
from guild.treasury.errors import ForeignReport, StatusReportUnreadable
from guild.treasury.rules.iso20022 import schema_of
from guild.treasury.rules.pain002 import REASONS, plain_reason, read_status
from guild.treasury.schemas import BatchOut, PayoutOut, StatusReportOut
from tests.camt import Move
from tests.conftest import Clock
from tests.features.treasury.conftest import Desk


def report(
    batch: str, payments: dict[str, tuple[str, str]], *, version: str = "10", group: str = "PART"
) -> bytes:
    """A pain.002 as banks send it: end-to-end id → (status, reason code)."""
    entries = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{one}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        + (f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else "")
        + "</TxInfAndSts>"
        for one, (status, reason) in payments.items()
    )
    entries = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch}</OrgnlPmtInfId>{entries}</OrgnlPmtInfAndSts>"
    )
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}">'
        "<CstmrPmtStsRpt><GrpHdr><MsgId>BANK-1</MsgId>"
        "<CreDtTm>2026-11-24T08:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{batch}</OrgnlMsgId>"
        "<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"<GrpSts>{group}</GrpSts></OrgnlGrpInfAndSts>{entries if payments else ''}"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


async def filed(desk: Desk, clock: Clock) -> tuple[PayoutOut, PayoutOut, BatchOut]:
    first, _ = await desk.payee()
    second, _ = await desk.payee()
    clock.advance(hours=73)
    one = await desk.approve(await desk.ask(first, "910.00"))
    two = await desk.approve(await desk.ask(second, "20.00"))
    async with begin_work(desk.system, desk.treasurer()) as work:
        (batch,) = await commands.make_payment_batches(work)
    return one, two, batch


async def read(desk: Desk, content: bytes) -> StatusReportOut:
    async with begin_work(desk.system, desk.treasurer()) as work:
        return await commands.import_status_report(work, content)


async def seen(desk: Desk, payout: PayoutOut) -> PayoutOut:
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        return await queries.payout(work, payout.id)


@pytest.mark.parametrize("version", ["03", "10", "12"])
async def test_what_the_bank_refuses_goes_back_and_the_rest_stays(
    desk: Desk, clock: Clock, version: str
) -> None:
    one, two, batch = await filed(desk, clock)
    content = report(
        batch.message_id, {one.id.hex: ("RJCT", "AC01"), two.id.hex: ("ACSP", "")}, version=version
    )
    told = await read(desk, content)
    assert (told.accepted, told.rejected) == (1, 1)
    refused, taken = await seen(desk, one), await seen(desk, two)
    assert (refused.state, refused.bank_status) == ("returned", "RJCT")
    assert refused.reason == "The bank refused it: The account number is wrong. (AC01)"
    # Nobody had said that the bank has the file; now the bank itself did.
    assert (taken.state, taken.bank_status) == ("ordered", "ACSP")
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert refused.member_id is not None
        owed = await balance_of(work, Account("member_available", refused.member_id))
    assert owed.minor == 100_000
    assert await desk.wrong() == []
    # The same file changes nothing, and the member may ask again.
    assert (await read(desk, content)).rejected == 1
    async with begin_work(desk.system, desk.treasurer()) as work:
        assert (await commands.pay_again(work, one.id)).state == "requested"
    # The accepted one is settled by the statement, and then the file is done.
    await desk.bring_in(
        desk.statement(Move(cents=-2_000, reference="D1", end_to_end_id=two.id.hex))
    )
    async with begin_work(desk.system, desk.treasurer(), read_only=True) as work:
        assert [one.state for one in await queries.batches(work)] == ["settled"]
    assert await desk.wrong() == []


async def test_a_file_refused_as_a_whole_gives_everything_back(desk: Desk, clock: Clock) -> None:
    one, two, batch = await filed(desk, clock)
    told = await read(desk, report(batch.message_id, {}, group="RJCT"))
    assert told.rejected == 2
    assert {(await seen(desk, each)).state for each in (one, two)} == {"returned"}
    assert await desk.wrong() == []


async def test_a_report_that_comes_after_the_statement_moves_no_money(
    desk: Desk, clock: Clock
) -> None:
    one, _, batch = await filed(desk, clock)
    await desk.bring_in(
        desk.statement(Move(cents=-91_000, reference="D1", end_to_end_id=one.id.hex))
    )
    await read(desk, report(batch.message_id, {one.id.hex: ("RJCT", "AM04")}))
    assert (await seen(desk, one)).state == "settled"
    assert await desk.wrong() == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<Document/>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><Document/>",
        report("x" * 32, {}).replace(b"pain.002.001.10", b"pain.002.001.99"),
        report("x" * 32, {}, version="03").replace(b"<GrpSts>PART", b"<GrpSts>NONSENSE"),
        report("", {}),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(StatusReportUnreadable):
        read_status(content)


async def test_another_houses_report_is_refused(desk: Desk) -> None:
    for original in ("f" * 32, "MSG-1"):
        with pytest.raises(ForeignReport):
            await read(desk, report(original, {}))
    member = await desk.make.member()
    async with begin_work(desk.system, desk.make.actor(member)) as work:
        with pytest.raises(Forbidden):
            await commands.import_status_report(work, report("f" * 32, {}))


def test_reasons_are_plain_words() -> None:
    assert plain_reason("AC04") == "The account is closed. (AC04)"
    assert plain_reason("") == "The bank gave no reason."
    assert plain_reason("ZZ99", "ask us") == (
        "The bank gave a reason that we do not know. ask us (ZZ99)"
    )
    assert all(len(code) == 4 and words.endswith(".") for code, words in REASONS.items())


@pytest.mark.parametrize("version", ["03", "12"])
def test_what_the_tests_send_is_what_the_schema_allows(version: str) -> None:
    content = report("a" * 32, {"b" * 32: ("RJCT", "AC01")}, version=version)
    schema_of(f"pain.002.001.{version}").assertValid(etree.fromstring(content))
