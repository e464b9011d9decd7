"""The thread about an offer, as both sides read it."""

import msgspec
from sqlalchemy import select

from guild.contracts import access
from guild.contracts.access import OFFER_LINK, THREAD_LINK
from guild.contracts.errors import OfferNotFound
from guild.contracts.models import Contract, ContractOffer, ContractRemark
from guild.contracts.queries.views import contract_row
from guild.contracts.rules.keeping import OPEN
from guild.contracts.rules.remarks import places
from guild.contracts.rules.terms import Terms, terms_from
from guild.contracts.schemas.remarks import PlaceOut, RemarkOut, ThreadOut
from guild.core.ids import ContractId
from guild.core.work import Work

SHOWN_MAX = 500


async def thread(work: Work, contract_id: ContractId) -> ThreadOut:
    """The thread of a contract that the actor may see; raises ContractNotFound."""
    return await _thread(work, await contract_row(work, contract_id))


async def linked_thread(work: Work) -> ThreadOut:
    """The thread of the offer behind the client's link; raises OfferNotFound."""
    for purpose in (OFFER_LINK, THREAD_LINK):
        found: Contract | None = await work.session.scalar(
            select(Contract).where(access.linked_to(work.actor, purpose))
        )
        if found is not None:
            return await _thread(work, found)
    raise OfferNotFound(mend="Open the newest link that was mailed to you.")


async def talked_about(work: Work, contract: Contract) -> Terms:
    """The terms that both sides know: the newest that were sent, not what is being drafted."""
    sent: bytes | None = await work.session.scalar(
        select(ContractOffer.terms_json)
        .where(ContractOffer.contract_id == contract.id)
        .order_by(ContractOffer.version.desc())
        .limit(1)
    )
    return terms_from(msgspec.json.decode(sent) if sent is not None else contract.terms)


async def _thread(work: Work, contract: Contract) -> ThreadOut:
    rows = await work.session.scalars(
        select(ContractRemark)
        .where(ContractRemark.contract_id == contract.id)
        .order_by(ContractRemark.id.desc())
        .limit(SHOWN_MAX)
    )
    names = RemarkOut.__struct_fields__
    terms = await talked_about(work, contract)
    return ThreadOut(
        number=contract.number,
        title=terms.title,
        state=contract.state,
        version=contract.version,
        open=contract.sent_at is not None and contract.signed_at is None and contract.state in OPEN,
        places=[PlaceOut(clause=name, heading=heading) for name, heading in places(terms).items()],
        remarks=[
            RemarkOut(**{name: getattr(row, name) for name in names})
            for row in reversed(rows.all())
        ],
    )
