"""What goes after its days, and what stays however old it is."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from guild.core import retention
from guild.core.ids import new_id
from guild.core.outbox import drain
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from tests.conftest import Clock


async def fill(system: System, clock: Clock) -> None:
    """Of each kind: one old and over, one old and not over, one that is young."""
    now = clock()
    async with begin_work(system, SYSTEM) as work:
        run = work.session.execute
        for name, age in (("old", 31), ("young", 29)):
            await run(
                text("INSERT INTO idempotency VALUES (:a, :k, 'x', 200, 'y', :at)"),
                {"a": new_id(), "k": f"{name}-key", "at": now - timedelta(days=age)},
            )
        for refused, sent in ((None, 91), (None, 89), (None, None), ("550", None), ("550", 91)):
            at = None if sent is None else now - timedelta(days=sent)
            await run(
                text(
                    "INSERT INTO mail (id, letter_sealed, written_at, sent_at, refused) "
                    "VALUES (:i, 'x', :w, :s, :r)"
                ),
                {"i": new_id(), "w": now - timedelta(days=400), "s": at, "r": refused},
            )
        for done, dead in ((31, None), (29, None), (None, 31), (None, None)):
            days = {"done": done, "dead": dead}
            over = {k: None if v is None else now - timedelta(days=v) for k, v in days.items()}
            await run(
                text(
                    "INSERT INTO outbox (id, job, ids, asked_at, due_at, done_at, dead_at) "
                    "VALUES (:i, 'core.deliver_mail', '{}', :w, :w, :done, :dead)"
                ),
                {"i": new_id(), "w": now + timedelta(days=1), **over},
            )


async def left(system: System) -> dict[str, int]:
    async with begin_work(system, SYSTEM, read_only=True) as work:
        counted = await work.session.execute(
            text(
                "SELECT (SELECT count(*) FROM idempotency) AS answers, "
                "(SELECT count(*) FROM mail) AS mails, (SELECT count(*) FROM outbox "
                "WHERE job = 'core.deliver_mail') AS jobs"
            )
        )
        return dict(counted.mappings().one())


async def test_only_what_is_old_and_over_goes(system: System, clock: Clock) -> None:
    await fill(system, clock)
    async with begin_work(system, SYSTEM) as work:
        await retention.forget_old.job.run(work)
    await drain(system)
    assert await left(system) == {"answers": 1, "mails": 4, "jobs": 3}


async def test_batches_follow_one_another(
    system: System, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        await fill(system, clock)
    async with begin_work(system, SYSTEM) as work:
        assert await retention.forget_batch(work)
    assert (await left(system))["answers"] == 8
    async with begin_work(system, SYSTEM) as work:
        work.later(retention.forget_more)
    await drain(system)
    assert await left(system) == {"answers": 5, "mails": 20, "jobs": 15}


async def test_the_app_may_sweep(committing: System, clock: Clock) -> None:
    """With the rights that the app's role has in the database."""
    await fill(committing, clock)
    async with begin_work(committing, SYSTEM) as work:
        await retention.forget_batch(work)
    assert await left(committing) == {"answers": 1, "mails": 4, "jobs": 3}
