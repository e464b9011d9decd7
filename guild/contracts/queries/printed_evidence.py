"""The page of the evidence bundle: all of it to read, in one HTML file that opens offline.

It speaks the language of the client's person who asks for it, and to a member or rep that of the
contract. What was signed stands in the language in which it was signed.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from guild.contracts.models import Contract, ContractOffer
from guild.contracts.queries.signers import reader_language
from guild.core.pages import environment
from guild.core.work import Work
from guild.members.models import Member, Organisation
from guild.translog.checkpoint import encode_base64

WORDS: Final = Path(__file__).parent.parent / "templates" / "bundle.json"
SIGNING: Final = ("sent", "signed")
"""Entries that hold a signature: the member's and those of the client's people."""


@cache
def evidence_words() -> dict[str, dict[str, Any]]:
    """Language → what the page says."""
    return msgspec.json.decode(WORDS.read_bytes(), type=dict[str, dict[str, Any]])


async def evidence_language(work: Work, contract: Contract) -> str:
    """In which language whoever asks reads the evidence."""
    language = await reader_language(work) if work.actor.kind == "contact" else contract.language
    return language if language in evidence_words() else "en"


async def printed_evidence(
    work: Work, contract: Contract, offer: ContractOffer, files: Mapping[str, bytes], language: str
) -> bytes:
    """The page in that language, from the other files of the bundle."""
    entries = msgspec.json.decode(files["evidence.json"])["entries"]
    member = await work.session.get_one(Member, contract.member_id)
    client = await work.session.get_one(Organisation, contract.client_id)
    html = environment().get_template("contracts/bundle.html").render(
        lang=language,
        t=evidence_words()[language],
        contract=contract,
        member_name=member.legal_name,
        client_name=client.name,
        coop=work.settings.coop,
        entries=entries,
        signed=_signatures(entries, contract.version),
        document=offer.shown_html.decode(),
        shown_sha256=offer.shown_sha256,
        deliveries=_with_days(files["deliveries.json"], "delivered_at"),
        invoices=_with_days(files["invoices.json"], "issued_on"),
        proof=msgspec.json.decode(files["log-proof.json"]),
        pdf=encode_base64(files["contract.pdf"]),
        evidence=files["evidence.json"].decode(),
        proof_text=files["log-proof.json"].decode(),
        root_pem=files["root.pem"].decode(),
        base_url=work.settings.base_url,
    )  # fmt: skip
    return html.encode()


def _signatures(entries: list[dict[str, Any]], version: int) -> list[dict[str, Any]]:
    return [
        {**entry["details"]["signature"], "at": entry["server_time"]}
        for entry in entries
        if entry["kind"] in SIGNING and entry["version"] == version
    ]


def _with_days(content: bytes, name: str) -> list[dict[str, Any]]:
    """Rows with their day as a day, to be written as the language does."""
    rows: list[dict[str, Any]] = msgspec.json.decode(content)
    return [{**row, name: _day(row[name])} for row in rows]


def _day(text: str | None) -> date | None:
    return datetime.fromisoformat(text).date() if text else None
