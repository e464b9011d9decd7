"""The Work against a real database: one statement, refusals that keep, nothing half done."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import Conflict
from guild.core.events import Event, EventRow
from guild.core.ids import new_id
from guild.core.mail import Mail, read_letter, send_mail
from guild.core.outbox import OutboxRow, drain
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work


class Rang(Event):
    """A fact of these tests."""

    subject = "bell"
    bell: str


class Happened(Event):
    pass


async def count(system, model):
    async with begin_work(system, SYSTEM, read_only=True) as work:
        return await work.session.scalar(select(func.count()).select_from(model))


async def test_a_fact_is_stored_with_the_commit(system, as_):
    before = await count(system, EventRow)
    async with as_() as work:
        await work.emit(Happened())
    assert await count(system, EventRow) == before + 1


async def test_an_error_leaves_nothing(system, as_):
    before = await count(system, EventRow)
    with pytest.raises(Conflict):
        async with as_() as work:
            await work.emit(Happened())
            await work.write()
            raise Conflict
    assert await count(system, EventRow) == before


async def test_a_refusal_may_keep_what_was_written(system, as_):
    before = await count(system, EventRow)
    with pytest.raises(Conflict):
        async with as_() as work:
            await work.emit(Happened())
            raise work.refuse(Conflict())
    assert await count(system, EventRow) == before + 1


async def test_facts_cannot_be_changed(as_):
    async with as_() as work:
        await work.emit(Happened())
    with pytest.raises(DBAPIError):
        async with as_() as work:
            await work.session.execute(text("UPDATE event SET kind = 'x'"))


async def test_reading_works_cannot_write(as_):
    with pytest.raises(DBAPIError):
        async with as_(read_only=True) as work:
            await work.session.execute(
                text("INSERT INTO scheduled_run (name, slot) VALUES ('x', now())")
            )


async def test_a_mail_is_sealed_and_delivered_by_its_job(system, as_):
    async with as_() as work:
        mail_id = send_mail(
            work, to="ada@member.example", subject="Hello", text="canary words", reason="Because."
        )
    async with as_() as work:
        mail = await work.session.get_one(Mail, mail_id)
        assert b"canary" not in mail.letter_sealed
        assert read_letter(work, mail).text == "canary words"
    await drain(system)
    async with as_() as work:
        mail = await work.session.get_one(Mail, mail_id)
        assert mail.sent_at is not None
        done = await work.session.scalar(
            select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_not(None))
        )
        assert done >= 1


async def test_commits_for_real(committing):
    async with begin_work(committing, SYSTEM) as work:
        await work.emit(Happened())
    assert await count(committing, EventRow) >= 1
    assert new_id() < new_id()
