"""What is kept only for a while: answers under idempotency keys, mails that arrived, finished jobs.

Once a day, in batches, each a transaction of its own. What is not delivered, not done or
dead stays until a person or the queue has dealt with it. How long things stay is a setting, because
it is a promise to API clients and to mail readers, and no decision of the assembly
(`docs/operations.md`).
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from guild.core.jobs import job, scheduled
from guild.core.work import Work

BATCH: Final = 5_000
ANSWERS: Final = text("""
    DELETE FROM idempotency WHERE (actor_id, key) IN (
        SELECT actor_id, key FROM idempotency WHERE at < :before LIMIT :batch)
    RETURNING 1""")
MAILS: Final = text("""
    DELETE FROM mail WHERE id IN (
        SELECT id FROM mail WHERE sent_at < :before AND refused IS NULL
         LIMIT :batch FOR UPDATE SKIP LOCKED)
    RETURNING 1""")
JOBS: Final = text("""
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE done_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED)
    RETURNING 1""")
SLOTS: Final = text("""
    DELETE FROM scheduled_run WHERE (name, slot) IN (
        SELECT name, slot FROM scheduled_run WHERE slot < :before LIMIT :batch)
    RETURNING 1""")


async def forget_batch(work: Work) -> bool:
    """Delete one batch of each kind; says whether there may be more."""
    settings = work.settings
    more = False
    for statement, days in (
        (ANSWERS, settings.keep_answers_days),
        (MAILS, settings.keep_mails_days),
        (JOBS, settings.keep_jobs_days),
        (SLOTS, settings.keep_jobs_days),
    ):
        before = work.now - timedelta(days=days)
        gone = await work.session.execute(statement, {"before": before, "batch": BATCH})
        more |= len(gone.all()) == BATCH
    return more


@job("core.forget_more", timeout_s=60)
async def forget_more(work: Work) -> None:
    """One batch; a full one asks for the next."""
    if await forget_batch(work):
        work.later(forget_more)


@scheduled("core.forget_old", every_minutes=24 * 60)
async def forget_old(work: Work) -> None:
    """Begin once a day; the batches follow one another."""
    work.later(forget_more)
