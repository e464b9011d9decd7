"""What a claim tells about health: sealed, opened under a log, deleted in time."""

from base64 import b64decode, b64encode
from uuid import UUID

import pytest
from sqlalchemy import text

from guild.core.errors import Conflict
from guild.mutual_fund import commands, queries
from guild.mutual_fund.errors import (
    ClaimNotFound,
    EvidenceNotFound,
    EvidenceTooLarge,
    EvidenceUnreadable,
)
from guild.mutual_fund.schemas import EvidenceIn, FitsIn
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.features.mutual_fund.court import SECRET, Court, verdict


@pytest.fixture
async def court(as_: As, make: Factories) -> Court:
    return await Court(as_, make).open()


PDF = b64encode(b"%PDF-1.7 a note").decode()


async def test_health_data_is_opened_by_a_rep_alone_and_each_opening_is_seen(
    court: Court,
) -> None:
    claim = await court.file()
    paper = EvidenceIn(name="Note", media_type="application/pdf", content=PDF, health=True)
    async with court.as_(court.make.actor(court.claimant)) as work:
        added = await commands.add_evidence(work, claim.id, paper)
    await court.draw(claim.id)
    juror = (await court.jurors(claim.id))[0]
    statement = claim.evidence[0].id if claim.evidence else UUID(int=0)
    with pytest.raises(EvidenceNotFound):  # not before she has accepted
        async with court.as_(court.make.actor(juror)) as work:
            await commands.open_evidence(work, claim.id, statement)
    await court.accept(claim.id, juror)
    async with court.as_(court.make.actor(juror)) as work:
        said = await commands.open_evidence(work, claim.id, statement)
        assert b64decode(said.content).decode() == SECRET
    with pytest.raises(EvidenceNotFound):
        async with court.as_(court.make.actor(juror)) as work:
            await commands.open_evidence(work, claim.id, added.id)
    with pytest.raises(ClaimNotFound):
        async with court.as_(court.make.actor(court.treasurer)) as work:
            await commands.open_evidence(work, claim.id, added.id)
    with pytest.raises(Conflict):
        async with court.as_(court.make.actor(court.rep)) as work:
            await commands.confirm_evidence(work, claim.id, added.id, FitsIn(fits=True))
    async with court.as_(court.make.actor(court.rep)) as work:
        await commands.open_evidence(work, claim.id, added.id)
        await work.session.flush()
        fits = await commands.confirm_evidence(work, claim.id, added.id, FitsIn(fits=True))
        assert fits.fits is True
    async with court.as_(court.make.actor(court.claimant)) as work:
        seen = await queries.view_claim(work, await queries.claim_for(work, claim.id))
        assert [opening.capacity for opening in seen.openings] == ["juror", "rep"]


async def test_nothing_about_health_stands_readable_in_the_database(court: Court) -> None:
    claim = await court.file()
    async with court.as_() as work:
        sealed = await work.session.scalar(
            text("SELECT content_sealed FROM claim_evidence WHERE claim_id = :id"),
            {"id": claim.id},
        )
        assert isinstance(sealed, bytes)
        assert b"wrist" not in sealed
        told = await work.session.scalars(
            text("SELECT body::text FROM event UNION ALL SELECT text FROM ledger_entry")
        )
        assert not [
            body for body in told if "wrist" in body or "sickness" in body.split("charter")[0]
        ]


@pytest.mark.parametrize(
    ("media_type", "content", "error"),
    [
        ("application/pdf", "not base64!", EvidenceUnreadable),
        ("application/pdf", b64encode(b"MZ").decode(), EvidenceUnreadable),
        ("text/plain", b64encode(b"\xff\xfe").decode(), EvidenceUnreadable),
        ("text/plain", b64encode(b"x" * 262_145).decode(), EvidenceTooLarge),
    ],
)
async def test_documents_are_what_they_say_and_small(
    court: Court, media_type: str, content: str, error: type[Exception]
) -> None:
    claim = await court.file()
    data = EvidenceIn(name="Paper", media_type=media_type, content=content)  # type: ignore[arg-type]
    with pytest.raises(error):
        async with court.as_(court.make.actor(court.claimant)) as work:
            await commands.add_evidence(work, claim.id, data)


async def test_documents_are_deleted_when_no_appeal_can_need_them(
    court: Court, clock: Clock
) -> None:
    claim = await court.file()
    await court.draw(claim.id)
    await court.judge(claim.id, [verdict("rejected")] * 3)
    clock.advance(days=59)
    async with court.as_() as work:
        assert await commands.forget_evidence(work) == 0
    clock.advance(days=2)
    async with court.as_() as work:
        assert await commands.forget_evidence(work) == 1
    async with court.as_(court.make.actor(court.claimant)) as work:
        seen = await queries.view_claim(work, await queries.claim_for(work, claim.id))
        assert seen.evidence[0].deleted
        with pytest.raises(EvidenceNotFound):
            await commands.open_evidence(work, claim.id, seen.evidence[0].id)
