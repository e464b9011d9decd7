"""Contracts as members, reps and clients see them."""

from typing import Any

import msgspec
from sqlalchemy import select

from guild.contracts import access
from guild.contracts.access import DELIVERY_LINK, OFFER_LINK
from guild.contracts.eid.signed import provider_of
from guild.contracts.errors import ContractNotFound, DocumentNotReady, OfferNotFound
from guild.contracts.models import (
    Contract,
    ContractEvidence,
    ContractOffer,
    ContractSigner,
    Delivery,
    DeliveryFile,
    Milestone,
)
from guild.contracts.queries.signers import reading_signer, signer_views
from guild.contracts.rules.consent import consent_locale, consent_text
from guild.contracts.rules.levels import LEVELS, level_in, suffices
from guild.contracts.rules.shown import shown_bytes
from guild.contracts.rules.terms import terms_from
from guild.contracts.schemas import (
    CodeOut,
    ContractOut,
    DeliveriesOut,
    DeliveryOut,
    EventOut,
    MilestoneOut,
    OfferOut,
)
from guild.contracts.schemas.contract import FileOut
from guild.core.ids import ContractId, DeliveryId, DocumentId
from guild.core.money import Money
from guild.core.work import Work
from guild.documents import queries as documents
from guild.governance.queries import charter_at
from guild.governance.rules import SignatureLevel
from guild.members.models import Contact, Member, Organisation


async def contract_row(work: Work, contract_id: ContractId) -> Contract:
    """The row, if the actor may see it; raises ContractNotFound."""
    contract: Contract | None = await work.session.scalar(
        select(Contract).where(Contract.id == contract_id, access.visible_to(work.actor))
    )
    if contract is None:
        raise ContractNotFound
    return contract


async def contract_view(work: Work, contract_id: ContractId) -> ContractOut:
    """A contract in full; raises ContractNotFound."""
    contract = await contract_row(work, contract_id)
    client = await work.session.get_one(Organisation, contract.client_id)
    contact = await work.session.get_one(Contact, contract.contact_id)
    offer = await _offer_of(work, contract)
    terms = terms_from(contract.terms)
    hourly = terms.effective_hourly_minor
    return ContractOut(
        client_name=client.name,
        contact_name=contact.name,
        net=Money(contract.net_minor, contract.currency).text,
        effective_hourly=None if hourly is None else Money(hourly, terms.currency).text,
        terms=terms,
        milestones=await milestones_of(work, contract),
        answer_by=offer.answer_by if offer else None,
        extension_asked_at=offer.extension_asked_at if offer else None,
        opened_at=offer.opened_at if offer else None,
        client_wishes=offer.answer_note if offer and offer.answer == "changes_requested" else None,
        signature_level=await level_of(work, contract, offer),
        **_columns(contract),
    )


async def level_of(work: Work, contract: Contract, offer: ContractOffer | None) -> SignatureLevel:
    """What the present version needs: as it was sent, or as the charter would ask today."""
    if offer is not None and offer.version == contract.version:
        return level_in(offer.signature_level)
    return (await charter_at(work)).signing.level(contract.net_minor, contract.currency)


def _columns(contract: Contract) -> dict[str, Any]:
    names = (
        "id", "number", "title", "state", "version", "kind", "language", "member_id", "client_id",
        "contact_id",
        "currency", "payment_term_days", "law_country", "law_region", "guaranteed",
        "guarantee_reasons", "charter_version", "created_at", "sent_at", "signed_at", "sealed_at",
        "sealed_sha256", "completed_at", "ended_at", "ended_reason", "ended_note", "retain_until",
        "amends_id", "amended_at", "renews_id",
    )  # fmt: skip
    return {name: getattr(contract, name) for name in names}


async def milestones_of(work: Work, contract: Contract) -> list[MilestoneOut]:
    """The milestones of a signed contract, in order; none before it is signed."""
    rows = await work.session.scalars(
        select(Milestone).where(Milestone.contract_id == contract.id).order_by(Milestone.position)
    )
    return [milestone_view(row, contract.currency) for row in rows]


def milestone_view(row: Milestone, currency: str) -> MilestoneOut:
    """A milestone on the wire."""
    return MilestoneOut(
        id=row.id,
        position=row.position,
        title=row.title,
        description=row.description,
        net=Money(row.net_minor, currency).text,
        due_on=row.due_on,
        state=row.state,
        rounds_used=row.rounds_used,
        delivered_at=row.delivered_at,
        accept_by=row.accept_by,
        accepted_at=row.accepted_at,
        accepted_by=row.accepted_by,
    )


async def _offer_of(work: Work, contract: Contract) -> ContractOffer | None:
    """The newest version that was sent, which may be older than the draft."""
    offer: ContractOffer | None = await work.session.scalar(
        select(ContractOffer)
        .where(ContractOffer.contract_id == contract.id)
        .order_by(ContractOffer.version.desc())
        .limit(1)
    )
    return offer


async def document_html(work: Work, contract_id: ContractId) -> bytes:
    """The exact bytes that the client reads; before sending, what they would be now."""
    contract = await contract_row(work, contract_id)
    offer = await _offer_of(work, contract)
    if offer is not None and (offer.version == contract.version or work.actor.kind == "contact"):
        return offer.shown_html
    return shown_bytes(
        terms_from(contract.terms),
        number=contract.number,
        version=contract.version,
        coop=work.settings.coop.name,
    )


async def sealed_document(work: Work, contract_id: ContractId) -> tuple[Contract, DocumentId]:
    """The contract and its sealed file, for whoever may have a copy of it.

    Raises ContractNotFound, and DocumentNotReady while it is being made.
    """
    contract: Contract | None = await work.session.scalar(
        select(Contract).where(Contract.id == contract_id, access.copies_for(work.actor))
    )
    if contract is None:
        raise ContractNotFound
    if contract.sealed_document_id is None:
        raise DocumentNotReady(
            mend="It is made within a minute of signing."
            if contract.signed_at
            else "Only a signed contract has a sealed file."
        )
    return contract, contract.sealed_document_id


async def sealed_pdf(work: Work, contract_id: ContractId) -> tuple[str, bytes]:
    """Name and bytes of the sealed file, checked against their hash as they are read."""
    contract, document_id = await sealed_document(work, contract_id)
    return f"{contract.number}.pdf", await documents.read(work, document_id)


async def contract_events(work: Work, contract_id: ContractId) -> list[EventOut]:
    """The chain of evidence in words; network addresses stay in the sealed file."""
    contract = await contract_row(work, contract_id)
    rows = await work.session.scalars(
        select(ContractEvidence)
        .where(ContractEvidence.contract_id == contract.id)
        .order_by(ContractEvidence.seq)
    )
    return [_event(row) for row in rows]


def _event(row: ContractEvidence) -> EventOut:
    body = msgspec.json.decode(row.body)
    details = body["details"]
    note = details.get("wishes") or details.get("note") or details.get("reason") or ""
    return EventOut(
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        version=row.version,
        by=body["actor"]["kind"],
        note=note,
        sha256=row.body_sha256,
        previous_sha256=row.previous_sha256,
    )


async def linked_row(work: Work, purpose: str) -> Contract:
    """The contract that the client's link opens; raises OfferNotFound."""
    contract: Contract | None = await work.session.scalar(
        select(Contract).where(access.linked_to(work.actor, purpose))
    )
    if contract is None:
        raise OfferNotFound(mend="Open the newest link that was mailed to you.")
    return contract


async def offer_view(work: Work) -> tuple[OfferOut, bytes]:
    """The offer behind the client's link, and the bytes of the document. Changes nothing."""
    contract = await linked_row(work, OFFER_LINK)
    offer = await _offer_of(work, contract)
    if offer is None:
        raise OfferNotFound
    member = await work.session.get_one(Member, contract.member_id)
    client = await work.session.get_one(Organisation, contract.client_id)
    charter = await charter_at(work)
    signer = await reading_signer(work, contract, offer.version)
    terms = terms_from(msgspec.json.decode(offer.terms_json))
    contact = await work.session.get_one(Contact, signer.contact_id)
    language = consent_locale(contact.language)
    view = OfferOut(
        number=contract.number,
        title=terms.title,
        state=contract.state,
        version=offer.version,
        shown_sha256=offer.shown_sha256,
        terms=terms,
        net=Money(terms.net_minor, terms.currency).text,
        currency=terms.currency,
        member_name=member.display_name,
        guaranteed=contract.guaranteed,
        sent_at=offer.sent_at,
        answer_by=offer.answer_by,
        opened_at=offer.opened_at,
        signed_at=contract.signed_at,
        sealed_at=contract.sealed_at,
        code_sent_at=signer.code_sent_at,
        code_expires_at=signer.code_expires_at,
        tries_left=max(0, charter.contracts.otp_tries - signer.code_tries),
        signature_level=level_in(offer.signature_level),
        ways=ways_of(work, offer.signature_level),
        consent_text=consent_text(
            "approver" if signer.role == "approver" else "signer", client.name, language
        ),
        language=language,
        your_name=signer.name,
        your_email=masked(signer.email),
        your_role=signer.role,
        your_state=signer.state,
        signers=await signer_views(work, contract.id, offer.version),
    )
    return view, offer.shown_html


def ways_of(work: Work, needed: str) -> list[SignatureLevel]:
    """The levels that somebody can choose here: those that suffice, eID only with a provider."""
    offered = [level for level in LEVELS if suffices(level, needed)]
    return [one for one in offered if one != "eid" or provider_of(work.settings) is not None]


async def deliveries_view(work: Work) -> DeliveriesOut:
    """What was delivered under the contract of the client's link, newest first."""
    contract = await linked_row(work, DELIVERY_LINK)
    member = await work.session.get_one(Member, contract.member_id)
    found = await work.session.execute(
        select(Delivery, Milestone)
        .join(Milestone, Milestone.id == Delivery.milestone_id)
        .where(Delivery.contract_id == contract.id)
        .order_by(Delivery.id.desc())
        .limit(500)
    )
    rows = found.all()
    files = await files_of(work, *(delivery.id for delivery, _ in rows))
    return DeliveriesOut(
        contract_number=contract.number,
        contract_title=contract.title,
        member_name=member.display_name,
        items=[
            delivery_view(contract, milestone, delivery, files.get(delivery.id, []))
            for delivery, milestone in rows
        ],
    )


async def files_of(work: Work, *deliveries: DeliveryId) -> dict[DeliveryId, list[DeliveryFile]]:
    """The files handed over with these deliveries, in order."""
    rows = await work.session.scalars(
        select(DeliveryFile)
        .where(DeliveryFile.delivery_id.in_(deliveries))
        .order_by(DeliveryFile.delivery_id, DeliveryFile.position)
    )
    found: dict[DeliveryId, list[DeliveryFile]] = {}
    for row in rows:
        found.setdefault(row.delivery_id, []).append(row)
    return found


async def delivered_file(work: Work, file_id: DocumentId) -> tuple[str, bytes]:
    """Name and bytes of a file of a delivery that the actor may see; raises ContractNotFound."""
    row = await work.session.scalar(
        select(DeliveryFile)
        .join(Delivery, Delivery.id == DeliveryFile.delivery_id)
        .join(Contract, Contract.id == Delivery.contract_id)
        .where(DeliveryFile.id == file_id, access.visible_to(work.actor))
    )
    if row is None:
        raise ContractNotFound("There is no such file.")
    return row.name, await documents.read(work, row.document_id)


def delivery_view(
    contract: Contract, milestone: Milestone, delivery: Delivery, files: list[DeliveryFile]
) -> DeliveryOut:
    """A delivery on the wire."""
    return DeliveryOut(
        id=delivery.id,
        milestone_id=milestone.id,
        milestone_title=milestone.title,
        net=Money(milestone.net_minor, contract.currency).text,
        currency=contract.currency,
        round=delivery.round,
        rounds_agreed=contract.revision_rounds,
        note=delivery.note,
        links=delivery.links,
        files=[
            FileOut(id=one.id, name=one.name, size=one.size, sha256=one.sha256) for one in files
        ],
        delivered_at=delivery.delivered_at,
        answer_by=delivery.answer_by,
        answered_at=delivery.answered_at,
        answer=delivery.answer,
        answer_note=delivery.answer_note,
    )


async def delivery_by_id(work: Work, delivery_id: DeliveryId) -> DeliveryOut:
    """A delivery of a contract that the actor may see; raises ContractNotFound."""
    row = (
        await work.session.execute(
            select(Contract, Milestone, Delivery)
            .join(Milestone, Milestone.contract_id == Contract.id)
            .join(Delivery, Delivery.milestone_id == Milestone.id)
            .where(Delivery.id == delivery_id, access.visible_to(work.actor))
        )
    ).one_or_none()
    if row is None:
        raise ContractNotFound
    files = await files_of(work, delivery_id)
    return delivery_view(row[0], row[1], row[2], files.get(delivery_id, []))


async def milestone_by_row(work: Work, milestone: Milestone) -> MilestoneOut:
    """A milestone that a command has just changed."""
    contract = await work.session.get_one(Contract, milestone.contract_id)
    return milestone_view(milestone, contract.currency)


async def code_view(work: Work, signer: ContractSigner) -> CodeOut:
    """Where the code went, with the address masked, and how many tries are left."""
    charter = await charter_at(work)
    assert signer.code_expires_at is not None, "a code was sent just now"
    return CodeOut(
        sent_to=masked(signer.email),
        expires_at=signer.code_expires_at,
        tries_left=max(0, charter.contracts.otp_tries - signer.code_tries),
    )


def masked(email: str) -> str:
    """j•••@client.example: enough to recognise one's own address, too little to learn it."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}•••@{domain}"
