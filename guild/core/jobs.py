"""Background work, as a feature writes it down.

`@job` makes a function of a Work and some ids that can be queued with `work.later(job, id=...)`;
the row that asks for it commits together with the change that wants it. It may run twice after a
crash, so it must come to the same end twice. `OutsideJob` is for calls that leave the house: the
call stands between two transactions, and in doubt it is never repeated blindly.
`@scheduled` names a slot in time; a slot is claimed once, however many processes look.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import msgspec

from guild.core.appends import Appender

Runner = Callable[..., Awaitable[None]]


class Job:
    """A function that runs in one Work of its own, from a row of the outbox."""

    def __init__(self, name: str, run: Runner, *, timeout_s: int, failures_max: int) -> None:
        self.name: Final = name
        self.run: Final = run
        self.timeout_s: Final = timeout_s
        self.failures_max: Final = failures_max

    async def __call__(self, *args: Any, **ids: Any) -> None:
        """Run it here and now, in the caller's Work."""
        await self.run(*args, **ids)


class OutsideJob:
    """A call to the outside world between two transactions, under one key for ever.

    `prepare(work, **ids)` returns the request, or None when there is nothing (more) to do;
    `call(system, request)` leaves the house; `record(work, ids, answer)` writes what came of it.
    A process that dies between `prepare` and `record` leaves the row `unknown`: it is repeated
    only where `repeatable` says that the other side knows our key or that twice does no harm.
    """

    def __init__(
        self,
        name: str,
        *,
        prepare: Callable[..., Awaitable[Any]],
        call: Callable[[Any, Any], Awaitable[Any]],
        record: Callable[[Any, dict[str, Any], Any], Awaitable[None]],
        timeout_s: int = 30,
        failures_max: int = 8,
        repeatable: bool = True,
    ) -> None:
        self.name: Final = name
        self.prepare: Final = prepare
        self.call: Final = call
        self.record: Final = record
        self.timeout_s: Final = timeout_s
        self.failures_max: Final = failures_max
        self.repeatable: Final = repeatable


class Schedule(msgspec.Struct, frozen=True):
    """A job that is due at each multiple of `every_minutes` of the UTC day."""

    job: Job
    every_minutes: int


AnyJob = Job | OutsideJob

OUTBOX = Appender(
    "outbox",
    {
        "id": "uuid",
        "job": "text",
        "ids": "jsonb",
        "due_at": "timestamptz",
        "asked_at": "timestamptz",
    },
)
"""Rows of the queue; the table is in `outbox.py`, which alone talks to arq."""


def job(name: str, *, timeout_s: int = 60, failures_max: int = 8) -> Callable[[Runner], Job]:
    """Make a background job of `async def f(work, **ids)`; `name` is stored, so it is stable."""

    def make(run: Runner) -> Job:
        return Job(name, run, timeout_s=timeout_s, failures_max=failures_max)

    return make


def scheduled(
    name: str, *, every_minutes: int, timeout_s: int = 120
) -> Callable[[Runner], Schedule]:
    """Make a scheduled job of `async def f(work)`."""
    assert 0 < every_minutes <= 24 * 60

    def make(run: Runner) -> Schedule:
        return Schedule(Job(name, run, timeout_s=timeout_s, failures_max=8), every_minutes)

    return make


def encode_ids(ids: dict[str, Any]) -> str:
    """Job payloads hold ids and small plain values only; arq and logs may show them."""
    for name, value in ids.items():
        assert isinstance(value, (UUID, int, str, bool)), f"{name} is no id"
    return msgspec.json.encode(ids).decode()
