"""Exports as a member and a treasurer use them, made by the jobs."""

import csv
import io
import zipfile
from typing import Any
from uuid import UUID

import httpx
import pytest

from guild.core.permissions import SYSTEM, Role
from guild.exports import commands
from guild.exports.commands import making
from guild.invoicing.commands import make_documents
from tests.conftest import As, Clock, SignIn
from tests.factories import Factories

API = "/api/v1"
NOVEMBER = {"first_day": "2026-11-01", "last_day": "2026-11-30"}


async def make_all(as_: As, export_id: str) -> int:
    """What the chain of jobs does; returns how many parts there were."""
    number, more = 0, True
    while more:
        async with as_(SYSTEM) as work:
            more = await commands.make_part(work, UUID(export_id), number)  # type: ignore[arg-type]
        number += 1
    return number


async def asked(client: httpx.AsyncClient, kind: str, **period: str) -> Any:
    answer = await client.post(f"{API}/exports", json={"kind": kind, **(period or NOVEMBER)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def fetched(client: httpx.AsyncClient, export_id: str) -> zipfile.ZipFile:
    answer = await client.post(f"{API}/exports/{export_id}/file")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


def table(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))


async def test_documents_of_a_period_in_parts(
    as_: As, make: Factories, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BATCH", 2)
    member, other = await make.member(), await make.member()
    client = await make.organisation(
        member, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    ids = [await make.issued_invoice(member, client) for _ in range(3)]
    await make.issued_invoice(other)
    for invoice_id in ids:
        async with as_(SYSTEM) as work:
            await make_documents(work, invoice_id)
    mine = await signed_in(member)
    made = await asked(mine, "documents")
    assert (made["state"], made["total"], made["whole_house"]) == ("waiting", 3, False)
    assert (await mine.post(f"{API}/exports/{made['id']}/file")).json()[
        "code"
    ] == "export_not_ready"
    assert await make_all(as_, made["id"]) == 2
    done = (await mine.get(f"{API}/exports/{made['id']}")).json()
    assert (done["state"], done["done"]) == ("ready", 3)
    with await fetched(mine, made["id"]) as files:
        names = files.namelist()
        listed = [row for name in names if name.startswith("list-")
                  for row in table(files.read(name))]  # fmt: skip
        assert len([name for name in names if name.endswith("-ubl.xml")]) == 3
        assert len([name for name in names if name.endswith(".pdf")]) == 3
        assert [row["files"] for row in listed] == ["3", "3", "3"]
        assert {row["total"] for row in listed} == {"1210.00"}
    stranger = await signed_in(other)
    assert (await stranger.get(f"{API}/exports/{made['id']}")).status_code == 404
    assert (await stranger.post(f"{API}/exports/{made['id']}/file")).status_code == 404


async def test_a_part_made_twice_is_there_once(as_: As, make: Factories, signed_in: SignIn) -> None:
    member = await make.member()
    await make.issued_invoice(member)
    mine = await signed_in(member)
    made = await asked(mine, "vat")
    await make_all(as_, made["id"])
    await make_all(as_, made["id"])
    with await fetched(mine, made["id"]) as files:
        assert files.namelist() == ["vat-lines.csv", "vat-totals.csv"]
        [row] = table(files.read("vat-lines.csv"))
    assert (row["taxable"], row["vat"], row["category"], row["rate_percent"]) == (
        "1000.00", "210.00", "S", "21",
    )  # fmt: skip


async def test_listings_are_for_the_treasury(as_: As, make: Factories, signed_in: SignIn) -> None:
    member = await make.member()
    await make.issued_invoice(member)
    year = {"first_day": "2026-01-01", "last_day": "2026-12-31"}
    mine = await signed_in(member)
    refused = await mine.post(f"{API}/exports", json={"kind": "clients_be", **year})
    assert (refused.status_code, refused.json()["code"]) == (422, "export_not_offered")
    assert {one["kind"] for one in (await mine.get(f"{API}/exports/kinds")).json()} == {
        "documents", "vat",
    }  # fmt: skip
    treasurer = await signed_in(await make.member(roles=[Role.TREASURER]))
    made = await asked(treasurer, "clients_be", **year)
    await make_all(as_, made["id"])
    with await fetched(treasurer, made["id"]) as files:
        assert b'TurnOverSum="1000.00"' in files.read("clients-2026.xml")
        assert table(files.read("clients.csv"))[0]["vat_number"] == "BE0403019261"
    intra = await asked(treasurer, "intra_community")
    await make_all(as_, intra["id"])
    with await fetched(treasurer, intra["id"]) as files:
        assert b"<ns2:Month>11</ns2:Month>" in files.read("intra-community.xml")


async def test_the_books(as_: As, make: Factories, signed_in: SignIn) -> None:
    await make.issued_invoice()
    treasurer = await signed_in(await make.member(roles=[Role.TREASURER]))
    made = await asked(treasurer, "books")
    await make_all(as_, made["id"])
    with await fetched(treasurer, made["id"]) as files:
        rows = table(files.read("postings.csv"))
        assert b"Receivable" in files.read("2026.journal")
        assert b"open Assets" in files.read("2026.beancount")
    assert sorted(row["amount"] for row in rows) == ["-1000.00", "-210.00", "1210.00"]


async def test_after_a_week_the_file_is_gone(
    as_: As, make: Factories, signed_in: SignIn, clock: Clock
) -> None:
    member = await make.member()
    mine = await signed_in(member)
    made = await asked(mine, "vat")
    await make_all(as_, made["id"])
    clock.advance(days=7, seconds=1)
    async with as_(SYSTEM) as work:
        assert await commands.sweep(work) == 1
    mine = await signed_in(member)
    gone = await mine.post(f"{API}/exports/{made['id']}/file")
    assert (gone.status_code, gone.json()["code"]) == (409, "export_not_ready")
    assert "week" in gone.json()["detail"]


async def test_the_page(as_: As, make: Factories, signed_in: SignIn) -> None:
    mine = await signed_in(await make.member())
    shown = await mine.get("/exports")
    assert "Issued documents" in shown.text
    assert "Belgian client listing" not in shown.text
    bad = await mine.post("/exports", data={"kind": "vat", **NOVEMBER, "last_day": "2026-10-01"})
    assert bad.status_code == 422
    assert "ends before it begins" in bad.text
    answer = await mine.post("/exports", data={"kind": "vat", **NOVEMBER})
    assert answer.status_code == 303
    [one] = (await mine.get(f"{API}/exports")).json()["items"]
    assert "0 of 1" in (await mine.get("/exports")).text
    await make_all(as_, one["id"])
    assert "Download" in (await mine.get("/exports")).text
    file = await mine.post(f"/exports/{one['id']}/file")
    assert file.content.startswith(b"PK")
