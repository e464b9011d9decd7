"""How an offer was answered, for the person behind the link who has no answer left to give."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select

from guild.contracts.access import OFFER_LINK
from guild.contracts.models import Contract, ContractEvidence, ContractSigner
from guild.contracts.queries.signers import reading_signer
from guild.contracts.queries.views import linked_row
from guild.contracts.schemas import OfferOut
from guild.core.work import Work

ANSWERS: Final = ("changes_requested", "declined")


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What she did, and what closed the offer if it was not she.

    `yours` is what became of her own turn: an answer, or the state of her place among the signers.
    `by` is who asked for changes or declined, and `at` when; `late` says that its time is over.
    """

    yours: str
    signed_at: datetime | None
    by: str
    by_you: bool
    at: datetime | None
    wishes: str
    ended_at: datetime | None
    late: bool


async def answered(work: Work, offer: OfferOut) -> Answered | None:
    """What was answered to this version; None while she herself can still answer it."""
    late = work.now > offer.answer_by
    if offer.state == "sent" and offer.your_state == "asked" and not late:
        return None
    contract = await linked_row(work, OFFER_LINK)
    signer = await reading_signer(work, contract, offer.version)
    given = await _closing_answer(work, contract, offer.version)
    by_you = given is not None and given[1] == str(signer.contact_id)
    return Answered(
        yours=given[0].kind if given is not None and by_you else signer.state,
        signed_at=signer.signed_at,
        by="" if given is None else await _name(work, contract, offer.version, given[1]),
        by_you=by_you,
        at=None if given is None else given[0].at,
        wishes="" if given is None else given[2],
        ended_at=contract.ended_at,
        late=late,
    )


async def _closing_answer(
    work: Work, contract: Contract, version: int
) -> tuple[ContractEvidence, str, str] | None:
    """The entry that closed this version, the contact who gave it, and what she wished for."""
    row: ContractEvidence | None = await work.session.scalar(
        select(ContractEvidence)
        .where(
            ContractEvidence.contract_id == contract.id,
            ContractEvidence.version == version,
            ContractEvidence.kind.in_(ANSWERS),
        )
        .order_by(ContractEvidence.seq.desc())
        .limit(1)
    )
    if row is None:
        return None
    body = msgspec.json.decode(row.body)
    said = body["details"]
    return row, body["actor"]["id"] or "", said.get("wishes") or said.get("note") or ""


async def _name(work: Work, contract: Contract, version: int, contact_id: str) -> str:
    found: str | None = await work.session.scalar(
        select(ContractSigner.name).where(
            ContractSigner.contract_id == contract.id,
            ContractSigner.version == version,
            ContractSigner.contact_id == contact_id,
        )
    )
    return found or ""
