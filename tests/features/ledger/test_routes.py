"""The books' doors, and who may open which."""

from typing import Any

import httpx

from guild.core.money import Money
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, begin_work
from guild.ledger import commands
from guild.ledger.chart import credit, debit
from tests.factories import Factories

API = "/api/v1"


async def test_members_see_their_own_books_and_offices_all(
    system: System, make: Factories, signed_in: Any, http: httpx.AsyncClient
) -> None:
    member, other = await make.member(), await make.member()
    auditor = await make.member(roles=[Role.AUDITOR])
    async with begin_work(system, SYSTEM) as work:
        await commands.post(
            work,
            kind="test",
            text="Money",
            lines=[
                debit("opening", Money(1234, "EUR")),
                credit("member_available", Money(1234, "EUR"), member.id),
            ],
        )
    herself, stranger = await signed_in(member), await signed_in(other)
    office = await signed_in(auditor)
    mine = (await herself.get(f"{API}/me/statement")).json()
    assert (mine["closing"], len(mine["lines"]), mine["next_cursor"]) == ("12.34", 1, None)
    books = (await herself.get(f"{API}/me/books")).json()["accounts"]
    assert books[0]["balance"] == "12.34"
    path = f"{API}/ledger/accounts/member_available/statement?owner={member.id}"
    assert (await herself.get(path)).json() == mine
    assert (await office.get(path)).json()["closing"] == "12.34"
    assert (await stranger.get(path)).status_code == 404
    assert (await http.get(path)).status_code == 401
    assert (await stranger.get(f"{API}/ledger/trial-balance")).status_code == 403
    balance = (await office.get(f"{API}/ledger/trial-balance")).json()
    assert balance["balanced"] is True
    journal = await office.get(f"{API}/ledger/journal", params={"syntax": "beancount"})
    assert journal.headers["content-type"].startswith("text/plain")
    assert "balance Equity:Opening  12.34 EUR" in journal.text
    assert (await stranger.get(f"{API}/ledger/journal")).status_code == 403
    assert (await office.get(f"{API}/ledger/journal?year=1")).status_code in {400, 422}
