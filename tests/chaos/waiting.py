"""Asking for errands and waiting until each is done once, on a clock that the tests turn."""

import itertools
import time
from collections.abc import Callable
from datetime import timedelta
from signal import SIGKILL
from typing import Any

from sqlalchemy import text

from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from tests.chaos import errands
from tests.chaos.house import House, Process, effects, numbers, until

COUNT = itertools.count(1)
KILLED = -SIGKILL
LEASE_S = 25
Start = Callable[..., Process]


async def ask(system: System, job: Any = errands.count, number: int = 5) -> list[int]:
    """Queue errands with numbers of their own."""
    asked = list(itertools.islice(COUNT, number))
    async with begin_work(system, SYSTEM) as work:
        for one in asked:
            work.later(job, number=one)
    return asked


async def finished(system: System, house: House, asked: list[int]) -> None:
    """Wait until each is done or dead, letting leases and back-offs expire; each done once."""
    query = """SELECT count(*) FROM outbox WHERE (ids ->> 'number')::bigint = ANY (:asked)
                AND job LIKE 'chaos.%' AND done_at IS NULL AND dead_at IS NULL"""

    patience = Patience(house, system)

    async def done() -> bool:
        if (await numbers(system, query, asked=asked))[0] == 0:
            return True
        await patience.wait()
        return False

    await until(done, 120, "the errands", every_s=0.1)


class Patience:
    """Turns the clock towards the next thing that is due, but only once nothing has stirred for
    `still_s` seconds.

    However busy the machine is, the leases of what is at work do not run out faster than it works.
    Tests of calls that must not be made twice wait longer, so that none is under way.
    """

    LOOK = """
        SELECT concat_ws(' ', sum(attempts), sum(failures), count(done_at), count(dead_at),
                         count(sending_at)) AS seen,
               min(due_at) FILTER (WHERE done_at IS NULL AND dead_at IS NULL) AS due_at
          FROM outbox"""

    def __init__(self, house: House, system: System, still_s: float = 0.5) -> None:
        self.house, self.system, self.still_s = house, system, still_s
        self.seen: object = None
        self.since = 0.0

    async def wait(self) -> None:
        """Look once; turn the clock when all stands still, by a lease at most."""
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            look = (await work.session.execute(text(self.LOOK))).one()
        now = time.monotonic()
        if look.seen != self.seen:
            self.seen, self.since = look.seen, now
        elif now - self.since > self.still_s:
            furthest = self.house.moment + timedelta(seconds=LEASE_S + 5)
            due = furthest if look.due_at is None else max(self.house.moment, look.due_at)
            self.house.set_clock(min(due + timedelta(seconds=1), furthest))
            self.since = now


async def once(system: System, house: House, asked: list[int]) -> None:
    """Each is done, each once."""
    await finished(system, house, asked)
    assert await effects(system, asked) == dict.fromkeys(asked, 1)
