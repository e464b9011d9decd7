"""How long contracts are kept: refused before the day, erased after it, with a proof.

The contracts here were signed in 2019, so that the database, which has a clock of its own, agrees
that their time is over today.
"""

import base64
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guild.contracts import commands, jobs, models, queries
from guild.contracts.errors import ContractNotFound, KeptByLaw
from guild.contracts.models import Contract
from guild.contracts.pages.keeping import gone_in_words
from guild.contracts.queries import INVARIANTS
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.keeping import GONE_NAMES, rule_names, unread_rules
from guild.contracts.rules.law import rule_sets
from guild.contracts.schemas import DeliveryIn, WithdrawIn
from guild.contracts.schemas.contract import FileIn
from guild.contracts.schemas.drafting import MilestoneIn
from guild.contracts.schemas.performing import CostIn, TimeIn
from guild.core.db import Base
from guild.core.outbox import drain
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.documents.queries import damaged_documents
from tests.conftest import NOON
from tests.factories import Factories

LONG_AGO = datetime(2019, 3, 4, 12, tzinfo=UTC)
SECRETS = ("Zephyrine", "Quillfeather", "quill@client.example", "sketches-of-a-secret")
"""Words that stand nowhere but in the contract and what belongs to it."""


@pytest.fixture(autouse=True)
def old_times(clock):
    """The co-operative of these tests was founded in 2019."""
    clock.set(LONG_AGO)


@pytest.fixture
def make(committing):
    """Rows by real commits."""
    return Factories(committing)


@pytest.fixture
def as_(committing):
    """`async with as_(actor) as work`, by real commits."""
    return lambda actor=SYSTEM: begin_work(committing, actor)


@pytest_asyncio.fixture
async def performed(make, as_):
    """A completed, sealed contract of 2019 with a file, time and a cost, and its member."""
    member = await make.member()
    contract = await make.signed_contract(
        member,
        title="Zephyrine portraits",
        summary="Portraits of Quillfeather",
        milestones=[MilestoneIn(title="Zephyrine", net="1000.00", due_on=date(2019, 4, 1))],
    )
    async with as_() as work:
        await commands.seal_contract(work, contract.id)
    async with as_(make.actor(member)) as work:
        await commands.note_time(
            work, contract.id, TimeIn(day=date(2019, 3, 4), minutes=60, note="Quillfeather sat")
        )
        await commands.note_cost(
            work, contract.id,
            CostIn(
                day=date(2019, 3, 4), text="Quillfeather's frame", net="12.00", rebillable=False,
                receipt_name="sketches-of-a-secret.pdf",
                receipt=base64.b64encode(b"%PDF-1.4 Quillfeather").decode(),
            ),
        )  # fmt: skip
    content = base64.b64encode(b"Zephyrine as a picture").decode()
    milestone = (await make.milestones(contract))[0]
    async with as_(make.actor(member)) as work:
        await commands.deliver_milestone(
            work, milestone.id,
            DeliveryIn(
                note="Quillfeather", files=(FileIn(name="sketches-of-a-secret", content=content),)
            ),
        )  # fmt: skip
    async with as_(await make.client_of(contract, "delivery")) as work:
        view = await queries.deliveries_view(work)
        await commands.accept_milestone(work, milestone.id, view.items[0].id)
    return contract, member


async def everything(url: str) -> dict[str, str]:
    """Every row of the contracts' and documents' tables, as text."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
    try:
        tables = [
            table.name for table in Base.metadata.sorted_tables
            if table.name.startswith(("contract", "milestone", "delivery", "time_", "rep_task",
                                      "document", "translog", "event"))
        ]  # fmt: skip
        return {
            name: str([tuple(row) for row in await connection.fetch(f"SELECT * FROM {name}")])
            for name in tables
        }
    finally:
        await connection.close()


def files_of(system) -> list[bytes]:
    folder = system.settings.data_dir / "documents"
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_it_is_refused_before_its_day_and_says_which(performed, make, as_, clock):
    contract, member = performed
    clock.set(datetime(2025, 3, 4, 12, tzinfo=UTC))  # the last day of six years
    async with as_(make.actor(member)) as work:
        kept = await queries.keeping_view(work, await queries.contract_row(work, contract.id))
        assert (kept.until, kept.over) == (date(2025, 3, 4), False)
        with pytest.raises(KeptByLaw) as refusal:
            await commands.erase_contract(work, contract.id)
    assert "4 March 2025" in refusal.value.detail
    assert kept.rule in refusal.value.detail


async def test_nobody_but_its_member_erases_it(performed, make, as_, clock):
    contract, _ = performed
    clock.set(NOON)
    for roles in ((), ("rep",), ("secretary",)):
        other = await make.member(roles=roles)
        with pytest.raises(ContractNotFound):
            async with as_(make.actor(other)) as work:
                await commands.erase_contract(work, contract.id)


async def test_after_its_day_everything_personal_is_gone_and_proven(
    performed, make, as_, clock, committing
):
    contract, member = performed
    before = await everything(committing.settings.owner_url)
    told = {word for word in SECRETS for rows in before.values() if word in rows}
    assert {"Zephyrine", "Quillfeather", "sketches-of-a-secret"} <= told
    assert any(b"Quillfeather" in data for data in files_of(committing))
    sealed = (await contract_now(as_, contract)).sealed_sha256

    clock.set(NOON)
    async with as_() as work:
        await jobs.erase_what_is_over.job(work)
    await drain(committing)

    after = await everything(committing.settings.owner_url)
    for name, rows in after.items():
        for word in SECRETS:
            assert word not in rows, f"{word} is left in {name}"
    assert not any(
        word in data for data in files_of(committing) for word in (b"Quillfeather", b"Zephyrine")
    )
    async with as_(make.actor(member)) as work:
        proof = await queries.erasure(work, contract.id)
        with pytest.raises(ContractNotFound):
            await queries.contract_view(work, contract.id)
    assert proof.by_itself
    assert (proof.kept_until, proof.number) == (date(2025, 3, 4), contract.number)
    assert proof.rows["contract_evidence"] >= 5
    assert proof.rows["delivery"] == proof.rows["contract_cost"] == proof.rows["delivery_file"] == 1
    assert proof.files == 3
    assert sha256(proof.proof.encode()) == proof.proof_sha256
    said = msgspec.json.decode(proof.proof)
    assert said["fingerprints"]["seals"][0]["pdf_sha256"] == sealed
    assert proof.log_index is not None
    async with as_() as work:
        known = await queries.sealed_file(work, sealed)
        assert known is not None
        assert known.standing == "erased"
        assert await damaged_documents(work) == []
        assert [line for check in INVARIANTS for line in await check(work.session)] == []
        await commands.erase_when_over(work, contract.id)  # a second run changes nothing


async def contract_now(as_, contract) -> Contract:
    async with as_() as work:
        return await work.session.get_one(Contract, contract.id)


async def test_the_same_bytes_elsewhere_stay(performed, make, as_, clock, committing):
    """A receipt that another contract has too is not taken from it."""
    _, member = performed
    clock.set(NOON)
    other = await make.contract(member)
    signed = await make.signed_contract(member)
    async with as_(make.actor(member)) as work:
        cost = await commands.note_cost(
            work, signed.id,
            CostIn(
                day=date(2026, 11, 23), text="Frame", net="12.00", rebillable=False,
                receipt_name="r.pdf", receipt=base64.b64encode(b"%PDF-1.4 Quillfeather").decode(),
            ),
        )  # fmt: skip
    async with as_() as work:
        await jobs.erase_what_is_over.job(work)
    await drain(committing)
    async with as_(make.actor(member)) as work:
        _, content, _ = await queries.receipt(work, cost.id)
        assert content == b"%PDF-1.4 Quillfeather"
        assert (await queries.contract_view(work, other.id)).title == "Twelve illustrations"


async def test_what_still_owes_or_argues_is_kept(performed, make, as_, clock, committing):
    contract, member = performed
    clock.set(NOON)

    async def owing(_work, _contract_id):
        return [{"number": "2019-0001", "state": "issued"}]

    committing.resources[queries.INVOICES] = owing
    async with as_(make.actor(member)) as work:
        with pytest.raises(KeptByLaw, match="2019-0001"):
            await commands.erase_contract(work, contract.id)


async def test_drafts_go_at_once_when_withdrawn_and_open_ones_stay(make, as_, clock):
    clock.set(NOON)
    member = await make.member()
    contract = await make.contract(member)
    async with as_(make.actor(member)) as work:
        with pytest.raises(KeptByLaw, match="draft"):
            await commands.erase_contract(work, contract.id)
        await commands.withdraw_contract(work, contract.id, WithdrawIn(note="Not needed"))
        made = await commands.erase_contract(work, contract.id)
    assert made.rule == "house/never-offered"


async def test_an_offer_that_nobody_signed_is_kept_five_years(make, as_, clock):
    clock.set(NOON)
    member = await make.member()
    contract = await make.sent_contract(member)
    async with as_(make.actor(member)) as work:
        await commands.withdraw_contract(work, contract.id, WithdrawIn(note="Not needed"))
        with pytest.raises(KeptByLaw, match="house/not-signed"):
            await commands.erase_contract(work, contract.id)
    clock.advance(days=5 * 365 + 2)
    async with as_(make.actor(member)) as work:
        await commands.erase_contract(work, contract.id)
        assert (await queries.erasures(work, cursor=None, limit=5)).items[0].number


EARLY = [
    "UPDATE contract SET erased_at = now()",
    """UPDATE contract SET erased_at = now(), title = 'erased', terms = '{}', draft = '{}',
       signing_plan = '[]', guarantee_reasons = '[]', ended_note = NULL, paper_id = NULL,
       sealed_document_id = NULL""",
    "SELECT contract_wipe(id) FROM contract",
    "DELETE FROM contract_evidence",
    "DELETE FROM delivery",
    "UPDATE document SET erased_at = now(), name = 'erased'",
    "UPDATE document SET name = 'other'",
]


@pytest.mark.parametrize("statement", EARLY)
async def test_the_database_refuses_it_before_the_day(make, as_, clock, statement, embedded):
    clock.set(NOON)
    member = await make.member()
    contract = await make.signed_contract(member)
    await make.accept(contract, member)
    async with as_() as work:
        await commands.seal_contract(work, contract.id)
    with pytest.raises(DBAPIError):
        async with as_() as work:
            await work.session.execute(text(statement))


async def test_what_is_said_of_an_erasure_stays(performed, make, as_, clock):
    contract, member = performed
    clock.set(NOON)
    async with as_(make.actor(member)) as work:
        await commands.erase_contract(work, contract.id)
    for statement in (
        "UPDATE contract_erasure SET rule = 'x'",
        "DELETE FROM contract_erasure",
        "UPDATE contract SET title = 'Back again' WHERE erased_at IS NOT NULL",
        "UPDATE contract SET erased_at = NULL",
    ):
        with pytest.raises(DBAPIError):
            async with as_() as work:
                await work.session.execute(text(statement))


def test_every_table_about_a_contract_is_known_to_the_erasure():
    """A table that names a contract is wiped with it, or is its frame."""
    frame = {"milestone", "contract_erasure", "contract"}
    guards = Path(models.__file__).parent.parent / "guards.sql"
    function = guards.read_text(encoding="utf-8").partition("FUNCTION contract_wipe")[2]
    function = function.partition("END $$")[0]
    of_contracts = {
        table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "contract"
        and any(vars(models).get(one.__name__) for one in Base.__subclasses__()
                if one.__tablename__ == table.name)
    }  # fmt: skip
    assert {name for name in of_contracts - frame if f"'{name}'" not in function} == set()
    assert of_contracts - frame - GONE_NAMES.keys() == set(), "people read what went by its name"


def test_what_was_erased_is_said_in_words() -> None:
    said = gone_in_words({"contract_evidence": 2, "delivery": 1}, 3)
    assert said == ", 2 entries of evidence, 1 delivery and 3 stored files"
    assert gone_in_words({"time_sheet": 1}, 0) == ", 1 month of time and costs"
    assert gone_in_words({}, 0) == ""
    assert "house/not-signed" in unread_rules(rule_sets())
    assert rule_names(rule_sets())["us-ny"].startswith("New York")
