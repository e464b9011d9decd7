"""What the house can say to anybody who holds a sealed file, or its fingerprint."""

from datetime import datetime

import msgspec
from sqlalchemy import select

from guild.contracts.models import Contract, ContractEvidence, ContractOffer
from guild.contracts.rules.evidence import LEAF_KIND, sealed_leaf
from guild.core.work import Work
from guild.documents.models import Document
from guild.translog.queries import place_of_statement


class SealedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that we sealed. `log_index` is None while it waits for its place in the log."""

    sealed_at: datetime
    log_index: int | None


async def sealed_file(work: Work, sha256: str) -> SealedFile | None:
    """Whether this is the SHA-256 of a sealed contract, as 64 hexadecimal digits; None if not.

    It tells nobody whose contract it is: the file itself does, to those who have it.
    """
    contract = await work.session.scalar(
        select(Contract)
        .join(Document, Document.subject_id == Contract.id)
        .where(Document.sha256 == bytes.fromhex(sha256), Contract.sealed_sha256 == sha256)
    )
    if contract is None or contract.sealed_at is None:
        return None
    shown = await work.session.scalar(
        select(ContractOffer.shown_sha256).where(
            ContractOffer.contract_id == contract.id, ContractOffer.version == contract.version
        )
    )
    sealed = await work.session.scalar(
        select(ContractEvidence.body)
        .where(ContractEvidence.contract_id == contract.id, ContractEvidence.kind == "sealed")
        .order_by(ContractEvidence.seq.desc())
        .limit(1)
    )
    assert shown, "a sealed contract was offered"
    assert sealed, "its sealing was recorded"
    evidence = msgspec.json.decode(sealed)["details"]["evidence_sha256"]
    leaf = sealed_leaf(shown_sha256=shown, evidence_sha256=evidence, pdf_sha256=sha256)
    place = await place_of_statement(work, LEAF_KIND, leaf)
    return SealedFile(sealed_at=contract.sealed_at, log_index=place)
