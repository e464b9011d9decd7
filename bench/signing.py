"""How fast a contract is sealed, and how much of that is ours rather than pyHanko's.

    python -m bench.signing

Prints one JSON object: seals per second at B-B and B-LTA, and the time over bare pyHanko at B-B.
"""

import asyncio
import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from guild.core.settings import Seal
from guild.documents.identity import make_identity
from guild.documents.press import Press
from guild.documents.schemas import PrintOrder
from guild.documents.seal import Sealer, seal_pdf

ROUNDS = 30
PAGE = "<!doctype html><html lang='en'><head><title>C</title></head><body>" + (
    "<p>A clause of a contract that somebody signs.</p>" * 60 + "</body></html>"
)


def best(run: Callable[[], object]) -> float:
    """Seconds of the median of the rounds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return sorted(taken)[ROUNDS // 2]


def bare(pdf: bytes, sealer: Sealer) -> bytes:
    """What pyHanko does by itself."""
    metadata = PdfSignatureMetadata(field_name="Seal", subfilter=SigSeedSubFilter.PADES)
    signer = PdfSigner(metadata, signer=sealer.signer)
    out = asyncio.run(signer.async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf))))
    return bytes(out.getbuffer())


def main() -> int:
    """Measure and print."""
    now = dt.datetime.now(dt.UTC)
    identity = make_identity("Bench", now=now)
    order = PrintOrder(html=PAGE, lang="en", created=now, attachments=(), facturx_profile="")
    pdf = Press().pdf(order)
    plain = Sealer(identity)
    lasting = Sealer(identity, Seal(level="B-LTA"))
    alone = best(lambda: bare(pdf, plain))
    seconds = best(lambda: asyncio.run(seal_pdf(pdf, plain, reason="C", at=now)))
    long = best(lambda: asyncio.run(seal_pdf(pdf, lasting, reason="C", at=now)))
    found = {
        "seal_b_b_per_s": round(1 / seconds, 1),
        "seal_b_lta_per_s": round(1 / long, 1),
        "seal_b_b_over_bare_pyhanko": round(seconds / alone, 2),
        "seal_b_lta_over_bare_pyhanko": round(long / alone, 2),
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
