"""The series of numbers: sixteen at once, and the proof that none is missing."""

import asyncio

from sqlalchemy import text

from guild.core.errors import Forbidden
from guild.core.permissions import SYSTEM
from guild.core.work import Work, begin_work
from guild.invoicing import commands, queries
from tests.features.invoicing.conftest import Bench


async def test_sixteen_issuers_leave_no_gap(committed_bench: Bench) -> None:
    """Every second one fails after it has taken its number: the number is given again."""
    bench = committed_bench
    drafts = [await bench.draft() for _ in range(16)]

    async def issue(number: int) -> str | None:
        try:
            async with begin_work(bench.system, SYSTEM) as work:
                issued = await commands.issue_invoice(work, drafts[number])
                if number % 2:
                    work.require(False)
                return issued.number
        except Forbidden:
            return None

    numbers = [one for one in await asyncio.gather(*(issue(n) for n in range(16))) if one]
    assert sorted(numbers) == [f"2026-{n:04d}" for n in range(1, 9)]
    rest = await asyncio.gather(*(issue(n - 1) for n in range(2, 17, 2)))
    assert rest == [None] * 8
    async with begin_work(bench.system, SYSTEM) as work:
        issued = await commands.issue_invoices(work, drafts[1::2])
    assert [one.number for one in issued] == [f"2026-{n:04d}" for n in range(9, 17)]
    assert await bench.broken() == []
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        (series,) = await queries.list_series(work)
        report = await _report(work, "invoice")
    assert (series.documents, series.counter, series.complete) == (16, 17, True)
    assert (series.first_number, series.last_number) == ("2026-0001", "2026-0016")
    assert series.totals == {"EUR": "19360.00"}
    assert "Complete: no number is missing" in report
    assert len([line for line in report.splitlines() if line.startswith("2026-")]) == 16


async def _report(work: Work, kind: str) -> str:
    return "".join([part async for part in queries.series_report(work, kind, 2026, work.today)])


async def test_a_missing_number_is_found_and_said(bench: Bench) -> None:
    await bench.issued()
    async with begin_work(bench.system, SYSTEM) as work:
        await work.session.execute(text("UPDATE number_series SET next = next + 1"))
    await bench.issued()
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        (series,) = await queries.list_series(work, 2026)
        report = "".join(
            [line async for line in queries.series_report(work, "invoice", 2026, work.today)]
        )
        none = "".join(
            [line async for line in queries.series_report(work, "credit_note", 2026, work.today)]
        )
    assert not series.complete
    assert "numbers 2 to 2 are missing" in series.problems
    assert "NOT COMPLETE" in report
    assert "No number of this series" in none
    assert any("counter" in line for line in await bench.broken())
