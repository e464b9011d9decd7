"""Jobs of the chaos tests: one that counts, one poisoned, one slow, two that leave the house.

They run in the product's own relay and worker, beside the product's own jobs. The "bank" is a file
that each call appends a line to; a call that cannot be repeated and one that can.
"""

import asyncio
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from guild.core.jobs import AnyJob, OutsideJob, job
from guild.core.work import System, Work
from guild.translog.commands import append_leaf

# The product's own table of claimed slots serves as the list of effects, so that the schema stays
# what its fingerprint says. Each name is new: what is done twice is seen twice.
EFFECT = text("INSERT INTO scheduled_run (name, slot) VALUES (:name, now())")
EFFECTS = """SELECT split_part(name, ':', 2)::bigint FROM scheduled_run
              WHERE name LIKE 'effect:%' AND split_part(name, ':', 2)::bigint = ANY (:wanted)"""
BANK = "CHAOS_BANK"
BANK_FAILS = "CHAOS_BANK_LOSES_REPLIES"


def _note(line: str) -> None:
    """Leave a trace outside of every transaction."""
    with Path(os.environ[BANK]).open("a", encoding="ascii") as book:
        book.write(f"{line}\n")


async def _effect(work: Work, number: int) -> None:
    await work.session.execute(EFFECT, {"name": f"effect:{number}:{uuid4()}"})


@job("chaos.count", timeout_s=20)
async def count(work: Work, number: int) -> None:
    await _effect(work, number)


@job("chaos.poison", timeout_s=20, failures_max=3)
async def poison(work: Work, number: int) -> None:
    await _effect(work, number)
    raise ValueError(f"poison {number}")


@job("chaos.slow", timeout_s=20)
async def slow(work: Work, number: int) -> None:
    await _effect(work, number)
    _note(f"slow:{number}")
    await asyncio.sleep(1.2)


@job("chaos.leaf", timeout_s=20)
async def leaf(work: Work, number: int) -> None:
    append_leaf(work, "chaos", {"number": number})
    await _effect(work, number)


@job("guild.check_schema")
async def agree(work: Work) -> None:
    """In place of the product's own: the fingerprint of the schema is another test's matter."""


async def _prepare(work: Work, number: int) -> int | None:
    return number


async def _call(system: System, number: int) -> str:
    return await _send(number)


async def _send(number: int) -> str:
    _note(str(number))
    if os.environ.get(BANK_FAILS):
        raise ConnectionResetError("the reply was lost")
    return "booked"


async def _record(work: Work, ids: dict[str, Any], answer: str) -> None:
    assert answer == "booked"
    await _effect(work, ids["number"])


transfer = OutsideJob(
    "chaos.transfer", prepare=_prepare, call=_call, record=_record, timeout_s=20, repeatable=False
)
courier = OutsideJob(
    "chaos.courier", prepare=_prepare, call=_call, record=_record, timeout_s=20, repeatable=True
)
ERRANDS: dict[str, AnyJob] = {
    errand.name: errand for errand in (count, poison, slow, leaf, agree, transfer, courier)
}
