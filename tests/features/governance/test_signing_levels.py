"""Which signature a contract needs: by value and currency, as the charter of the day says."""

import copy
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from guild.contracts import queries
from guild.contracts.errors import LevelTooLow
from guild.governance import commands
from guild.governance.rules import SigningTerms, read_charter
from tests.conftest import As, Clock
from tests.factories import Factories
from tests.features.governance.test_charter import TODAY, changed

TERMS: dict[str, Any] = {
    "advanced_from_minor": {"EUR": 1_000}, "eid_from_minor": {"EUR": 5_000, "CAD": 0},
    "other_currencies": "advanced", "request_minutes": 15, "objection_days": 3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "currency", "level"),
    [
        (999, "EUR", "simple"),
        (1_000, "EUR", "advanced"),
        (4_999, "EUR", "advanced"),
        (5_000, "EUR", "eid"),
        (1, "CAD", "eid"),
        (1, "USD", "advanced"),
    ],
)
def test_the_level_follows_from_value_and_currency(value: int, currency: str, level: str) -> None:
    assert SigningTerms(**TERMS).level(value, currency) == level


def test_the_weaker_level_is_never_asked_of_the_higher_value() -> None:
    with pytest.raises(ValueError, match="below advanced_from_minor: EUR"):
        SigningTerms(**{**TERMS, "eid_from_minor": {"EUR": 999}})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("advanced_from_minor", {"euro": 5}),
        ("advanced_from_minor", {"EUR": -1}),
        ("other_currencies", "strong"),
        ("request_minutes", 0),
        ("objection_days", 31),
    ],
)
def test_what_a_charter_cannot_say(name: str, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_charter(2, changed("signing", name, value))


def test_the_founding_charter_says_why() -> None:
    chapter = copy.deepcopy(commands.founding_body())["signing"]
    assert set(chapter) == set(TERMS)
    assert all(one["reason"] and one["source"] for one in chapter.values())


async def test_an_offer_keeps_the_level_of_the_day_it_was_sent(
    as_: As, clock: Clock, make: Factories
) -> None:
    """A new charter asks more of what is sent later, nothing of what was sent before."""
    member = await make.member()
    before = await make.sent_contract(member)
    async with as_() as work:
        asked = changed("signing", "advanced_from_minor", {"EUR": 0})
        await commands.adopt_charter(work, asked, TODAY + timedelta(days=1))
    clock.advance(days=1)
    with pytest.raises(LevelTooLow):
        await make.sent_contract(member)
    async with as_(await make.client_of(before), read_only=True) as work:
        view, _ = await queries.offer_view(work)
    assert (view.signature_level, view.ways) == ("simple", ["simple", "advanced"])
