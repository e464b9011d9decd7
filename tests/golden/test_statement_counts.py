"""The number of SQL statements of the most used routes is a promise: a table that people read.

`GUILD_GOLDEN=write` rewrites it; look at the difference before it is committed. A count that grows
with the rows of the answer is a mistake in the query, not in the table.
"""

import os
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from guild.core.permissions import Role
from tests.golden.statements_counted import counted

GOLDEN = Path(__file__).parent / "statement_counts.md"
HEAD = """# SQL statements of the most used routes

Sign-in and charter included; BEGIN and COMMIT are not counted. Written by
`GUILD_GOLDEN=write`; see `docs/performance.md`.

| Route | Statements |
|---|---|
"""


class Ask(NamedTuple):
    """One request; `shown` is its row in the table."""

    shown: str
    path: str
    client: httpx.AsyncClient
    body: dict[str, Any] | None = None


async def count(ask: Ask, engine: Any, patch: pytest.MonkeyPatch) -> int:
    """The statements of one request, which must succeed."""
    method = ask.shown.split()[0]
    headers = {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
    with counted(engine, patch) as sent:
        answer = await ask.client.request(method, ask.path, json=ask.body, headers=headers)
    assert answer.status_code in {200, 201}, f"{ask.shown}: {answer.text}"
    return len(sent)


async def test_the_most_used_routes_ask_no_more_than_they_did(
    make: Any, signed_in: Any, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await make.member()
    office = await make.member(roles=[Role.TREASURER])
    client = await make.organisation(
        member, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    draft = await make.drafted_invoice(member, client)
    for _ in range(3):
        issued = await make.issued_invoice(member, client)
    own, treasury = await signed_in(member), await signed_in(office)
    contracts = (await own.get("/api/v1/contracts")).json()["items"]
    contract = contracts[0]["id"]
    asks = [
        Ask("GET /health", "/health", own),
        Ask("GET /api/v1/me", "/api/v1/me", own),
        Ask("GET /api/v1/me/books", "/api/v1/me/books", own),
        Ask("GET /api/v1/contracts", "/api/v1/contracts", own),
        Ask("GET /api/v1/contracts/{id}", f"/api/v1/contracts/{contract}", own),
        Ask("GET /api/v1/organisations", "/api/v1/organisations", own),
        Ask("GET /api/v1/me/invoices", "/api/v1/me/invoices", own),
        Ask("GET /api/v1/invoices/{id}", f"/api/v1/invoices/{issued}", own),
        Ask("GET /api/v1/invoices/{id}/payments", f"/api/v1/invoices/{issued}/payments", own),
        Ask("POST /api/v1/invoices/{id}/issue", f"/api/v1/invoices/{draft}/issue", own),
        Ask("GET /api/v1/invoices", "/api/v1/invoices", treasury),
        Ask("GET /api/v1/bank-entries", "/api/v1/bank-entries", treasury),
        Ask("GET /api/v1/bank-statements", "/api/v1/bank-statements", treasury),
        Ask("GET /api/v1/payouts", "/api/v1/payouts", treasury),
        Ask("GET /invoices", "/invoices", own),
    ]
    rows = [f"| `{ask.shown}` | {await count(ask, engine, monkeypatch)} |" for ask in asks]
    table = HEAD + "\n".join(rows) + "\n"
    if os.environ.get("GUILD_GOLDEN") == "write":
        GOLDEN.write_text(table, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == table
