"""A shared invoice taken back and drafted anew: the shares go along and are agreed to again."""

from typing import Any

import pytest

from guild.core.errors import Conflict
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.invoicing import commands
from guild.invoicing.queries.shares import shares_on
from guild.invoicing.schemas.credits import ReissuedOut
from guild.invoicing.schemas.shares import ShareIn, SharesIn
from tests.features.invoicing.test_corrections import BACK, asked
from tests.features.invoicing.test_shares import Crew, crew

__all__ = ["crew"]
LESS = {"lines": [{**BACK, "quantity": "-2"}]}
"""970.00 in place of 1,000.00 before tax."""


async def reissued(crew: Crew, **given: Any) -> ReissuedOut:
    """Ada takes it back and drafts it anew; the crew goes on with the new draft."""
    async with begin_work(crew.bench.system, crew.make.actor(crew.ada)) as work:
        done = await commands.credit_and_reissue(work, crew.invoice_id, asked(**given))
    crew.invoice_id = done.draft_id
    return done


async def letters_about_shares(crew: Crew) -> list[Any]:
    letters = await crew.make.letters()
    return [one for one in letters if "Your share of an invoice" in one.subject]


async def test_the_shares_go_along_and_each_is_asked_once_about_the_new_sums(crew: Crew) -> None:
    await crew.issued(5_000, 3_000, 2_000)
    before = len(await letters_about_shares(crew))
    await reissued(crew, change=LESS)
    said = await crew.shares()
    assert [(one.bps, one.net, one.state) for one in said.shares] == [
        (5_000, "485.00", "agreed"), (3_000, "291.00", "asked"), (2_000, "194.00", "asked"),
    ]  # fmt: skip
    letters = (await letters_about_shares(crew))[before:]
    assert sorted(one.to for one in letters) == sorted([crew.ben.email, crew.cyd.email])
    with pytest.raises(Conflict, match="has not agreed"):
        await crew.issue()
    await crew.agree(crew.ben, crew.cyd)
    await crew.issue()
    assert await crew.books() == {"ada": (48_500, 0), "ben": (29_100, 0), "cyd": (19_400, 0)}
    await crew.sound()


async def test_both_at_once_is_refused_and_then_nothing_is_done(crew: Crew) -> None:
    await crew.issued(6_000, 4_000)
    books = await crew.books()
    with pytest.raises(Conflict, match="agree to the new one first") as refused:
        await reissued(crew, issue=True)
    assert refused.value.field == "issue"
    assert "issue the draft when all have agreed" in refused.value.mend
    assert await crew.books() == books
    await crew.sound()


async def test_amounts_that_no_longer_fit_stand_until_they_are_stated_again(crew: Crew) -> None:
    await crew.draft()
    amounts = ((crew.ada, "600.00"), (crew.ben, "400.00"))
    await crew.share(
        SharesIn(tuple(ShareIn(member_id=one.id, amount=amount) for one, amount in amounts))
    )
    await crew.agree(crew.ben)
    await crew.issue()
    before = len(await letters_about_shares(crew))
    await reissued(crew, change=LESS)
    said = await crew.shares()
    assert (said.fits, [one.net for one in said.shares]) == (False, ["600.00", "400.00"])
    assert len(await letters_about_shares(crew)) == before
    with pytest.raises(Conflict, match="do not make the whole"):
        await crew.agree(crew.ben)
    await crew.share(crew.bps(6_000, 4_000))
    assert len(await letters_about_shares(crew)) == before + 1
    await crew.agree(crew.ben)
    await crew.issue()
    assert (await crew.books())["ben"] == (38_800, 0)
    await crew.sound()


async def test_the_invoice_of_one_member_stays_hers(crew: Crew) -> None:
    await crew.draft()
    await crew.issue()
    done = await reissued(crew, issue=True)
    assert done.invoice is not None
    async with begin_work(crew.bench.system, SYSTEM) as work:
        assert (await shares_on(work, done.draft_id)).shares == []
    await crew.sound()
