"""Between signature, seal and log entry: whoever dies there loses nothing and seals nothing twice.

The signatures are committed before; what stands meanwhile is seen by both sides.
"""

import itertools

import pytest
from sqlalchemy import func, select

from guild.contracts.models import Contract, ContractEvidence
from guild.contracts.queries import sealing_of
from guild.core.mail import Mail, read_letter
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.documents.models import Document
from guild.translog.models import LogLeaf, LogPlace
from tests.chaos.house import House, until
from tests.chaos.scene import Scene
from tests.chaos.waiting import KILLED, Patience, Start
from tests.factories import Factories

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
NUMBERS = itertools.count(5_000, 100)
POINTS = [
    "seal.signed_not_printed", "seal.printed_not_sealed", "seal.sealed_not_recorded",
    "seal.stored_not_logged", "seal.logged_uncommitted", "worker.done_not_cleaned",
]  # fmt: skip


async def signed_contract(system: System, scene: Scene) -> Contract:
    """A contract that both sides have just signed; its sealing waits in the queue."""
    make = Factories(system)
    make.count = next(NUMBERS)
    member = scene.members[0]
    return await make.signed_contract(member, await make.organisation(member))


async def counts(system: System, contract: Contract) -> dict[str, int]:
    """How often it is sealed, by each trace that a seal leaves."""
    async with begin_work(system, SYSTEM, read_only=True) as work:
        row = await work.session.get_one(Contract, contract.id)
        ask = work.session.scalar
        letters = [read_letter(work, mail) for mail in await work.session.scalars(select(Mail))]
        sealed = f"{row.number} is signed and sealed"
        digest = row.sealed_sha256 or "never sealed"
        return {
            "documents": await ask(
                select(func.count()).select_from(Document).where(Document.subject_id == row.id)
            ),
            "entries": await ask(
                select(func.count())
                .select_from(ContractEvidence)
                .where(ContractEvidence.contract_id == row.id, ContractEvidence.kind == "sealed")
            ),
            "signatures": await ask(
                select(func.count())
                .select_from(ContractEvidence)
                .where(ContractEvidence.contract_id == row.id, ContractEvidence.kind == "signed")
            ),
            "leaves": await ask(
                select(func.count())
                .select_from(LogPlace)
                .join(LogLeaf, LogLeaf.id == LogPlace.leaf_id)
                .where(func.convert_from(LogLeaf.leaf, "UTF8").contains(digest))
            ),
            "mails": sum(letter.subject == sealed for letter in letters),
        }  # type: ignore[dict-item]


async def state_of(system: System, contract: Contract) -> str:
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return (await sealing_of(work, await work.session.get_one(Contract, contract.id))).state


@pytest.mark.parametrize("point", POINTS)
async def test_whoever_dies_over_a_seal(
    house: House, scene: Scene, system: System, start: Start, point: str
) -> None:
    contract = await signed_contract(system, scene)
    start("relay")
    worker = start("worker", point)
    assert await worker.ended() == KILLED
    found = await counts(system, contract)
    assert found["signatures"] == 1, "what was signed stays signed"
    if point != "worker.done_not_cleaned":
        assert found["documents"] == found["entries"] == found["leaves"] == found["mails"] == 0
        assert await state_of(system, contract) in {"waiting", "failed"}, "and it is seen"
    start("worker")

    patience = Patience(house, system)

    async def logged() -> bool:
        await patience.wait()
        return (await counts(system, contract))["leaves"] >= 1

    await until(logged, 120, "the leaf of the sealed file", every_s=0.2)
    assert await state_of(system, contract) == "sealed"
    assert await counts(system, contract) == {
        "documents": 1, "entries": 1, "signatures": 1, "leaves": 1, "mails": 2,
    }  # fmt: skip
