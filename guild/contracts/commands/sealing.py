"""Sealing: the signed contract as one file that proves itself, and its fingerprint in the log."""

import hashlib
from typing import Final

from sqlalchemy import select

from guild.contracts.access import OFFER_LINK
from guild.contracts.commands.chain import record
from guild.contracts.commands.letters import mail_sealed
from guild.contracts.commands.loading import current_offer, locked, people
from guild.contracts.commands.offering import new_link
from guild.contracts.commands.printing import TEMPLATE, Parties, contract_sheet
from guild.contracts.errors import ContractNotFound
from guild.contracts.events import ContractSealed
from guild.contracts.models import Contract, ContractEvidence, ContractOffer
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.evidence import LEAF_KIND, manifest, sealed_leaf
from guild.contracts.sheets import ContractSheet
from guild.core.ids import ContractId
from guild.core.work import Work
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


async def seal_contract(work: Work, contract_id: ContractId) -> None:
    """Print, attach the evidence, seal, store, log, mail both sides; a second run does nothing.

    A failure rolls all of it back and the job is tried again; meanwhile the parties see that the
    contract is signed and not yet sealed.
    """
    contract = await locked(work, Contract.id == contract_id)
    if contract is None:
        raise ContractNotFound
    if contract.sealed_at is not None or contract.signed_at is None:
        return
    offer = await current_offer(work, contract)
    chain = await _chain(work, contract)
    evidence = manifest([entry.body for entry in chain])
    member, client, contact = await people(work, contract)
    parties = Parties(member=member, client=client, contact=contact)
    sheet = contract_sheet(
        work, contract, offer, parties, chain=chain, manifest_sha256=sha256(evidence)
    )
    sealed = await _sealed(work, contract, offer, sheet, evidence)
    contract.sealed_at = contract.updated_at = work.now
    contract.sealed_document_id = await documents.store(
        work, sealed, "application/pdf", f"{contract.number}.pdf", contract.id
    )
    contract.sealed_sha256 = hashlib.sha256(sealed).hexdigest()
    translog.append_leaf(
        work,
        LEAF_KIND,
        sealed_leaf(
            shown_sha256=offer.shown_sha256,
            evidence_sha256=sha256(evidence),
            pdf_sha256=contract.sealed_sha256,
        ),
    )
    await record(
        work, contract, "sealed",
        {"pdf_sha256": contract.sealed_sha256, "evidence_sha256": sha256(evidence)},
    )  # fmt: skip
    hours = (await charter_at(work)).contracts.link_hours
    token, _ = await new_link(work, contract, contact.id, OFFER_LINK, hours)
    mail_sealed(work, contract, member, contact, token=token)
    await work.emit(ContractSealed(contract_id=contract.id, sha256=contract.sealed_sha256))


async def _sealed(
    work: Work, contract: Contract, offer: ContractOffer, sheet: ContractSheet, evidence: bytes
) -> bytes:
    order = PrintOrder(
        html=render_html(TEMPLATE, {"sheet": sheet}),
        lang=sheet.lang,
        created=work.now,
        attachments=(),
        facturx_profile="",
    )
    pdf = await work.system.resource("documents.pool", DocumentPool).render(order)
    return await seal_pdf(
        pdf,
        work.system.resource(
            "documents.sealer", lambda: Sealer(identity_of(work.settings, now=work.now))
        ),
        reason=f"Contract {contract.number}, signed by both sides",
        at=work.now,
        attachments=_attachments(offer, evidence),
    )


async def _chain(work: Work, contract: Contract) -> list[ContractEvidence]:
    rows = await work.session.scalars(
        select(ContractEvidence)
        .where(ContractEvidence.contract_id == contract.id)
        .order_by(ContractEvidence.seq)
    )
    return list(rows)


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
