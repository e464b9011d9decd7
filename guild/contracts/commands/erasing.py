"""Erasing what need not be kept any more; refused before its day, and proven after it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import select, text

from guild.contracts.commands.loading import locked, own_contract
from guild.contracts.errors import KeptByLaw
from guild.contracts.events import ContractErased
from guild.contracts.models import (
    Contract,
    ContractCase,
    ContractCost,
    ContractErasure,
    ContractEvidence,
    ContractPaper,
    Delivery,
    DeliveryFile,
)
from guild.contracts.queries.bundle import INVOICES, AskInvoices
from guild.contracts.queries.erasures import keeping_of
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.keeping import LEAF_KIND, OPEN, Keeping, proof_of
from guild.core.ids import ContractId, DocumentId
from guild.core.work import Work
from guild.documents import commands as documents
from guild.documents.models import Document
from guild.translog import commands as translog

WIPE: Final = text("SELECT contract_wipe(CAST(:id AS uuid))")
OWING: Final = frozenset({"issued", "partly_paid"})
"""States of an invoice in which somebody still owes something under it."""


async def erase_contract(work: Work, contract_id: ContractId) -> ContractErasure:
    """Erase one's own contract with its amendments; raises KeptByLaw before its day."""
    contract = await own_contract(work, contract_id)
    kept = await _refuse_early(work, contract)
    return await _erase(work, contract, kept)


async def erase_when_over(work: Work, contract_id: ContractId) -> None:
    """Erase what is over; nothing otherwise, and nothing the second time."""
    contract = await locked(work, Contract.id == contract_id)
    if contract is None or contract.erased_at is not None:
        return
    try:
        kept = await _refuse_early(work, contract)
    except KeptByLaw:
        return
    await _erase(work, contract, kept)


async def _refuse_early(work: Work, contract: Contract) -> Keeping:
    """By which rule it may go; raises KeptByLaw with the day, or with what is still open."""
    if contract.amends_id is not None:
        raise KeptByLaw(
            "An amendment is kept as long as the contract that it amends.",
            mend="Erase the contract itself when its time is over.",
        )
    family = [contract, *await _amendments(work, contract)]
    if any(one.state in OPEN for one in family):
        raise KeptByLaw(
            f"The contract is {contract.state.replace('_', ' ')}, or an amendment of it is open.",
            mend="Withdraw, complete or end it first.",
        )
    kept = [keeping_of(one) for one in family]
    last = max(kept, key=lambda one: one.until or date.max)
    if not last.over(work.today):
        raise KeptByLaw(
            f"It is kept until {last.until:%-d %B %Y}, by {last.rule} ({last.article}).",
            mend="It is erased by itself on the day after.",
        )
    await _refuse_disputed(work, contract)
    return last


async def _refuse_disputed(work: Work, contract: Contract) -> None:
    disputed = await work.session.scalar(
        select(ContractCase.id).where(
            ContractCase.contract_id == contract.id,
            ContractCase.state.in_(("open", "answered")),
        )
    )
    ask: AskInvoices | None = work.system.resources.get(INVOICES)
    invoices = await ask(work, contract.id) if ask else []
    owing = [one["number"] for one in invoices if one["state"] in OWING]
    if disputed is not None or owing:
        what = f"invoice {owing[0]}" if owing else "a dispute"
        raise KeptByLaw(
            f"Its time is over, but {what} is open: it is evidence for that.",
            mend="Settle it first. The contract is erased by itself then.",
        )


async def _amendments(work: Work, contract: Contract) -> Sequence[Contract]:
    rows = await work.session.scalars(
        select(Contract)
        .where(Contract.amends_id == contract.id, Contract.erased_at.is_(None))
        .order_by(Contract.id)
        .with_for_update()
    )
    return rows.all()


async def _erase(work: Work, contract: Contract, kept: Keeping) -> ContractErasure:
    amendments = await _amendments(work, contract)
    made = await _erase_one(work, contract, kept)
    for one in amendments:
        await _erase_one(work, one, kept)
    work.later(translog.sequence_soon)
    return made


async def _erase_one(work: Work, contract: Contract, kept: Keeping) -> ContractErasure:
    files = await _files(work, contract.id)
    fingerprints = await _fingerprints(work, contract)
    counts = await _wipe(work, contract)
    gone = sum([await documents.erase(work, one) for one in files])
    proof = proof_of(
        number=contract.number, keeping=kept, erased_on=work.today, counts=counts,
        files_erased=gone, fingerprints=fingerprints,
    )  # fmt: skip
    assert kept.until is not None, "only what is over is erased"
    asked_by = work.actor.member_id if work.actor.kind == "member" else None
    row = ContractErasure(
        contract_id=contract.id, member_id=contract.member_id, number=contract.number,
        rule=kept.rule, article=kept.article, source=kept.source, kept_until=kept.until,
        erased_at=work.now, asked_by=asked_by, fingerprints=fingerprints,
        proof=proof, proof_sha256=sha256(proof),
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    translog.append_leaf(work, LEAF_KIND, {"proof_sha256": row.proof_sha256})
    await work.emit(
        ContractErased(contract_id=contract.id, member_id=contract.member_id, rule=kept.rule)
    )
    return row


async def _files(work: Work, contract_id: ContractId) -> list[DocumentId]:
    """Every stored document that belongs to the contract."""
    of_deliveries = (
        select(DeliveryFile.document_id)
        .join(Delivery, Delivery.id == DeliveryFile.delivery_id)
        .where(Delivery.contract_id == contract_id)
    )
    found: set[DocumentId] = set()
    for question in (
        of_deliveries,
        select(ContractCost.document_id).where(ContractCost.contract_id == contract_id),
        select(ContractPaper.document_id).where(ContractPaper.contract_id == contract_id),
        select(Document.id).where(Document.subject_id == contract_id),
    ):
        found.update(await work.session.scalars(question))
    return sorted(found)


async def _fingerprints(work: Work, contract: Contract) -> dict[str, object]:
    """The hashes that stay: of the sealed files, and of the last entry of the evidence."""
    chain = await work.session.execute(
        select(ContractEvidence.kind, ContractEvidence.body, ContractEvidence.body_sha256)
        .where(ContractEvidence.contract_id == contract.id)
        .order_by(ContractEvidence.seq)
    )
    rows = chain.all()
    names = ("shown_sha256", "evidence_sha256", "pdf_sha256")
    said = [msgspec.json.decode(row.body)["details"] for row in rows if row.kind == "sealed"]
    return {
        "seals": [{name: one[name] for name in names} for one in said],
        "evidence_entries": len(rows),
        "last_evidence_sha256": rows[-1].body_sha256 if rows else "",
    }


async def _wipe(work: Work, contract: Contract) -> dict[str, int]:
    """Leave the frame of the contract, and take away all rows about it; says how many of each."""
    contract.erased_at = contract.updated_at = work.now
    contract.title, contract.terms, contract.draft = "erased", {}, {}
    contract.signing_plan, contract.guarantee_reasons = [], []
    contract.ended_note = contract.paper_id = contract.sealed_document_id = None
    await work.session.flush()
    counts: dict[str, int] = await work.session.scalar(WIPE, {"id": contract.id}) or {}
    work.session.expire_all()
    await work.session.refresh(contract)
    return {name: count for name, count in counts.items() if count}
