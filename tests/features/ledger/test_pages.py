"""The books on pages: trial balance, an account's movements, series of numbers."""

from typing import Any

from guild.core.money import Money
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, begin_work
from guild.ledger import commands
from guild.ledger.chart import credit, debit
from tests.factories import Factories


async def test_an_auditor_reads_the_books_down_to_a_movement(
    system: System, make: Factories, signed_in: Any
) -> None:
    member, auditor = await make.member(), await make.member(roles=[Role.AUDITOR])
    browser = await signed_in(auditor)
    assert "No number has been given yet" in (await browser.get("/series")).text
    for number in range(51):
        async with begin_work(system, SYSTEM) as work:
            await commands.post(
                work, kind="test", text=f"Money {number}",
                lines=[
                    debit("opening", Money(100, "EUR")),
                    credit("member_available", Money(100, "EUR"), member.id),
                ],
            )  # fmt: skip
    shown = await browser.get("/books", params={"month": "2026-11"})
    assert "The books balance" in shown.text
    assert 'href="/books/member_available?currency=EUR"' in shown.text
    assert (await browser.get("/books", params={"month": "soon"})).status_code == 422
    whose = await browser.get("/books/member_available")
    assert member.display_name in whose.text
    assert "€51.00" in whose.text
    path = f"/books/member_available?owner={member.id}&currency=EUR"
    first = await browser.get(path)
    assert "Money 0 <" in first.text
    assert "Money 50 <" not in first.text
    later = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    last = await browser.get(later)
    assert "Money 50 <" in last.text
    assert "€50.00" in last.text
    assert (await browser.get("/books/nothing")).status_code == 404


async def test_an_inspector_finds_each_series_whole(make: Factories, signed_in: Any) -> None:
    await make.issued_invoice()
    browser = await signed_in(await make.member(roles=[Role.TREASURER]))
    shown = await browser.get("/series")
    assert "No number is missing" in shown.text
    report = shown.text.split('<a href="/api/v1/series/')[1].split('"')[0]
    assert "Complete: no number" in (await browser.get(f"/api/v1/series/{report}")).text
