"""The charter by date, its strictness, its chain, and its guards in the database."""

import copy
import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import fields
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from guild.core.permissions import ROLES, SYSTEM, Permission
from guild.core.work import System, begin_work
from guild.governance import commands, queries
from guild.governance.errors import (
    CharterAlreadyFounded,
    CharterInvalid,
    CharterNotRetroactive,
    NoCharterYet,
)
from guild.governance.rules import GENESIS, Charter, read_charter, version_hash
from tests.conftest import As, Clock

TODAY = date(2026, 11, 23)


def changed(chapter: str, name: str, value: Any) -> dict[str, Any]:
    """The founding document with one other value."""
    body = copy.deepcopy(commands.founding_body())
    body[chapter][name]["value"] = value
    return body


async def test_versions_govern_by_date(as_: As, clock: Clock) -> None:
    async with as_() as work:
        await commands.adopt_charter(
            work, changed("levy", "rate_bps", 700), TODAY + timedelta(days=30)
        )
    async with as_() as work:
        assert (await queries.charter_at(work)).levy.rate_bps == 650
        eve = await queries.charter_at(work, TODAY + timedelta(days=29))
        assert (eve.version, eve.levy.rate_bps) == (1, 650)
        then = await queries.charter_at(work, datetime(2026, 12, 23, 0, 0, tzinfo=UTC))
        assert (then.version, then.levy.rate_bps) == (2, 700)
    clock.advance(days=31)
    async with as_() as work:
        assert (await queries.charter_at(work)).version == 2
        assert await queries.broken_charter_chain(work.session) == []


async def test_the_days_to_say_that_a_payment_was_meant_otherwise(as_: As, clock: Clock) -> None:
    """Founded at ten; another number counts from its day on."""
    async with as_() as work:
        assert (await queries.charter_at(work)).bank.meant_otherwise_days == 10
        later = changed("bank", "meant_otherwise_days", 20)
        await commands.adopt_charter(work, later, TODAY + timedelta(days=30))
    clock.advance(days=29)
    async with as_() as work:
        assert (await queries.charter_at(work)).bank.meant_otherwise_days == 10
    clock.advance(days=1)
    async with as_() as work:
        assert (await queries.charter_at(work)).bank.meant_otherwise_days == 20


async def test_before_the_founding_is_an_error(as_: As) -> None:
    async with as_() as work:
        with pytest.raises(NoCharterYet, match="2026-11-22"):
            await queries.charter_at(work, TODAY - timedelta(days=1))


async def test_cache_does_not_outlive_a_rolled_back_version(as_: As) -> None:
    async def adopt_and_fail() -> None:
        async with as_() as work:
            await commands.adopt_charter(work, changed("levy", "rate_bps", 900), TODAY)
            assert (await queries.charter_at(work)).levy.rate_bps == 900
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await adopt_and_fail()
    async with as_() as work:
        assert (await queries.charter_at(work)).levy.rate_bps == 650


async def test_founding_twice_changes_nothing_but_another_founding_is_refused(as_: As) -> None:
    async with as_() as work:
        assert (await commands.install_founding_charter(work)).version == 1
        with pytest.raises(CharterAlreadyFounded):
            await commands.install_founding_charter(work, changed("levy", "rate_bps", 1))


async def test_nobody_changes_the_past(as_: As) -> None:
    async with as_() as work:
        with pytest.raises(CharterNotRetroactive):
            await commands.adopt_charter(
                work, changed("levy", "rate_bps", 700), TODAY - timedelta(days=1)
            )


@pytest.mark.parametrize(
    ("chapter", "name", "value", "says"),
    [
        ("levy", "rate_bps", "650", "Expected `int`"),
        ("levy", "rate_bps", 5_001, "<= 5000"),
        ("levy", "pots", {"fund_guarantee": 9_999}, "add up to 10000"),
        ("claims", "jury_size", 4, "cannot tie"),
        ("claims", "kinds", {"sickness": "fund_nowhere"}, "does not feed"),
        ("guarantee", "zone", ["Belgium"], "regex"),
        ("reputation", "weights", {"client": {"x": 10_000}}, "both sides"),
        ("invoicing", "number_format", "{number}", "both year and number"),
        ("invoicing", "number_format", "{year}-{nummer}", "cannot be used"),
        ("invoicing", "number_format", "{year}-{number.real}", "as they are"),
        ("receivables", "interest_split", {"member": 9_999}, "add up to 10000"),
        ("receivables", "interest_split", {"fund_nowhere": 10_000}, "unknown pots"),
        ("receivables", "interest_split", {"vat_payable": 10_000}, "regex"),
        (
            "receivables",
            "reminders",
            [{"days": 8, "tone": "clear", "channel": "mail"}] * 2,
            "in order of days",
        ),
        ("receivables", "reminders", [], ">= 1"),
        ("receivables", "profile_min_members", 1, ">= 2"),
        ("payouts", "approvals", 1, ">= 2"),
        ("costs", "one_pair_of_eyes_minor", -1, ">= 0"),
        ("bank", "meant_otherwise_days", 0, ">= 1"),
        ("bank", "meant_otherwise_days", 91, "<= 90"),
        ("bank", "meant_otherwise_days", 2.5, "Expected `int`"),
        ("payouts", "approvals", 3, "fewer than payouts.approvals"),
        ("payouts", "bands", [], ">= 1"),
        ("payouts", "bands", [{"up_to_minor": 1, "approvals": 2, "roles": {}}], "without limit"),
        (
            "payouts",
            "bands",
            [
                {"up_to_minor": 2, "approvals": 2, "roles": {}},
                {"up_to_minor": 1, "approvals": 2, "roles": {}},
                {"up_to_minor": None, "approvals": 2, "roles": {}},
            ],
            "must rise",
        ),
        (
            "payouts",
            "bands",
            [{"up_to_minor": None, "approvals": 2, "roles": {"treasurer": 3}}],
            "more offices than approvals",
        ),
        (
            "payouts",
            "bands",
            [{"up_to_minor": None, "approvals": 2, "roles": {"operator": 1}}],
            "Invalid enum value",
        ),
    ],
)
async def test_incoherent_documents_are_refused(
    as_: As, chapter: str, name: str, value: Any, says: str
) -> None:
    async with as_() as work:
        with pytest.raises(CharterInvalid, match=says):
            await commands.adopt_charter(work, changed(chapter, name, value), TODAY)


def test_unknown_and_missing_parameters_are_refused() -> None:
    body = commands.founding_body()
    with pytest.raises(msgspec.ValidationError, match="levy"):
        read_charter(1, {**body, "levy": {**body["levy"], "extra": body["levy"]["rate_bps"]}})
    with pytest.raises(msgspec.ValidationError, match="payouts"):
        read_charter(1, {k: v for k, v in body.items() if k != "payouts"})
    with pytest.raises(msgspec.ValidationError, match="number itself"):
        read_charter(1, {**body, "version": {}})
    nameless = copy.deepcopy(body)
    del nameless["levy"]["rate_bps"]["source"]
    with pytest.raises(msgspec.ValidationError, match="source"):
        read_charter(1, nameless)


def test_every_parameter_has_a_reason_and_a_source() -> None:
    parameters = [p for chapter in commands.founding_body().values() for p in chapter.values()]
    chapters = [f.type for f in fields(Charter) if isinstance(f.type, type)]
    typed = [name for one in chapters if issubclass(one, Struct) for name in fields(one)]
    assert len(parameters) == len(typed)
    assert all(len(p["reason"]) > 20 and p["source"] for p in parameters)


def test_hash_test_vector() -> None:
    """The encoding is fixed: changing it would break every chain in the world."""
    canonical = b'{"body":{"a":{},"b":{"x":{"value":1}}},"valid_from":"2026-11-23","version":1}'
    expected = hashlib.sha256(b"guild/charter/v1\x00" + bytes(32) + canonical).hexdigest()
    assert expected == "230075c208318a03fe40016560e63e32419e08393b699d279d245912596ed4d5"
    for body in ({"b": {"x": {"value": 1}}, "a": {}}, {"a": {}, "b": {"x": {"value": 1}}}):
        assert version_hash(1, date(2026, 11, 23), body, GENESIS).hex() == expected


async def test_route_shows_values_with_reasons_and_sources(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get("/api/v1/charter", params={"at": "2026-12-01"})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["version"] == 1
    assert shown["chapters"]["levy"]["rate_bps"]["value"] == 650
    assert "Smart Belgium" in shown["chapters"]["levy"]["rate_bps"]["source"]
    early = await http.get("/api/v1/charter", params={"at": "2026-11-01"})
    assert (early.status_code, early.json()["code"]) == (404, "no_charter_yet")
    assert (await http.get("/api/v1/charter", params={"at": "soon"})).status_code == 400


COPY = "INSERT INTO charter_version SELECT {} FROM charter_version"


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("UPDATE charter_version SET valid_from = '2020-01-01'", {"55000", "42501"}),
        ("DELETE FROM charter_version", {"55000", "42501"}),
        (COPY.format("3, valid_from, adopted_at, body, hash, sha256(hash)"), {"23514"}),
        (COPY.format("2, valid_from, adopted_at, body, sha256('x'), sha256(hash)"), {"23514"}),
        (COPY.format("2, valid_from - 1, adopted_at, body, hash, sha256(hash)"), {"23514"}),
    ],
)
async def test_database_refuses_forged_versions(system: System, sql: str, state: set[str]) -> None:
    async with begin_work(system, SYSTEM) as work:
        with pytest.raises(DBAPIError) as refused:
            async with work.session.begin_nested():
                await work.session.execute(text(sql))
        assert getattr(refused.value.orig, "sqlstate", None) in state


async def test_invariant_finds_a_forged_body(committing: System) -> None:
    owner = create_async_engine(committing.settings.owner_url)
    async with owner.begin() as connection:
        await connection.execute(text("ALTER TABLE charter_version DISABLE TRIGGER USER"))
        await connection.execute(
            text(
                "UPDATE charter_version SET body = jsonb_set(body, '{levy,rate_bps,value}', '100')"
            )
        )
    await owner.dispose()
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        (breach,) = await queries.broken_charter_chain(work.session)
    assert "does not match its hash" in breach


def test_the_charter_is_readable_by_every_role() -> None:
    assert all(Permission.CHARTER_READ in rights for rights in ROLES.values())
