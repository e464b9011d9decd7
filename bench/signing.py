"""Rows S3 and S4: a contract sealed, against bare pyHanko on the same PDF with the same key.

"Bare" signs and nothing else. Ours reads its own seal back before it lets the file go; at B-LTA it
has two time stamps made by the local authority and keeps certificates and revocation lists inside.
"""

import asyncio
import datetime as dt
import time
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from bench.measure import Row, alternate
from guild.core.settings import Seal
from guild.documents.identity import make_identity
from guild.documents.press import Press
from guild.documents.schemas import PrintOrder
from guild.documents.seal import Sealer, seal_pdf

ROUNDS: Final = 15
PER_ROUND: Final = 3
PAGE: Final = "<!doctype html><html lang='en'><head><title>C</title></head><body>" + (
    "<p>A clause of a contract that somebody signs.</p>" * 60 + "</body></html>"
)


async def bare(pdf: bytes, sealer: Sealer) -> bytes:
    """What pyHanko does by itself."""
    metadata = PdfSignatureMetadata(field_name="Seal", subfilter=SigSeedSubFilter.PADES)
    signer = PdfSigner(metadata, signer=sealer.signer)
    out = await signer.async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)))
    return bytes(out.getbuffer())


async def measure() -> list[Row]:
    """Both rows."""
    now = dt.datetime.now(dt.UTC)
    order = PrintOrder(html=PAGE, lang="en", created=now, attachments=(), facturx_profile="")
    pdf = Press().pdf(order)
    identity = make_identity("Bench", now=now)
    plain = Sealer(identity)

    async def yardstick() -> float:
        began = time.perf_counter()
        for _ in range(PER_ROUND):
            await bare(pdf, plain)
        return (time.perf_counter() - began) / PER_ROUND

    async def against(number: str, sealer: Sealer, target: float, hope: float) -> Row:
        async def ours() -> float:
            began = time.perf_counter()
            for _ in range(PER_ROUND):
                await seal_pdf(pdf, sealer, reason="C", at=now)
            return (time.perf_counter() - began) / PER_ROUND

        ratio, mine, theirs = await alternate(ROUNDS, ours, yardstick)
        return Row(
            number=number, what=f"seal a contract, {sealer.seal.level}, against bare pyHanko's B-B",
            value=ratio, target=target, hope=hope, less=True, unit="×",
            how=f"{1 / mine:.0f} against {1 / theirs:.0f} seals per second, one process",
        )  # fmt: skip

    return [
        await against("S3", plain, 2, 1.3),
        await against("S4", Sealer(identity, Seal(level="B-LTA")), 5, 3),
    ]


def rows() -> list[Row]:
    """The rows of the table."""
    return asyncio.run(measure())
