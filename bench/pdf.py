"""Rows 5 and 6: our PDF/A-3 with its XML against bare WeasyPrint, and two presses against one.

The HTML is the sample invoice of one page. "Bare" is WeasyPrint with the same style
sheet, parsed once like the fonts, without PDF/A, tags and attachment. "Naive" parses the style
sheet anew for each file. Both run in this process; ours goes through the pool, pipe included.
"""

import asyncio
import time

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from bench.measure import Row, alternate
from guild.documents.fonts import FOLDER, face_css
from guild.documents.pool import DocumentPool
from guild.documents.press import style_sheet
from guild.documents.schemas import PrintOrder
from tests.features.documents import samples

ROUNDS = 11
PER_ROUND = 3
RACE = 16
"""Orders of one race between two presses and one."""


class Bare:
    """WeasyPrint with nothing of ours but the HTML, the faces and the style sheet."""

    def __init__(self) -> None:
        self.fonts = FontConfiguration()
        self.faces = CSS(string=face_css(FOLDER.as_uri() + "/"), font_config=self.fonts)
        self.css = style_sheet()
        self.sheet = CSS(string=self.css, font_config=self.fonts)

    def warm(self, html: str) -> bytes:
        """Parsed style sheets and fonts are kept."""
        return self._pdf(html, self.sheet)

    def naive(self, html: str) -> bytes:
        """The style sheet is parsed for each file; the fonts are kept even here."""
        return self._pdf(html, CSS(string=self.css, font_config=self.fonts))

    def _pdf(self, html: str, sheet: CSS) -> bytes:
        document = HTML(string=html, base_url="about:blank")
        pdf: bytes = document.write_pdf(stylesheets=[self.faces, sheet], font_config=self.fonts)
        return pdf


async def measure() -> list[Row]:
    order = samples.order("invoice")
    assert order.attachments, "row 5 is about files that carry their XML"
    bare = Bare()
    async with DocumentPool(1) as one, DocumentPool(2) as two:
        return [*await _against_bare(order, bare, one), await _race(order, one, two)]


async def _against_bare(order: PrintOrder, bare: Bare, pool: DocumentPool) -> list[Row]:
    async def ours() -> float:
        began = time.perf_counter()
        for _ in range(PER_ROUND):
            await pool.render(order)
        return (time.perf_counter() - began) / PER_ROUND

    async def warm() -> float:
        began = time.perf_counter()
        for _ in range(PER_ROUND):
            bare.warm(order.html)
        return (time.perf_counter() - began) / PER_ROUND

    async def naive() -> float:
        began = time.perf_counter()
        for _ in range(PER_ROUND):
            bare.naive(order.html)
        return (time.perf_counter() - began) / PER_ROUND

    to_bare, mine, theirs = await alternate(ROUNDS, ours, warm)
    to_naive, _, slow = await alternate(ROUNDS, ours, naive)
    return [
        Row(
            number="5",
            what="PDF/A-3 with XML against bare WeasyPrint",
            value=to_bare,
            target=1.15,
            hope=1.05,
            less=True,
            how=f"{mine * 1000:.0f} against {theirs * 1000:.0f} ms a page, tags and pipe included",
        ),
        Row(
            number="5",
            what="the same against naive WeasyPrint",
            value=to_naive,
            target=1.0,
            hope=0.75,
            less=True,
            how=f"naive {slow * 1000:.0f} ms: the style sheet is parsed for each file",
        ),
    ]


async def _race(order: PrintOrder, one: DocumentPool, two: DocumentPool) -> Row:
    def race(pool: DocumentPool) -> asyncio.Future[float]:
        async def run() -> float:
            began = time.perf_counter()
            await asyncio.gather(*(pool.render(order) for _ in range(RACE)))
            return RACE / (time.perf_counter() - began)

        return asyncio.ensure_future(run())

    ratio, fast, slow = await alternate(5, lambda: race(two), lambda: race(one))
    return Row(
        number="6",
        what="two PDF processes against one",
        value=ratio,
        target=1.6,
        hope=1.95,
        how=f"{fast:.1f} against {slow:.1f} sheets per second",
        unit="x",
    )


def rows() -> list[Row]:
    return asyncio.run(measure())


if __name__ == "__main__":
    for row in rows():
        print(row.number, row.what, row.measured, row.at_least, row.verdict, row.how)
