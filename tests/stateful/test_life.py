"""An invoice's whole life walks with the model; weakened builds are caught.

GUILD_STATEFUL_STEPS and GUILD_STATEFUL_SEED make the walk longer or another one.
"""

import os
from typing import Any

import pytest

from guild.core.work import System
from guild.invoicing.commands.payments import Receivable
from guild.invoicing.rules import totals
from guild.mutual_fund import commands as fund
from tests.stateful.life import Course

STEPS = int(os.environ.get("GUILD_STATEFUL_STEPS", "60"))
SEED = int(os.environ.get("GUILD_STATEFUL_SEED", "20261123"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(max(300, STEPS * 3))]


async def walked(system: System, steps: int, seed: int = SEED) -> Course:
    """A walk to its end; what goes wrong names the seed."""
    course = await Course(system, seed).open()
    try:
        await course.walk(steps)
    except AssertionError as wrong:
        wrong.add_note(f"seed {seed}, step {len(course.trace)}: {course.trace[-8:]}")
        raise
    return course


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
async def test_a_whole_life_keeps_the_books_of_the_model(system: System, seed: int) -> None:
    course = await walked(system, STEPS, seed)
    assert len(set(course.trace)) >= 10


# --- builds that must be caught ----------------------------------------------------------------


def release_too_early(patch: pytest.MonkeyPatch) -> None:
    """The first part payment releases all that the member waits for."""
    patch.setattr(Receivable, "released_by", lambda self, _: self.pending_net_minor)


def keep_what_came_back(patch: pytest.MonkeyPatch) -> None:
    """What the bank takes back stays with the member and the pots."""

    async def nothing(*_: Any) -> None: ...

    patch.setattr(fund, "take_back_payment", nothing)


def cut_lines_off(patch: pytest.MonkeyPatch) -> None:
    """A line's half cent is cut off instead of rounded."""
    honest = totals.divided
    patch.setattr(
        totals, "divided", lambda top, bottom: top // bottom if top > 0 else honest(top, bottom)
    )


@pytest.mark.parametrize("weaken", [release_too_early, keep_what_came_back, cut_lines_off])
async def test_a_weakened_life_is_caught(
    system: System, monkeypatch: pytest.MonkeyPatch, weaken: Any
) -> None:
    weaken(monkeypatch)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the database may be the one to refuse
        await walked(system, 300)
    assert not isinstance(caught.value, KeyError | TypeError | AttributeError), caught.value
