"""A canary in every sensitive field: it comes out where it should, and nowhere else.

Mira enters secrets through the interface. Then everything that keeps or tells something is read:
every column of every table, Valkey, the log at DEBUG, refusals, and what every other person is
answered at every door.
"""

import logging
import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import from_url
from sqlalchemy import select, text

from guild.contracts.models import ContractSigner
from guild.core.permissions import SYSTEM
from guild.core.settings import Settings
from guild.core.work import begin_work
from guild.members.models import Credential
from tests.factories import Factories
from tests.security.asks import ask_for, headers_of
from tests.security.doors import doors
from tests.security.world import KINDS, World

module = pytest.mark.asyncio(loop_scope="module")
pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]
IBAN = "FR7630006000011234567890189"
PASSWORD = "canary-password-Zx81kQ"
EVIDENCE = "canary-evidence-Zx81kQ"
STATEMENT = "canary-statement-Zx81kQ"
CANARIES = (IBAN, "1234567890189", PASSWORD, EVIDENCE, STATEMENT)


async def everything_stored(world: World) -> str:
    """Every row of every table as text, bytes as they are where they read as text."""
    tables = await world.connection.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    )
    parts = []
    for (table,) in tables.all():
        for row in (await world.connection.execute(text(f'SELECT * FROM "{table}"'))).all():
            for value in row:
                plain = bytes(value) if isinstance(value, bytes | memoryview) else None
                parts.append(plain.decode("latin-1") if plain is not None else str(value))
    return "\n".join(parts)


def hidden(canaries: tuple[str, ...], haystack: str) -> list[str]:
    """Canaries that are found in it, plainly or as hexadecimal or base64 digits."""
    found = []
    for canary in canaries:
        raw = canary.encode()
        forms = [canary, raw.hex(), b64encode(raw).decode().rstrip("=")[:-2]]
        if any(form in haystack for form in forms):
            found.append(canary)
    return found


def secrets_told(world: World) -> dict[str, Any]:
    """What Mira enters, each with a canary."""
    claim = world.rows["claim_filed"]
    return {
        "/api/v1/me/bank-accounts": {"iban": IBAN, "holder": world.people["owner"].legal_name},
        "/api/v1/applications": {
            "email": "canary@example.org", "password": PASSWORD, "legal_name": "C", "country": "BE",
        },
        f"/api/v1/claims/{claim}/evidence": {
            "name": "note", "media_type": "text/plain", "health": True,
            "content": b64encode(EVIDENCE.encode()).decode(),
        },
        f"/api/v1/claims/{world.rows['claim_rejected']}/appeal": {"statement": STATEMENT},
    }  # fmt: skip


class Heard(msgspec.Struct):
    """All that was kept, logged and answered after the secrets were entered."""

    stored: str
    told: dict[str, str]
    logged: str


class Keeper(logging.Handler):
    """Keeps every line of every logger."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard(world: World) -> Heard:
    """Enter the secrets as Mira, then listen everywhere."""
    keeper, root = Keeper(), logging.getLogger()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    kept = await world.connection.begin_nested()
    try:
        for path, body in secrets_told(world).items():
            world.http.cookies.clear()
            answer = await world.http.post(path, json=body, headers=world.headers["owner"])
            assert answer.status_code in {200, 201, 202}, (path, answer.text)
        return Heard(
            stored=await everything_stored(world),
            told=await _everything_told(world),
            logged="\n".join(keeper.lines),
        )
    finally:
        await kept.rollback()
        root.setLevel(level)
        root.removeHandler(keeper)


@module
async def test_secrets_are_stored_sealed_logged_nowhere_and_told_to_nobody_else(
    heard: Heard, settings: Settings
) -> None:
    assert len(heard.logged) > 10_000
    assert len(heard.stored) > 100_000
    assert hidden(CANARIES, heard.stored) == []
    leaks = {where: hidden(CANARIES, answer) for where, answer in heard.told.items()}
    assert {where: found for where, found in leaks.items() if found} == {}
    assert hidden(CANARIES, heard.logged) == []
    assert hidden(CANARIES, await _all_of_valkey(settings)) == []


async def _everything_told(world: World) -> dict[str, str]:
    """What everybody but Mira is answered when they read through every door, and its headers."""
    told = {}
    for door in doors(world.app):
        if door.method != "GET" or door.name == "GET /outbox":
            continue  # the outbox of a local server shows all mails, and exists nowhere else
        ask = ask_for(world, door.method, door.template, keyed=door.keyed)
        for kind in KINDS:
            if kind == "owner":
                continue
            answer = await world.ask(
                ask.method, ask.path, headers_of(world, ask, kind), **ask.parts
            )
            told[f"{kind}: {door.name}"] = f"{answer.headers}\n{answer.text}"
    return told


async def _all_of_valkey(settings: Settings) -> str:
    client = from_url(settings.redis_url)
    parts = []
    try:
        async for key in client.scan_iter():
            parts.append(key.decode("latin-1"))
            if await client.type(key) == b"string":
                parts.append((await client.get(key) or b"").decode("latin-1"))
            else:
                parts.append(str(await client.zrange(key, 0, -1)))
    finally:
        await client.aclose()
    return "\n".join(parts)


@module
async def test_no_answer_shows_a_token_of_somebody_else(world: World, heard: Heard) -> None:
    """Link tokens, session ids and keys: in no answer at all but the one that makes them."""
    secrets = [*world.links.values(), world.rows["key_secret"]]
    secrets += [
        match[1]
        for headers in world.headers.values()
        if (match := re.search(r"guild=([^;]+)", headers.get("Cookie", "")))
    ]
    assert len(secrets) > 20
    assert [secret for secret in secrets if secret in heard.stored] == []
    assert [secret for secret in secrets if secret in heard.logged] == []
    for where, answer in heard.told.items():
        for secret in secrets:
            if secret in answer:
                # A door page repeats the token of the address that its reader typed.
                assert "{token}" in where, where


@module
async def test_mails_are_sealed_and_private_notes_stay_private(heard: Heard) -> None:
    for words in ("Your code:", "You get this because", "/offers/", "/attest/"):
        assert words not in heard.stored, words
    note = "She said that she was short of work."
    reps = {"rep"}
    for where, answer in heard.told.items():
        assert note not in answer or where.split(":")[0] in reps, where


@module
async def test_lists_of_others_hold_nothing_of_mine(world: World, heard: Heard) -> None:
    """Another member's lists name none of Mira's rows, and no address of hers."""
    mine = {str(value) for name, value in world.rows.items()
            if name.split("_")[0] in {"draft", "sent", "signed", "claim", "payout", "invoice",
                                      "evidence", "client", "review", "drafted"}}  # fmt: skip
    mine.add(world.people["owner"].email)
    public = {str(world.rows["label_code"])}
    for where, answer in heard.told.items():
        kind, _, door = where.partition(": ")
        if kind not in {"other", "operator", "anonymous", "removed", "other_link"} or "{" in door:
            continue
        body = answer.partition("\n")[2]
        found = [value for value in mine - public if value in body]
        assert not found, (where, found)


@module
async def test_codes_and_passwords_are_stored_as_hashes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept = await world.connection.begin_nested()
    try:
        code = await world.make.signing_code(await world.make.sent_contract())
        async with begin_work(world.system, SYSTEM, read_only=True) as work:
            rows = await work.session.scalars(select(ContractSigner.code_hash))
            stored = [row for row in rows if row]
            hashes = await work.session.scalars(select(Credential.password_hash))
            assert all(one.startswith("$argon2id$") for one in hashes if one)
    finally:
        await kept.rollback()
    assert stored
    unkeyed = {code.encode(), sha256(code.encode()).digest()}
    assert not unkeyed & set(stored), "a code of six digits is guessed from an unkeyed hash"
    assert f" {code}" not in caplog.text
    assert Factories.PASSWORD not in caplog.text
