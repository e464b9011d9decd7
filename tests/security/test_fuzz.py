"""The OpenAPI document against the application: generated requests by everybody to every door.

For each operation the valid request of `asks.py` is sent first, by those whom the table lets
through; then come requests that Schemathesis generates: whole ones, valid ones with one field made
strange, and ones that break the schema. Ids are those of real rows in three of four requests, since
random ones would only ever meet 404. Each request is wiped out again.

`make fuzz EXAMPLES=50` runs it for long; `make test` takes a few examples of each operation.
Checks that send a request again without credentials or with other methods are left out: the
matrix does that for every kind of person.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from guild.core.settings import Settings
from guild.web.openapi import document
from tests.security.asks import Ask, ask_for, headers_of
from tests.security.doors import Door, doors
from tests.security.test_matrix import NEVER_DONE, expected
from tests.security.world import BASE, KINDS, World, open_world

EXAMPLES = int(os.environ.get("GUILD_FUZZ_EXAMPLES", "6"))
SEED = int(os.environ.get("GUILD_FUZZ_SEED", "1"))
SHARE_DONE_MIN = 0.95
"""Of all operations at least so many must have answered 2xx, or the run proves little."""
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip
REFUSAL = [*CHECKS, negative_data_rejection]
FLAVOURS = ("whole", "whole elsewhere", "one field", "broken")


class Field:
    """The world, a loop that tests without one can use, and what was answered."""

    def __init__(self, loop: asyncio.AbstractEventLoop, world: World) -> None:
        self.loop, self.world = loop, world
        self.statuses: dict[str, Counter[int]] = {}
        self.failures: dict[str, str] = {}

    def send(self, door: Door, case: Any, credentials: dict[str, str], *, broken: bool) -> None:
        """Send a generated case as somebody, and hold the answer against the document."""
        given = case.as_transport_kwargs(base_url=BASE)
        headers = {
            name: value
            for name, value in dict(given.pop("headers", {}) or {}).items()
            if name.lower() not in {"authorization", "cookie", "x-csrf-token"}
        }
        cookies = given.pop("cookies", None)
        del cookies
        if broken or "Idempotency-Key" in headers:  # a missing key may be what is broken
            credentials = {k: v for k, v in credentials.items() if k != "Idempotency-Key"}
        plain = {name: given[name] for name in ("method", "url", "params", "data", "json", "files")
                 if name in given}  # fmt: skip
        sent = requests.Request(**plain, headers={**headers, **credentials}).prepare()
        answer = self.ask(sent)
        self.statuses.setdefault(door.name, Counter())[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=REFUSAL if broken else CHECKS)
        except FailureGroup as wrong:
            self.failures.setdefault(f"{door.name} {answer.status_code}", str(wrong)[:1500])

    def ask(self, sent: requests.PreparedRequest) -> httpx.Response:
        """One prepared request, wiped out afterwards."""
        headers = {k: v for k, v in sent.headers.items() if k.lower() != "content-length"}
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body
        asked = self.world.ask(str(sent.method), str(sent.url), headers, content=body)
        return self.loop.run_until_complete(asked)


@pytest.fixture(scope="module")
def field(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory, resources: dict[str, Any]
) -> Iterator[Field]:
    """The world on a loop of its own: Hypothesis calls plain functions."""
    loop = asyncio.new_event_loop()
    made = open_world(settings, tmp_path_factory.mktemp("field"), resources)
    world = loop.run_until_complete(made.__aenter__())
    yield Field(loop, world)
    loop.run_until_complete(made.__aexit__(None, None, None))
    loop.close()


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_operation_answers_as_documented(field: Field) -> None:
    by_name = {door.name: door for door in doors(field.world.app)}
    schema = schemathesis.openapi.from_dict(_without_credentials(document(field.world.app)))
    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:
        door = by_name[f"{operation.method.upper()} {operation.path}"]
        ask = ask_for(
            field.world, door.method, door.template, keyed=door.keyed, example=door.example
        )
        _send_the_right_one(field, door, operation, ask)
        _send_generated(field, door, operation, ask)
    done = [name for name, seen in field.statuses.items() if any(s < 300 for s in seen)]
    share = len(done) / len(operations)
    total = sum(sum(seen.values()) for seen in field.statuses.values())
    sys.stdout.write(
        f"\n{total} requests; {len(done)} of {len(operations)} operations done: {share:.0%}\n"
    )
    assert not field.failures, "\n\n".join(
        f"### {where}\n{told}" for where, told in field.failures.items()
    )
    never = {door.name for door in by_name.values() if door.name in NEVER_DONE}
    missing = {f"{o.method.upper()} {o.path}" for o in operations} - set(done) - never
    assert share >= SHARE_DONE_MIN, f"never done: {sorted(missing)}"


def _without_credentials(told: dict[str, Any]) -> dict[str, Any]:
    """The document without its security schemes: who asks is put in by `headers_of`, so a request
    that Schemathesis broke in its credentials alone would arrive whole.
    """
    schemes = {**told["components"], "securitySchemes": {}}
    paths = {
        path: {
            method: {key: value for key, value in said.items() if key != "security"}
            if isinstance(said, dict)
            else said
            for method, said in item.items()
        }
        for path, item in told["paths"].items()
    }
    whole = {key: value for key, value in told.items() if key != "security"}
    return {**whole, "components": schemes, "paths": paths}


def _send_the_right_one(field: Field, door: Door, operation: Any, ask: Ask) -> None:
    """The valid request, as the first and the last whom the table lets through."""
    kinds = [kind for kind, said in expected(door).items() if said == "ok"]
    for kind in {*kinds[:1], *kinds[-1:]}:
        parts = dict(ask.parts)
        request = httpx.Request(
            ask.method, f"{BASE}{ask.path}", headers=headers_of(field.world, ask, kind), **parts
        )
        prepared = requests.Request(
            ask.method, str(request.url), headers=dict(request.headers), data=request.read()
        ).prepare()
        answer = field.ask(prepared)
        field.statuses.setdefault(door.name, Counter())[answer.status_code] += 1
        case = operation.Case(path_parameters=_real_ids(door, ask))
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as wrong:
            field.failures.setdefault(f"{door.name} {answer.status_code}", str(wrong)[:1500])


def _send_generated(field: Field, door: Door, operation: Any, ask: Ask) -> None:
    real = _real_ids(door, ask)
    entitled = [kind for kind, said in expected(door).items() if said in {"ok", "no"}]
    strategies = {
        "whole": operation.as_strategy(path_parameters=real) if real else operation.as_strategy(),
        "whole elsewhere": operation.as_strategy(),
        "one field": operation.as_strategy(path_parameters=real)
        if real
        else operation.as_strategy(),
        "broken": operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    }
    flavours = [name for name in FLAVOURS if _makes_sense(name, operation, ask)]

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(st.data())
    def run(data: st.DataObject) -> None:
        flavour = data.draw(st.sampled_from(flavours))
        kind = data.draw(st.sampled_from([*entitled, *KINDS]))
        case = data.draw(strategies[flavour])
        if flavour == "one field":
            _put_one_field(data, case, ask.parts["json"])
        field.send(door, case, headers_of(field.world, ask, kind), broken=flavour == "broken"
                   and kind in entitled)  # fmt: skip

    run()


def _real_ids(door: Door, ask: Ask) -> dict[str, str]:
    pairs = zip(door.template.split("/"), ask.path.split("/"), strict=True)
    return {name[1:-1]: value for name, value in pairs if name.startswith("{")}


def _makes_sense(flavour: str, operation: Any, ask: Ask) -> bool:
    if flavour == "one field":
        return bool(ask.parts.get("json"))
    if flavour == "broken":
        return bool(list(operation.iter_parameters()) or operation.body)
    return flavour == "whole" or "{" in operation.path


def _put_one_field(data: st.DataObject, case: Any, valid: dict[str, Any]) -> None:
    """The valid body with one field of the generated one."""
    generated = case.body if isinstance(case.body, dict) else {}
    if generated:
        name = data.draw(st.sampled_from(sorted(generated)))
        case.body = {**valid, name: generated[name]}
