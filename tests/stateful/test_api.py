"""The API walks with the model; weakened builds are caught.

GUILD_STATEFUL_STEPS and GUILD_STATEFUL_SEED make the walk longer or another one.
"""

import os
from typing import Any

import pytest

from guild import features
from guild.core.money import Money
from guild.core.permissions import SYSTEM
from guild.core.wire import ANSWERS
from guild.core.work import System, Work, begin_work
from guild.mutual_fund import commands as fund
from guild.mutual_fund.rules import levy
from guild.treasury.commands import payouts
from tests.stateful.machine import Walk

STEPS = int(os.environ.get("GUILD_STATEFUL_STEPS", "60"))
SEED = int(os.environ.get("GUILD_STATEFUL_SEED", "20261123"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(max(300, STEPS * 3))]


async def walked(system: System, steps: int, seed: int = SEED) -> Walk:
    """A walk to its end; what goes wrong names the seed."""
    walk = await Walk(system, seed).open()
    try:
        await walk.walk(steps)
    except AssertionError as wrong:
        wrong.add_note(f"seed {seed}, step {len(walk.trace)}, request {walk.requests}")
        raise
    finally:
        await walk.close()
    return walk


async def test_the_api_keeps_the_books_of_the_model(committing: System) -> None:
    walk = await walked(committing, STEPS)
    assert walk.requests > 5 * STEPS
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        for invariant in features.INVARIANTS:
            assert await invariant(work.session) == [], invariant.__name__


# --- builds that must be caught ----------------------------------------------------------------


def lose_a_cent(patch: pytest.MonkeyPatch) -> None:
    """The levy gives one cent of operations to the member; every entry still balances."""
    honest = levy.released

    def released(*arguments: Any) -> levy.Release:
        made = honest(*arguments)
        pots = {**made.pots, "fund_operations": made.pots["fund_operations"] - 1}
        return levy.Release(made.net, pots, made.repaid, made.available + 1)

    patch.setattr(levy, "released", released)


def forget_answers(patch: pytest.MonkeyPatch) -> None:
    """Idempotency keys are read and never stored."""
    append = Work.append

    def forgetful(self: Work, appender: Any, **columns: Any) -> None:
        if appender is not ANSWERS:
            append(self, appender, **columns)

    patch.setattr(Work, "append", forgetful)


def promise_twice(patch: pytest.MonkeyPatch) -> None:
    """A payout that was asked for does not count as asked for."""

    async def nothing(_: Work, __: Any, ___: str, currency: str) -> Money:
        return Money(0, currency)

    patch.setattr(payouts, "waiting", nothing)


def keep_the_levy(patch: pytest.MonkeyPatch) -> None:
    """A credit note takes nothing back from pots and member."""

    async def nothing(*_: Any) -> None: ...

    patch.setattr(fund, "return_levy", nothing)


@pytest.mark.parametrize("weaken", [lose_a_cent, forget_answers, promise_twice, keep_the_levy])
async def test_a_weakened_build_is_caught(
    committing: System, monkeypatch: pytest.MonkeyPatch, weaken: Any
) -> None:
    weaken(monkeypatch)
    with pytest.raises(AssertionError) as caught:
        await walked(committing, 400)
    assert "seed" in caught.value.__notes__[0]
