"""Sealing: the signed contract as one file that proves itself, and its fingerprint in the log."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from guild.contracts.access import OFFER_LINK
from guild.contracts.commands.chain import chain_of, record
from guild.contracts.commands.letters import (
    contact_of,
    mail_sealed,
    mail_sealed_copy,
    mail_unsealed,
)
from guild.contracts.commands.links import new_link
from guild.contracts.commands.loading import current_offer, locked, people
from guild.contracts.commands.printing import TEMPLATE, Parties, contract_sheet
from guild.contracts.commands.signers import signers_of
from guild.contracts.errors import ContractNotFound
from guild.contracts.events import ContractSealed
from guild.contracts.models import Contract, ContractOffer
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.evidence import LEAF_KIND, manifest, sealed_leaf
from guild.contracts.sheets import ContractSheet
from guild.core.ids import ContractId
from guild.core.work import System, Work
from guild.documents import commands as documents
from guild.documents.identity import identity_of
from guild.documents.layout import render_html
from guild.documents.pool import DocumentPool
from guild.documents.schemas import Attachment, PrintOrder
from guild.documents.seal import Sealer, seal_pdf
from guild.governance.queries import charter_at
from guild.translog import commands as translog

MANIFEST_NAME: Final = "evidence.json"
SHOWN_NAME: Final = "contract.html"
TERMS_NAME: Final = "terms.json"
UNSEALED_ALARM: Final = timedelta(minutes=30)
"""After so long without a sealed file the office is told."""


class SealOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be printed and sealed: all that the chain held when it was asked for."""

    contract_id: ContractId
    number: str
    order: PrintOrder
    attachments: list[Attachment]
    evidence_sha256: str
    shown_sha256: str
    at: datetime


class SealedBytes(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed file and the order that it answers."""

    order: SealOrder
    pdf: bytes


async def prepare_seal(work: Work, contract_id: ContractId) -> SealOrder | None:
    """What to print and to seal; None when it is sealed already, or not signed."""
    contract = await locked(work, Contract.id == contract_id)
    if contract is None:
        raise ContractNotFound
    if contract.sealed_at is not None or contract.signed_at is None:
        return None
    offer = await current_offer(work, contract)
    chain = await chain_of(work, contract)
    evidence = manifest([entry.body for entry in chain])
    member, client, contact = await people(work, contract)
    parties = Parties(member=member, client=client, contact=contact)
    sheet = contract_sheet(
        work, contract, offer, parties, chain=chain, manifest_sha256=sha256(evidence)
    )
    return SealOrder(
        contract_id=contract.id,
        number=contract.number,
        order=_printed(sheet, work.now),
        attachments=_attachments(offer, evidence),
        evidence_sha256=sha256(evidence),
        shown_sha256=offer.shown_sha256,
        at=work.now,
    )


async def call_seal(system: System, order: SealOrder) -> SealedBytes:
    """Print and seal, outside of any transaction: the time-stamping authority may be far away.

    Twice does no harm: only the file that `record_seal` keeps is the contract's.
    """
    pdf = await system.resource("documents.pool", DocumentPool).render(order.order)
    sealer = system.resource(
        "documents.sealer",
        lambda: Sealer(identity_of(system.settings), system.settings.seal),
    )
    sealed = await seal_pdf(
        pdf,
        sealer,
        reason=f"Contract {order.number}, signed by both sides",
        at=order.at,
        attachments=order.attachments,
    )
    return SealedBytes(order=order, pdf=sealed)


async def record_seal(work: Work, _ids: dict[str, Any], sealed: SealedBytes) -> None:
    """Store, log, mail both sides, all or nothing; whoever comes second changes nothing."""
    order = sealed.order
    contract = await locked(work, Contract.id == order.contract_id)
    if contract is None or contract.sealed_at is not None:
        return
    member, _, _ = await people(work, contract)
    contract.sealed_at = contract.updated_at = work.now
    contract.sealed_document_id = await documents.store(
        work, sealed.pdf, "application/pdf", f"{contract.number}.pdf", contract.id
    )
    contract.sealed_sha256 = hashlib.sha256(sealed.pdf).hexdigest()
    said = sealed_leaf(
        shown_sha256=order.shown_sha256,
        evidence_sha256=order.evidence_sha256,
        pdf_sha256=contract.sealed_sha256,
    )
    translog.append_leaf(work, LEAF_KIND, said)
    await record(work, contract, "sealed", {**said, "level": work.settings.seal.level})
    hours = (await charter_at(work)).contracts.link_hours
    for one in await signers_of(work, contract):
        if one.state in {"signed", "informed", "not_needed"} or one.role == "copy":
            token, _ = await new_link(work, contract, one.contact_id, OFFER_LINK, hours)
            mail_sealed_copy(work, contract, await contact_of(work, one), token=token)
    mail_sealed(work, contract, member)
    await work.emit(ContractSealed(contract_id=contract.id, sha256=contract.sealed_sha256))


async def seal_contract(work: Work, contract_id: ContractId) -> None:
    """All three steps in one Work; a second run does nothing."""
    order = await prepare_seal(work, contract_id)
    if order is not None:
        await record_seal(work, {}, await call_seal(work.system, order))


async def alarm_unsealed(work: Work, contract_id: ContractId) -> None:
    """Tell the office once that a signed contract waits for its seal; may run twice."""
    contract = await locked(work, Contract.id == contract_id)
    if contract is None or contract.sealed_at or contract.seal_alarmed_at or not contract.signed_at:
        return
    contract.seal_alarmed_at = work.now
    mail_unsealed(work, contract)


def _printed(sheet: ContractSheet, at: datetime) -> PrintOrder:
    return PrintOrder(
        html=render_html(TEMPLATE, {"sheet": sheet}),
        lang=sheet.lang,
        created=at,
        attachments=(),
        facturx_profile="",
    )


def _attachments(offer: ContractOffer, evidence: bytes) -> list[Attachment]:
    return [
        Attachment(
            name=MANIFEST_NAME,
            data=evidence,
            media_type="application/json",
            description="Evidence of both signatures, each entry chained to the one before",
            relationship="Data",
        ),
        Attachment(
            name=SHOWN_NAME,
            data=offer.shown_html,
            media_type="text/html",
            description="The exact bytes that both sides saw and signed",
            relationship="Source",
        ),
        Attachment(
            name=TERMS_NAME,
            data=offer.terms_json,
            media_type="application/json",
            description="The terms as canonical JSON",
            relationship="Source",
        ),
    ]
