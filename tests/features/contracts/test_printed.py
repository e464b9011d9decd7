"""The contract on paper, word for word: five kinds, and two of them in three languages.

`GUILD_GOLDEN=write pytest tests/features/contracts/test_printed.py` writes the texts anew; read the
diff. With `GUILD_PICTURES=folder` the PDFs are kept there, to be looked at.
"""

import io
import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from guild.contracts.commands.sealing import prepare_seal
from guild.contracts.schemas.drafting import DealIn
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.documents.pool import DocumentPool

HERE = Path(__file__).parent / "printed"
DEALS: dict[str, dict[str, Any]] = {
    "milestones": {},
    "fixed": {"kind": "fixed", "price": "1000.00", "due_on": "2027-01-29"},
    "time": {"kind": "time", "unit": "hour", "rate": "55.00", "estimate": "20",
             "ends_on": "2027-01-29", "cap": "1320.00"},
    "retainer": {"kind": "retainer", "period": "month", "amount": "400.00",
                 "first_on": "2027-01-01", "periods": 3, "included": "Ten hours of drawing",
                 "notice_days": 30},
    "licence": {"kind": "licence", "fee": "400.00", "starts_on": "2027-01-01"},
}  # fmt: skip
SUMMARIES = {
    "en": ("Twelve illustrations", "Twelve illustrations for a catalogue"),
    "fr": ("Douze illustrations", "Douze illustrations pour un catalogue"),
    "nl": ("Twaalf illustraties", "Twaalf illustraties voor een catalogus"),
}
LICENCE = {"rights_scope": "catalogue", "rights_territory": "Benelux", "rights_term_months": 36}


CASES = [(kind, "en") for kind in DEALS] + [
    (kind, lang) for kind in ("milestones", "time") for lang in ("fr", "nl")
]


@pytest.mark.parametrize(("kind", "lang"), CASES)
async def test_a_contract_on_paper(make, system, kind: str, lang: str) -> None:
    title, summary = SUMMARIES[lang]
    member = await make.member(legal_name="Mira Member", display_name="Mira")
    client = await make.organisation(
        member, name="Brasserie du Port", language=lang,
        contact={"name": "Jonas Abelard", "email": "jonas@client.example", "language": lang},
    )  # fmt: skip
    fields: dict[str, Any] = {"title": title, "summary": summary, "language": lang}
    if kind == "licence":
        fields |= LICENCE
    if DEALS[kind]:
        fields |= {"milestones": [], "deal": msgspec.convert(DEALS[kind], DealIn)}
    signed = await make.signed_contract(member, client, **fields)
    async with begin_work(system, SYSTEM) as work:
        order = await prepare_seal(work, signed.id)
    assert order is not None
    pdf = await system.resource("documents.pool", DocumentPool).render(order.order)
    compare(pdf, f"{kind}-{lang}")


def compare(pdf: bytes, name: str) -> None:
    """The text against the one that is kept."""
    if folder := os.environ.get("GUILD_PICTURES"):
        Path(folder, f"{name}.pdf").write_bytes(pdf)
    kept, said = HERE / f"{name}.txt", plain(pdf)
    if os.environ.get("GUILD_GOLDEN") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(said, encoding="utf-8")
    assert said == kept.read_text(encoding="utf-8")


def plain(pdf: bytes) -> str:
    """The text of all pages in reading order, without what differs from run to run."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    text = "\n".join(line.rstrip() for page in pages for line in page.splitlines())
    text = re.sub(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "<id>", text)
    text = re.sub(r"(?:\b[0-9a-f]{4,64}\b[ \n]?){2,}|\b[0-9a-f]{16,64}\b", "<hash>", text)
    return text.strip() + "\n"
