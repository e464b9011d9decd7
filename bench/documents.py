"""Whole documents per second: both XML files, the PDF/A-3, and the official rules over both.

What is timed is the job of an issued invoice: reading it, UBL and CII, the PDF with its data, the
validator's verdict on the final files, the report, and all four kept and linked, committed. Two
presses and two validators against one of each, on the same house.
"""

import asyncio
import time
from uuid import UUID

from bench.house import House
from bench.measure import Row, alternate, servers
from guild.core.ids import InvoiceId
from guild.core.permissions import SYSTEM
from guild.core.settings import Settings
from guild.core.work import begin_work
from guild.documents.pool import DocumentPool
from guild.invoicing.commands import issue_invoices, make_documents
from guild.invoicing.commands.validating import RESOURCE
from guild.invoicing.einvoice.validator import Validator

ROUNDS = 2
PER_ROUND = 10
PEOPLE = 10


class Line:
    """One way of making documents: so many presses, as many validators and jobs at once."""

    def __init__(self, house: House, size: int) -> None:
        self.house = house
        self.size = size
        self.pool = DocumentPool(size)
        self.validator = Validator(size=size)

    async def rate(self) -> float:
        """Documents per second."""
        dealt = await self.house.drafts(self.house.people, PER_ROUND)
        ids = [InvoiceId(invoice_id) for _, invoice_id in dealt]
        async with begin_work(self.house.system, SYSTEM) as work:
            await issue_invoices(work, ids)
        resources = self.house.system.resources
        resources["documents.pool"], resources[RESOURCE] = self.pool, self.validator
        waiting: list[UUID] = list(ids)

        async def one() -> None:
            while waiting:
                invoice_id = InvoiceId(waiting.pop())
                async with begin_work(self.house.system, SYSTEM) as work:
                    await make_documents(work, invoice_id)

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(self.size)))
        return PER_ROUND / (time.perf_counter() - began)

    async def stop(self) -> None:
        """End the processes."""
        await self.pool.stop()
        self.validator.stop()


async def measure(settings: Settings) -> list[Row]:
    """Documents per second on two cores, and of it what a second core brings."""
    house = House(settings)
    await house.found(PEOPLE)
    one, two = Line(house, 1), Line(house, 2)
    try:
        ratio, fast, slow = await alternate(ROUNDS, two.rate, one.rate)
    finally:
        await one.stop()
        await two.stop()
        await house.close()
    return [
        Row(number="D1", what="documents with both XML files, judged and kept, per second",
            value=fast, target=5, hope=10, unit="/s",
            how="two presses and two validators; drafts of three lines"),
        Row(number="D2", what="two presses and validators against one of each", value=ratio,
            target=1.6, hope=1.95, unit="×", how=f"{fast:.1f} against {slow:.1f} per second"),
    ]  # fmt: skip


def rows() -> list[Row]:
    """The rows of the table."""
    with servers() as (_, settings):
        return asyncio.run(measure(settings))
