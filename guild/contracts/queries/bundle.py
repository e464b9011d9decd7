"""The evidence bundle of a contract: all that proves it, in one ZIP that needs nobody's help.

The page and the README in it speak the language of whoever asks; all else is the same for all.

What lies above contracts is asked for by name: `features.py` gives the question that knows invoices
to the System under `INVOICES`.
"""

import hashlib
import zipfile
from collections.abc import Awaitable, Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import select

from guild.contracts import verify
from guild.contracts.errors import DocumentNotReady
from guild.contracts.models import Contract, ContractEvidence, ContractOffer, Delivery, Milestone
from guild.contracts.queries.printed_evidence import (
    evidence_language,
    evidence_words,
    printed_evidence,
)
from guild.contracts.queries.proof import sealed_file
from guild.contracts.queries.views import sealed_document
from guild.contracts.rules.evidence import LEAF_KIND, manifest
from guild.core.ids import ContractId
from guild.core.money import Money
from guild.core.work import Work
from guild.documents import queries as documents
from guild.documents.verdict import trusted_of
from guild.translog import queries as translog
from guild.translog.checkpoint import encode_base64

INVOICES: Final = "contracts.invoices"
VERIFIER: Final = Path(verify.__file__).read_bytes()
AskInvoices = Callable[[Work, ContractId], Awaitable[list[dict[str, str]]]]
"""Number, issue date, total, currency and state of each issued invoice of a contract."""


async def evidence_bundle(work: Work, contract_id: ContractId) -> tuple[str, bytes]:
    """Name and bytes of the ZIP. Raises DocumentNotReady until the log holds the sealed file."""
    files = await bundle_files(work, contract_id)
    contract, _ = await sealed_document(work, contract_id)
    assert contract.sealed_at is not None, "it was bundled just now"
    packed = BytesIO()
    moment = contract.sealed_at.timetuple()[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # The same contract gives the same bytes, whenever it is asked for.
            archive.writestr(zipfile.ZipInfo(f"{contract.number}/{name}", moment), content,
                             zipfile.ZIP_DEFLATED)  # fmt: skip
    return f"{contract.number}-evidence.zip", packed.getvalue()


async def bundle_files(work: Work, contract_id: ContractId) -> dict[str, bytes]:
    """Every file of the bundle by its name."""
    contract, document_id = await sealed_document(work, contract_id)
    assert contract.sealed_sha256 is not None, "it has a document"
    proof = await _proof(work, contract.sealed_sha256)
    offer = await _signed_offer(work, contract)
    chain = await _sealed_chain(work, contract)
    trusted = trusted_of(work.settings)
    performed = await _deliveries(work, contract)
    ask: AskInvoices | None = work.system.resources.get(INVOICES)
    invoices = await ask(work, contract.id) if ask else []
    language = await evidence_language(work, contract)
    words = evidence_words()[language]
    files = {
        "contract.pdf": await documents.read(work, document_id),
        "contract.html": offer.shown_html,
        "terms.json": offer.terms_json,
        "evidence.json": manifest(chain),
        "log-proof.json": _json(proof),
        "deliveries.json": _json(performed),
        "invoices.json": _json(invoices),
        "root.pem": trusted.root_pem,
        "root.crl": trusted.crl_pem,
        "verify.py": VERIFIER,
        "README.txt": words["readme"].format(number=contract.number, vkey=proof["vkey"]).encode(),
    }
    files["index.html"] = await printed_evidence(work, contract, offer, files, language)
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in files.items()]
    files["SHA256SUMS"] = ("\n".join(sums) + "\n").encode()
    return files


async def evidence_page(work: Work, contract_id: ContractId) -> bytes:
    """The same as one HTML file that opens offline."""
    return (await bundle_files(work, contract_id))["index.html"]


async def _proof(work: Work, pdf_sha256: str) -> dict[str, Any]:
    known = await sealed_file(work, pdf_sha256)
    assert known is not None, "the contract names the file that was sealed"
    if known.log_index is None:
        raise DocumentNotReady(mend="The public log has it within a minute; try again then.")
    newest = await translog.latest_checkpoint(work)
    if newest.size <= known.log_index:
        raise DocumentNotReady(mend="The public log has it within a minute; try again then.")
    proof = await translog.inclusion_proof(work, known.log_index, newest.size)
    return {
        "leaf": encode_base64(translog.leaf_bytes(LEAF_KIND, known.leaf)),
        "index": proof.index,
        "size": proof.size,
        "hashes": proof.hashes,
        "checkpoint": newest.note,
        "vkey": translog.log_key(work).vkey,
    }


async def _signed_offer(work: Work, contract: Contract) -> ContractOffer:
    found: ContractOffer | None = await work.session.scalar(
        select(ContractOffer).where(
            ContractOffer.contract_id == contract.id, ContractOffer.version == contract.version
        )
    )
    assert found is not None, "a sealed contract was offered"
    return found


async def _sealed_chain(work: Work, contract: Contract) -> list[bytes]:
    """The entries that the newest seal covers: all before its own."""
    rows = (
        await work.session.execute(
            select(ContractEvidence.kind, ContractEvidence.body)
            .where(ContractEvidence.contract_id == contract.id)
            .order_by(ContractEvidence.seq)
        )
    ).all()
    last = max(place for place, row in enumerate(rows) if row.kind == "sealed")
    return [row.body for row in rows[:last]]


async def _deliveries(work: Work, contract: Contract) -> list[dict[str, Any]]:
    rows = await work.session.execute(
        select(Milestone, Delivery)
        .join(Delivery, Delivery.milestone_id == Milestone.id, isouter=True)
        .where(Milestone.contract_id == contract.id)
        .order_by(Milestone.position, Delivery.round)
    )
    return [
        {
            "milestone": milestone.title,
            "net": Money(milestone.net_minor, contract.currency).text,
            "currency": contract.currency,
            "due_on": milestone.due_on.isoformat(),
            "state": milestone.state,
            "round": delivery.round if delivery else None,
            "note": delivery.note if delivery else None,
            "delivered_at": _moment(delivery.delivered_at) if delivery else None,
            "answer": delivery.answer if delivery else None,
            "answered_at": _moment(delivery.answered_at) if delivery else None,
        }
        for milestone, delivery in rows
    ]


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
