"""Objections to signatures, and wishes to make a contract void, for those whom they concern."""

from datetime import datetime

import msgspec
from sqlalchemy import select

from guild.contracts import access
from guild.contracts.models import Contract, ContractSigner, ContractVoiding, SigningObjection
from guild.contracts.queries.signers import reading_signer
from guild.contracts.rules.deadlines import deadline
from guild.contracts.schemas.signing import ObjectionOut, VoidingOut
from guild.core.ids import ContractId, ObjectionToSigningId
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Organisation

SHOWN_MAX = 100


async def open_objections(work: Work, contract_id: ContractId | None = None) -> list[ObjectionOut]:
    """Objections about contracts that the actor may see: the open ones, or all of one contract."""
    query = (
        select(SigningObjection, Contract, ContractSigner.name)
        .join(Contract, Contract.id == SigningObjection.contract_id)
        .join(ContractSigner, ContractSigner.id == SigningObjection.signer_id)
        .where(access.visible_to(work.actor))
        .order_by(SigningObjection.decide_by, SigningObjection.id)
        .limit(SHOWN_MAX)
    )
    if contract_id is None:
        query = query.where(SigningObjection.state == "open")
    else:
        query = query.where(SigningObjection.contract_id == contract_id)
    rows = (await work.session.execute(query)).all()
    return [_view(objection, contract, name) for objection, contract, name in rows]


async def objection_view(work: Work, objection_id: ObjectionToSigningId) -> ObjectionOut:
    """One that a command has just made or decided."""
    objection = await work.session.get_one(SigningObjection, objection_id)
    contract = await work.session.get_one(Contract, objection.contract_id)
    signer = await work.session.get_one(ContractSigner, objection.signer_id)
    return _view(objection, contract, signer.name)


def _view(objection: SigningObjection, contract: Contract, name: str) -> ObjectionOut:
    return msgspec.convert(
        {
            "id": objection.id,
            "contract_number": contract.number,
            "contract_title": contract.title,
            "signer_name": name,
            "kind": objection.kind,
            "text": objection.text,
            "state": objection.state,
            "raised_at": objection.raised_at,
            "decide_by": objection.decide_by,
            "decided_at": objection.decided_at,
            "reasons": objection.reasons,
        },
        ObjectionOut,
    )


async def may_object_until(work: Work, contract: Contract) -> datetime | None:
    """Until when the person of the link may object to her signature; None when she may not."""
    if contract.state != "signed" or contract.amends_id is not None:
        return None
    signer = await reading_signer(work, contract, contract.version)
    if signer.signed_at is None:
        return None
    client = await work.session.get_one(Organisation, contract.client_id)
    days = (await charter_at(work)).signing.objection_days
    until = deadline(signer.signed_at, days, client.country)
    return until if work.now <= until else None


async def voiding_of(work: Work, contract: Contract) -> VoidingOut | None:
    """The newest wish to make a contract void; whoever may see the contract may see it."""
    row = await work.session.scalar(
        select(ContractVoiding)
        .where(ContractVoiding.contract_id == contract.id)
        .order_by(ContractVoiding.id.desc())
        .limit(1)
    )
    return None if row is None else voiding_view(row)


def voiding_view(row: ContractVoiding) -> VoidingOut:
    """A wish on the wire."""
    return msgspec.convert(row, VoidingOut, from_attributes=True)
