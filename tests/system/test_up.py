"""`guild up` as a process: it answers, stops cleanly, and does not start on what is wrong."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from guild.core.embedded import Embedded
from guild.migrations.run import SchemaWrong, create_database, ensure_schema, migrate

GUILD = [sys.executable, "-W", "ignore", "-m", "guild"]
STOP_S = 25
"""Far more than it takes, for machines that are busy; the supervisor kills after 30 seconds."""


def environ(**given: str) -> dict[str, str]:
    """This environment without settings of Guild, and with the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GUILD_")}
    return {**kept, **given}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answer(port: int, path: str) -> tuple[int, bytes]:
    """Status and body; status 0 when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as said:
            return said.status, said.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()
    except OSError:
        return 0, b""


def own_database(embedded: Embedded, name: str) -> dict[str, str]:
    """Settings that name a database of this test on the servers of the run."""
    return {
        "GUILD_DATABASE_URL": embedded.url(name, "guild_app"),
        "GUILD_OWNER_URL": embedded.url(name),
        "GUILD_REDIS_URL": embedded.redis_url,
    }


@pytest.mark.slow
def test_up_answers_and_leaves_nobody_behind(
    embedded: Embedded, template_database: str, tmp_path: Path
) -> None:
    port = free_port()
    servers = own_database(embedded, "guild_up")
    process = subprocess.Popen(
        [*GUILD, "up", "--port", str(port), "--quiet"],
        env=environ(GUILD_DATA_DIR=str(tmp_path), **servers), stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 90
        while answer(port, "/ready")[0] != 200 and process.poll() is None:
            assert time.monotonic() < deadline, "it never got ready"
            time.sleep(0.2)
        status, body = answer(port, "/ready")
        assert (status, json.loads(body)["database"], json.loads(body)["valkey"]) == (
            200,
            True,
            True,
        )
        assert answer(port, "/api/v1/me")[0] == 401
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 3, "API, worker and relay"
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(timeout=STOP_S * 2) == 0
        assert time.monotonic() - began < STOP_S
        _, alive = psutil.wait_procs(family, timeout=3)
        assert alive == []
        assert answer(port, "/ready")[0] == 0
    finally:
        process.kill()
        assert process.stderr is not None
        complaint = process.stderr.read().decode()
        process.stderr.close()
        process.wait()
    assert "Traceback" not in complaint


GOOD = {
    "GUILD_ENV": "production",
    "GUILD_SECRETS": f"1:{b64encode(b'k' * 32).decode()}",
    "GUILD_LOG_SEED": b64encode(b"s" * 32).decode(),
    "GUILD_BASE_URL": "https://guild.example",
    "GUILD_ALLOWED_HOSTS": "guild.example",
    "GUILD_DATABASE_URL": "postgresql+asyncpg://guild_app@nowhere.invalid/guild",
    "GUILD_REDIS_URL": "redis://nowhere.invalid",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"GUILD_SECRETS": ""}, "GUILD_SECRETS is missing"),
        ({"GUILD_LOG_SEED": ""}, "GUILD_LOG_SEED is missing"),
        ({"GUILD_DEBUG": "1"}, "GUILD_DEBUG is on"),
        ({"GUILD_DATABASE_URL": ""}, "must name servers of your own"),
    ],
)
def test_production_does_not_start_like_this(
    changed: dict[str, str], said: str, tmp_path: Path
) -> None:
    key = tmp_path / "seal.pem"
    key.write_text("only that it is there matters here")
    given = {**GOOD, "GUILD_SEAL_KEY_FILE": str(key), "GUILD_DATA_DIR": str(tmp_path), **changed}
    done = subprocess.run(
        [*GUILD, "up", "--port", str(free_port())],
        env=environ(**given, COLUMNS="200"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "postgres").exists(), "no server was started before it was refused"


SABOTAGES = {
    "a trigger dropped": (
        ("DO $$ DECLARE t record; BEGIN SELECT tgname, tgrelid::regclass AS r INTO t"
        " FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'ledger_posting'::regclass LIMIT 1;"
        " EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.r); END $$"),
        "missing: trigger ledger_posting.",
    ),
    "all triggers of a table disabled": (
        "ALTER TABLE ledger_entry DISABLE TRIGGER USER", "changed: trigger ledger_entry.",
    ),
    "a function gutted": (
        ("CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'"),
        "changed: function core_refuse_change()",
    ),
    "a grant too many": (
        "GRANT UPDATE ON ledger_posting TO guild_app", "changed: grant ledger_posting.guild_app",
    ),
    "a grant on a column": (
        "GRANT UPDATE (kind) ON event TO guild_app",
        "unexpected: column grant event.kind.guild_app",
    ),
    "a constraint dropped": (
        ("DO $$ DECLARE k record; BEGIN SELECT conname INTO k FROM pg_constraint"
        " WHERE conrelid = 'member'::regclass AND contype = 'c' LIMIT 1;"
        " EXECUTE format('ALTER TABLE member DROP CONSTRAINT %I', k.conname); END $$"),
        "missing: constraint member.",
    ),
    "a unique index dropped": (
        ("DO $$ DECLARE i record; BEGIN SELECT x.indexrelid::regclass AS n INTO i FROM pg_index x"
        " JOIN pg_class c ON c.oid = x.indrelid WHERE x.indisunique AND NOT x.indisprimary"
        " AND c.relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid) LIMIT 1;"
        " EXECUTE format('DROP INDEX %s', i.n); END $$"),
        "missing: index ",
    ),
    "a column made looser": (
        "ALTER TABLE event ALTER COLUMN at DROP NOT NULL", "changed: table event.at",
    ),
    "a table of somebody else's": (
        "CREATE TABLE backdoor (id int)", "unexpected: table backdoor.id",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def untouched(embedded: Embedded, template_database: str) -> str:
    """A migrated database, and its owner's address."""
    url = embedded.url("guild_sabotage")
    asyncio.run(create_database(url))
    asyncio.run(migrate(url))
    return url


@pytest.mark.parametrize("name", SABOTAGES)
async def test_a_sabotaged_schema_is_refused(name: str, embedded: Embedded, untouched: str) -> None:
    sabotage, said = SABOTAGES[name]
    url = embedded.url("guild_sabotaged")
    await _copy(embedded, "guild_sabotage", "guild_sabotaged")
    await ensure_schema(url)
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(sabotage))
    await engine.dispose()
    with pytest.raises(SchemaWrong, match="not as this version") as refused:
        await ensure_schema(url)
    assert said in str(refused.value)


async def _copy(embedded: Embedded, template: str, name: str) -> None:
    engine = create_async_engine(embedded.url("postgres"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    await engine.dispose()
