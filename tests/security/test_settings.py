"""Each protective setting, with a test that fails without it. What others test stands beside it:

sessions, cookies, tries: tests/features/members; forgery: test_csrf.py; headers, sizes of JSON,
hostile addresses: tests/system/test_pages.py; bank files: tests/features/treasury; the closed
fetcher of PDFs: tests/features/documents/test_press.py; doors: test_matrix.py.
"""

import ast
import inspect
import json
import re
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

import guild
from guild.core.db import Base, make_engine
from guild.core.pages import environment
from guild.core.wire import In
from guild.web import health
from guild.web.app import BODY_LIMIT, create_app
from tests.security.asks import Ask, ask_for, headers_of
from tests.security.doors import Door, doors
from tests.security.test_matrix import expected
from tests.security.world import KINDS, World

module = pytest.mark.asyncio(loop_scope="module")
pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]
SOURCES = sorted(Path(guild.__file__).parent.rglob("*.py"))
LARGER = {
    "POST /api/v1/bank-statements": 5_000_001, "POST /treasury/statements": 5_100_000,
    "POST /api/v1/bank-uploads": 5_000_001, "POST /treasury/uploads": 5_100_000,
    "POST /api/v1/payment-status-reports": 10_000_001,
    "POST /treasury/status-reports": 10_100_000,
    "POST /api/v1/supplier-invoices": 5_000_001, "POST /costs": 5_100_000,
    "POST /api/v1/claims/{claim_id}/evidence": 400_000, "POST /claims/{claim_id}/papers": 278_528,
    "POST /api/v1/contracts/{contract_id}/costs": 7_000_000,
    "POST /contracts/{contract_id}/costs": 7_000_000,
    "POST /api/v1/contracts/{contract_id}/paper": 14_000_000,
    "POST /contracts/{contract_id}/paper": 14_000_000,
    "POST /api/v1/milestones/{milestone_id}/deliveries": 16_200_000,
    "POST /api/v1/invoice/objections": 7_200_000,
    "POST /api/v1/invoices/{invoice_id}/objections": 7_200_000,
    "POST /invoice/account/object": 6_291_456,
    "POST /api/v1/invoices/{invoice_id}/attachments": 7_500_000,
    "POST /invoices/{invoice_id}/attachments": 5_100_000,
    "POST /api/v1/organisations/import": 5_000_000,
    "POST /clients/import": 2_100_000, "POST /clients/import/rows": 6_000_000,
    "POST /milestones/{milestone_id}/deliver": 16_200_000,
    "POST /api/v1/rates/import": 5_000_000,
    "POST /rates/import": 2_100_000, "POST /rates/import/rows": 6_000_000,
    "POST /api/v1/mail/bounces": 65_536, "POST /api/v1/peppol/notices": 65_536,
    "POST /api/v1/eid/answers": 65_536,
    "POST /api/v1/provider-webhooks/gocardless": 500_000,
    "POST /api/v1/provider-webhooks/stripe": 500_000, "POST /verify": 5_016_384,
}  # fmt: skip
"""Bytes that uploads and signed notices may have; everything else has the limit of all."""


def body_type(door: Door) -> Any:
    """What a handler takes as its body, or None."""
    return typing.get_type_hints(inspect.unwrap(door.handler.fn)).get("data")


def json_doors(world: World) -> list[tuple[Door, Ask, type[In]]]:
    """Doors with a JSON body that is one of our structs, with a valid request."""
    found = []
    for door in doors(world.app):
        shape = body_type(door)
        if inspect.isclass(shape) and issubclass(shape, msgspec.Struct):
            ask = ask_for(world, door.method, door.template, keyed=door.keyed, example=door.example)
            found.append((door, ask, shape))
    return found


def structs_of(shape: Any) -> set[type[msgspec.Struct]]:
    """A type's structs, however deep."""
    if inspect.isclass(shape) and issubclass(shape, msgspec.Struct):
        hints = typing.get_type_hints(shape)
        return {shape}.union(*(structs_of(hint) for hint in hints.values()))
    return set().union(*(structs_of(part) for part in typing.get_args(shape)))


async def knock(world: World, ask: Ask, **parts: Any) -> httpx.Response:
    """Ask as whoever may pass the first wall of that door."""
    (door,) = [one for one in doors(world.app) if one.name == f"{ask.method} {ask.template}"]
    said = expected(door)
    kinds = sorted(KINDS, key=lambda kind: ("ok", "no", "404", "403", "401").index(said[kind]))
    return await world.ask(ask.method, ask.path, headers_of(world, ask, kinds[0]), **parts)


# --- mass assignment ---------------------------------------------------------------------------


@module
async def test_every_input_refuses_unknown_fields(world: World) -> None:
    shapes = {one for _, _, shape in json_doors(world) for one in structs_of(shape)}
    assert len(shapes) > 30
    lax = [s.__name__ for s in shapes if not s.__struct_config__.forbid_unknown_fields]
    assert lax == []
    assert all(s.__struct_config__.frozen for s in shapes)


@module
async def test_no_column_of_any_table_can_be_assigned(world: World) -> None:
    """Every column's name is posted to every door beside a valid body: 400, and it is named."""
    columns = sorted({c.name for table in Base.metadata.tables.values() for c in table.columns})
    extra = {*columns, "role", "roles", "is_admin", "permissions", "actor", "__class__"}
    for door, ask, shape in json_doors(world):
        known = {field.encode_name for field in msgspec.structs.fields(shape)}
        strange = sorted(extra - known)
        body = {**(ask.parts.get("json") or {}), strange[0]: "x"}
        answer = await knock(world, ask, json=body)
        assert answer.status_code == 400, door.name
        for name in strange:  # the struct itself decides; the door above shows that it is asked
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert({name: "x"}, shape)


# --- numbers and texts -------------------------------------------------------------------------

ALWAYS: tuple[Any, ...] = (10**30, -5, "a\x00b")
IN_TURN: tuple[Any, ...] = (
    1.5, "\x00", "x" * 6000, "\ud800", [], {}, True, None, "1e400", "-1.00", "NaN", "9" * 40,
    "2026-02-30", "9999-12-31", "0001-01-01",
)  # fmt: skip
"""Two of these for each field, so that all meet fields of every kind."""


@module
async def test_no_value_of_any_field_is_our_fault(world: World) -> None:
    """Each field of each valid body made strange: refused or done, never a 500."""
    faults, refused, turn = [], 0, 0
    for door, ask, shape in json_doors(world):
        valid = ask.parts.get("json")
        if not isinstance(valid, dict):
            continue
        for field in msgspec.structs.fields(shape):
            turn += 2
            others = (IN_TURN[turn % len(IN_TURN)], IN_TURN[(turn + 1) % len(IN_TURN)])
            for value in (*ALWAYS, *others):
                body = json.dumps({**valid, field.encode_name: value}).encode()
                answer = await knock(world, ask, content=body)
                refused += answer.status_code >= 400
                if answer.status_code >= 500:
                    faults.append(f"{door.name} {field.encode_name}={value!r}")
                if isinstance(value, str) and "\x00" in value:
                    where = (door.name, field.encode_name, answer.text[:200])
                    assert answer.status_code in {400, 422}, where
    assert faults == []
    assert refused > 500


@module
async def test_parameters_of_lists_are_bounded(world: World) -> None:
    asked = 0
    for door in doors(world.app):
        hints = typing.get_type_hints(inspect.unwrap(door.handler.fn))
        if door.method != "GET" or "cursor" not in hints:
            continue
        ask = ask_for(world, door.method, door.template, keyed=door.keyed)
        sizes = [name for name in ("limit", "size") if name in hints]
        tried = [(name, size) for name in sizes for size in ("0", "-1", "101", "1.5", str(10**30))]
        tried += [("cursor", wrong) for wrong in ("made-up", "\x00", "x" * 300, "bnVsbA==")]
        for name, value in tried:
            answer = await knock(world, ask, params={**ask.parts.get("params", {}), name: value})
            assert answer.status_code == 400, (door.name, name, value, answer.text[:200])
        asked += 1
    assert asked > 8


@module
async def test_deep_json_is_refused_everywhere(world: World) -> None:
    deep = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
    for door, ask, _ in json_doors(world):
        for body in (deep, b"[" * 50_000, b'"' + b"\\" * 9_999):
            answer = await knock(world, ask, content=body)
            assert answer.status_code == 400, (door.name, answer.text[:100])


# --- sizes -------------------------------------------------------------------------------------


@module
async def test_bodies_have_one_limit_and_uploads_a_larger_one(world: World) -> None:
    assert BODY_LIMIT == 262_144 == world.app.request_max_body_size
    larger = {}
    for door in doors(world.app):
        limit = door.handler.resolve_request_max_body_size()
        assert limit is not None, door.name
        if limit != BODY_LIMIT:
            larger[door.name] = limit
    assert larger == LARGER


@module
async def test_too_large_is_413_with_and_without_a_length(world: World) -> None:
    async def drip() -> Any:
        for _ in range(5):
            yield b" " * 65_536

    door, ask, _ = next(one for one in json_doors(world) if one[0].name == "POST /api/v1/contracts")
    for content in (b" " * (BODY_LIMIT + 1), drip()):
        answer = await knock(world, ask, content=content)
        assert answer.status_code == 413, door.name


@module
async def test_forms_have_few_parts(world: World) -> None:
    assert world.app.multipart_form_part_limit == 20
    files = [("file", (f"{n}.txt", b"x", "text/plain")) for n in range(30)]
    claim = world.rows["claim_filed"]
    answer = await world.ask("POST", f"/claims/{claim}/papers", world.headers["owner"], files=files)
    assert answer.status_code in {400, 413, 422}, answer.status_code


# --- what a stranger sees ----------------------------------------------------------------------


@module
async def test_other_hosts_are_refused(world: World) -> None:
    own = msgspec.structs.replace(world.system.settings, allowed_hosts=("guild.example",))
    system = type(world.system)(
        own, engine=world.system.engine, sessions=world.system.sessions,
        readers=world.system.readers, reactions={}, jobs={}, nested=True,
    )  # fmt: skip
    app = create_app(system)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://guild.example") as client:
        assert (await client.get("/health")).status_code == 200
        for host in (
            "evil.example",
            "guild.example.evil.test",
            "guildXexample",
            "www.guild.example",
        ):
            answer = await client.get("/health", headers={"Host": host})
            assert answer.status_code == 400, host
            assert "location" not in answer.headers


def test_debug_is_off_whatever_the_environment_says() -> None:
    code = (
        "import os; os.environ['LITESTAR_DEBUG'] = '1'; os.environ['LITESTAR_PDB'] = '1'\n"
        "from guild import features; from guild.core.settings import Settings\n"
        "from guild.web.app import create_app\n"
        "s = Settings(database_url='postgresql+asyncpg:///none')\n"
        "app = create_app(features.make_system(s)); print(app.debug, app.pdb_on_exception)"
    )
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout.split()[-2:] == ["False", "False"]


@module
async def test_errors_tell_nothing_of_the_inside(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(question: Any) -> bool:
        question.close()
        raise KeyError("the-secret-of-the-house")

    monkeypatch.setattr(health, "_answers", broken)
    for accept in ("application/json", "text/html"):
        answer = await world.ask("GET", "/ready", {"Accept": accept})
        assert answer.status_code == 500
        for inside in ("the-secret", "Traceback", "KeyError", ".py", "sqlalchemy"):
            assert inside not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert "E-" in caplog.text


@module
async def test_no_other_site_may_read(world: World) -> None:
    assert world.app.cors_config is None
    for path in ("/api/v1/me", "/api/v1/charter"):
        answer = await world.ask(
            "GET", path, {**world.headers["owner"], "Origin": "https://evil.test"}
        )
        assert not [name for name in answer.headers if name.startswith("access-control")]


@module
async def test_sizes_of_hashes_of_strangers_are_bounded(world: World) -> None:
    """A password of a megabyte costs no hash: the length is looked at first."""
    body = {"email": "a@b.example", "password": "x" * 100_000}
    answer = await world.ask("POST", "/api/v1/session", {}, json=body)
    assert answer.status_code == 400


# --- tokens and logs ---------------------------------------------------------------------------


def test_nobody_logs_requests() -> None:
    """The access log of uvicorn is off, Litestar's middleware is not there, nobody logs paths."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert "access_log=False" in text
    assert "LoggingMiddleware" not in text
    assert "server_header=False" in text
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            logs = isinstance(node.func.value, ast.Name) and node.func.value.id in {
                "log",
                "logging",
            }
            if logs:
                said = ast.unparse(node)
                for word in ("path", "headers", "cookies", "body", "token", "url", "request."):
                    assert not re.search(rf"\b{re.escape(word)}", said), (path.name, said)


def test_errors_of_the_database_hide_what_was_sent() -> None:
    engine = make_engine("postgresql+asyncpg:///none", pool_size=1)
    assert engine.sync_engine.hide_parameters
    assert not engine.echo


@module
async def test_tokens_in_addresses_leave_by_no_referrer(world: World) -> None:
    """Pages at an address with a token are never stored and never tell it to another site."""
    for door in doors(world.app):
        if "{token}" not in door.template or door.method != "GET":
            continue
        ask = ask_for(world, door.method, door.template, keyed=False)
        answer = await world.ask("GET", ask.path, {})
        assert answer.headers["cache-control"] == "no-store", door.name
        assert answer.headers["referrer-policy"] in {"same-origin", "no-referrer"}, door.name


# --- templates, files, XML ---------------------------------------------------------------------


def test_every_template_environment_escapes() -> None:
    assert environment().autoescape is True
    made = 0
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name == "Environment":
                options = {keyword.arg: keyword.value for keyword in node.keywords}
                escape = options.get("autoescape")
                assert isinstance(escape, ast.Constant), path
                assert escape.value is True, path
                made += 1
    assert made >= 2


def test_xml_is_read_by_one_closed_parser() -> None:
    """No other way to lxml's reader than a parser without entities, network and DTD."""
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for call in re.findall(
            r"etree\.(?:XMLParser|fromstring|parse|XML|iterparse)\([^)]*\)", text
        ):
            if "XMLParser" in call or "iterparse" in call:
                assert "resolve_entities=False" in call, (path, call)
                assert "no_network=True" in call, (path, call)
                assert "huge_tree=True" not in call, (path, call)
            else:
                # The schemas and the stylesheet that come with the program.
                own = any(word in call for word in ("_data(", "stylesheet", "path.read_bytes("))
                assert own or "parser" in call.lower(), (path, call)
        if path.name != "press.py":  # it reads its own text only
            assert "xml.etree" not in text, path


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>',
        b'<!DOCTYPE d SYSTEM "http://evil.test/x.dtd"><Document/>',
        b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><d>&b;</d>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d><Document/>'.encode("utf-16"),
        b"<a>" * 50_000,
        b"<Document " + b" ".join(b'a%d="1"' % n for n in range(20_000)) + b"/>",
        b"\x00" * 100,
    ],
)
@module
async def test_hostile_xml_is_refused(hostile: bytes, world: World) -> None:
    headers = {**world.headers["treasurer"], "Content-Type": "application/xml",
               "Idempotency-Key": "hostile-xml"}  # fmt: skip
    answer = await world.ask("POST", "/api/v1/bank-statements", headers, content=hostile)
    assert answer.status_code == 422, answer.text[:200]
    assert "root:" not in answer.text


@module
async def test_files_of_people_are_attachments(world: World) -> None:
    claim, paper = world.rows["claim_filed"], world.rows["evidence_filed_plain"]
    answer = await world.ask("POST", f"/claims/{claim}/papers/{paper}", world.headers["owner"])
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"].startswith("application/octet-stream")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_is_excluded_by_a_pattern() -> None:
    """No door is opened by a regular expression over paths, which would open others too."""
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert "exclude_from_auth" not in text, path
        assert not re.search(r"exclude=\[", text), path
