"""What the house can say to anybody who holds a sealed file, or its fingerprint."""

from datetime import datetime
from typing import Final, Literal

import msgspec
from sqlalchemy import select

from guild.contracts.models import Contract, ContractErasure, ContractEvidence
from guild.contracts.rules.evidence import LEAF_KIND, sealed_leaf
from guild.core.work import Work
from guild.documents.models import Document
from guild.documents.verdict import SealReport
from guild.translog.queries import place_of_statement

Standing = Literal["stands", "amended", "superseded", "suspended", "void", "ended", "erased"]
STANDINGS: Final[dict[Standing, str]] = {
    "stands": "The contract stands.",
    "amended": "The contract stands, with changes that a later amendment has agreed.",
    "superseded": "A newer version of this contract has been sealed: this one is superseded.",
    "suspended": "The contract is suspended: one side says that the wrong person signed it.",
    "void": "Both sides have declared this contract void.",
    "erased": "The file is ours and the log has it; our copy was erased when its time was over.",
    "ended": "The contract was ended early; what was accepted before stays owed.",
}


class SealedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that we sealed. `log_index` is None while it waits for its place in the log."""

    sealed_at: datetime
    log_index: int | None
    standing: Standing
    standing_said: str
    leaf: dict[str, str]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The last word on a file: valid only if seal, chain of trust and log all agree.

    `word` is one of valid, waiting, amended, superseded, suspended, void, ended, erased, unknown,
    or the seal's fault.
    """

    valid: bool
    word: str
    sentence: str


async def sealed_file(work: Work, sha256: str) -> SealedFile | None:
    """Whether this is the SHA-256 of a sealed contract, as 64 hexadecimal digits; None if not.

    The fingerprints of an erased one stay. It tells nobody whose contract it is: the file itself
    does, to those who have it.
    """
    found = (
        await work.session.execute(
            select(Contract, Document.created_at)
            .join(Document, Document.subject_id == Contract.id)
            .where(Document.sha256 == bytes.fromhex(sha256), Contract.sealed_at.is_not(None))
        )
    ).first()
    if found is None:
        return None
    contract, sealed_at = found
    said = await _seals(work, contract)
    told = next((one for one in said if one["pdf_sha256"] == sha256), None)
    if told is None:  # a paper or another file about the contract, which nobody sealed
        return None
    leaf = sealed_leaf(
        shown_sha256=told["shown_sha256"],
        evidence_sha256=told["evidence_sha256"],
        pdf_sha256=sha256,
    )
    standing = _standing(contract, sha256)
    return SealedFile(
        sealed_at=sealed_at,
        log_index=await place_of_statement(work, LEAF_KIND, leaf),
        standing=standing,
        standing_said=STANDINGS[standing],
        leaf=leaf,
    )


async def _seals(work: Work, contract: Contract) -> list[dict[str, str]]:
    """What was said of each sealed file: in the evidence, or in the proof of its erasure."""
    if contract.erased_at is not None:
        gone = await work.session.get_one(ContractErasure, contract.id)
        return list(gone.fingerprints["seals"])
    bodies = await work.session.scalars(
        select(ContractEvidence.body).where(
            ContractEvidence.contract_id == contract.id, ContractEvidence.kind == "sealed"
        )
    )
    return [msgspec.json.decode(body)["details"] for body in bodies]


def _standing(contract: Contract, sha256: str) -> Standing:
    if contract.erased_at is not None:
        return "erased"
    if contract.state == "void":
        return "void"
    if contract.sealed_sha256 != sha256:
        return "superseded"
    if contract.state == "suspended":
        return "suspended"
    if contract.state == "terminated":
        return "ended"
    return "stands" if contract.amended_at is None else "amended"


def judgement_of(report: SealReport, known: SealedFile | None) -> Judgement:
    """What to rely on. A seal alone is not enough: only the log knows the very bytes."""
    if not report.bottom_line:
        return Judgement(valid=False, word=report.fault, sentence=report.explanation)
    if known is None:
        sentence = (
            "The seal holds, but we know no contract with these very bytes: the file was cut back "
            "or changed outside the seal, or the seal was misused. Ask for the original."
        )
        return Judgement(valid=False, word="unknown", sentence=sentence)
    if known.log_index is None:
        sentence = "The seal holds; the public log has the file within a minute."
        return Judgement(valid=False, word="waiting", sentence=sentence)
    valid = known.standing in {"stands", "amended", "ended", "erased"}
    word = "valid" if known.standing == "stands" else known.standing
    return Judgement(valid=valid, word=word, sentence=known.standing_said)
