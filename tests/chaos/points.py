"""Where a process can be killed: each point patches one line of the product with a strike.

A point is named `place.moment`. `arm` is called in the process that is to die, before its entry
function runs; the strike is a SIGKILL that happens once, however often the process comes by.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arq.connections import ArqRedis
from sqlalchemy import event
from sqlalchemy.engine import Engine

from guild import worker
from guild.contracts.commands import sealing
from guild.contracts.rules.evidence import LEAF_KIND
from guild.core import outbox
from guild.core.work import Work
from guild.documents.pool import DocumentPool
from guild.exchange.gateway.loopback import LoopbackGateway
from guild.translog import commands as log
from guild.translog import jobs as log_jobs
from guild.treasury import commands as treasury
from guild.treasury.commands import statements
from tests.chaos import errands

Strike = Callable[[], None]
POINTS: dict[str, Callable[[Strike], None]] = {}


def arm(name: str, mark: Path) -> None:
    """Set the trap of that name; `mark` is the file that tells that it has struck."""
    POINTS[name](striker(mark))


def striker(mark: Path) -> Strike:
    """A SIGKILL of this very process, the first time only."""

    def strike() -> None:
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    return strike


def point(name: str) -> Callable[[Callable[[Strike], None]], Callable[[Strike], None]]:
    """Register a trap."""

    def register(trap: Callable[[Strike], None]) -> Callable[[Strike], None]:
        POINTS[name] = trap
        return trap

    return register


# --- the API -----------------------------------------------------------------------------------


@point("api.between_rows")
def _(strike: Strike) -> None:
    """The ORM's rows are written, what was appended (postings, answer) is not."""
    finish = Work.finish

    async def trap(self: Work) -> None:
        if self.claim is not None:
            await self.session.flush()
            strike()
        await finish(self)

    Work.finish = trap  # type: ignore[method-assign]


@point("api.before_commit")
def _(strike: Strike) -> None:
    finish = Work.finish

    async def trap(self: Work) -> None:
        await finish(self)
        if self.claim is not None:
            strike()

    Work.finish = trap  # type: ignore[method-assign]


@point("api.after_commit")
def _(strike: Strike) -> None:
    """Committed, and the client never hears of it."""
    commit = Work.commit

    async def trap(self: Work) -> None:
        await commit(self)
        if self.claim is not None:
            strike()

    Work.commit = trap  # type: ignore[method-assign]


@point("api.mid_import")
def _(strike: Strike) -> None:
    """In the middle of a bank statement."""
    _strike_at_call(statements, "post_days", strike, number=1)


# --- the relay ---------------------------------------------------------------------------------


@point("relay.lease_uncommitted")
def _(strike: Strike) -> None:
    @event.listens_for(Engine, "after_cursor_execute")
    def executed(_c: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "SET attempts = attempts + 1" in statement and cursor.rowcount:
            strike()


@point("relay.leased_not_rung")
def _(strike: Strike) -> None:
    _strike_at_call(ArqRedis, "enqueue_job", strike, number=1)


@point("relay.mid_batch")
def _(strike: Strike) -> None:
    outbox.RING = 1  # type: ignore[misc]  # so that a few rows make a batch of several rings
    _strike_at_call(ArqRedis, "enqueue_job", strike, number=3)


@point("relay.rung")
def _(strike: Strike) -> None:
    _strike_after(worker, "relay_once", strike)


# --- the worker --------------------------------------------------------------------------------


@point("worker.picked")
def _(strike: Strike) -> None:
    """The row is locked, nothing is done."""
    _strike_after(outbox, "_taken", strike)


@point("worker.effect_uncommitted")
def _(strike: Strike) -> None:
    """Effect and `done_at` are written, not committed."""
    taken, finish = outbox._taken, Work.finish

    async def mark(work: Work, row_id: Any) -> Any:
        found = await taken(work, row_id)
        work.session.info["runs a job"] = found is not None
        return found

    async def trap(self: Work) -> None:
        await finish(self)
        if self.session.info.get("runs a job"):
            strike()

    outbox._taken = mark
    Work.finish = trap  # type: ignore[method-assign]


@point("worker.done_not_cleaned")
def _(strike: Strike) -> None:
    """Committed; arq does not know it yet."""
    _strike_after(worker, "run_row", strike)


@point("worker.prepared")
def _(strike: Strike) -> None:
    """`sending` is committed, and the call has not left the house."""
    _strike_at_call(errands, "_send", strike, number=1)


@point("worker.answered_not_recorded")
def _(strike: Strike) -> None:
    """The outside world has answered, and nothing of it is written."""
    _strike_at_call(outbox, "_record", strike, number=1)


@point("worker.pdf_made")
def _(strike: Strike) -> None:
    """The file exists in memory and nowhere else."""
    _strike_after(DocumentPool, "render", strike)


@point("seal.signed_not_printed")
def _(strike: Strike) -> None:
    """Both have signed; of the sealed file there is nothing."""
    _strike_at_call(DocumentPool, "render", strike, number=1)


@point("seal.printed_not_sealed")
def _(strike: Strike) -> None:
    """The file is printed, and carries no seal."""
    _strike_at_call(sealing, "seal_pdf", strike, number=1)


@point("seal.sealed_not_recorded")
def _(strike: Strike) -> None:
    """The sealed file exists in memory and nowhere else."""
    _strike_after(sealing, "seal_pdf", strike)


@point("seal.stored_not_logged")
def _(strike: Strike) -> None:
    """The file is stored, its leaf is not written, nothing is committed."""
    append = log.append_leaf

    def trap(work: Any, kind: str, body: Any) -> Any:
        if kind == LEAF_KIND:
            strike()
        return append(work, kind, body)

    log.append_leaf = trap


@point("seal.logged_uncommitted")
def _(strike: Strike) -> None:
    """File, leaf and mails are written, and not committed."""
    record = sealing.record

    async def trap(work: Any, contract: Any, kind: str, details: Any) -> Any:
        made = await record(work, contract, kind, details)
        if kind == "sealed":
            await work.session.flush()
            strike()
        return made

    sealing.record = trap


@point("worker.set_aside_uncommitted")
def _(strike: Strike) -> None:
    """A slice of a payout run is set aside in the books, and not committed."""
    original = treasury.set_aside_slice

    async def trap(*arguments: Any, **named: Any) -> Any:
        answer = await original(*arguments, **named)
        await arguments[0].session.flush()
        strike()
        return answer

    treasury.set_aside_slice = trap


@point("gateway.not_sent")
def _(strike: Strike) -> None:
    """`sending` is committed, and the parcel has not left."""
    _strike_at_call(LoopbackGateway, "send", strike, number=1)


@point("gateway.sent_not_recorded")
def _(strike: Strike) -> None:
    """The gateway has the parcel, and nothing says so."""
    _strike_after(LoopbackGateway, "send", strike)


@point("log.unsigned")
def _(strike: Strike) -> None:
    """Leaves have places, and no checkpoint is signed."""
    sign = log._sign

    def trap(*arguments: Any) -> None:
        strike()
        sign(*arguments)

    log._sign = trap


@point("log.signed_uncommitted")
def _(strike: Strike) -> None:
    _strike_after(log, "sequence_leaves", strike)
    log_jobs.sequence_leaves = log.sequence_leaves


def _strike_after(owner: Any, name: str, strike: Strike) -> None:
    """Strike once the async function has returned something."""
    original = getattr(owner, name)

    async def trap(*arguments: Any, **named: Any) -> Any:
        answer = await original(*arguments, **named)
        if answer:
            strike()
        return answer

    setattr(owner, name, trap)


def _strike_at_call(owner: Any, name: str, strike: Strike, *, number: int) -> None:
    """Strike when the async function is called for the n-th time, before it runs."""
    original, calls = getattr(owner, name), 0

    async def trap(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            strike()
        return await original(*arguments, **named)

    setattr(owner, name, trap)
