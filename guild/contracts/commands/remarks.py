"""The thread about an offer: each side speaks about a clause, and the other is told every time."""

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import func, select

from guild.contracts import access
from guild.contracts.access import OFFER_LINK, THREAD_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.letters import mail_answer, mail_remark
from guild.contracts.commands.links import new_link
from guild.contracts.commands.loading import locked, own_contract, people
from guild.contracts.errors import OfferNotFound, TooManyRemarks
from guild.contracts.events import ContractRemarked
from guild.contracts.models import Contract, ContractRemark, ContractSigner
from guild.contracts.queries.remarks import talked_about
from guild.contracts.rules.remarks import places
from guild.contracts.schemas.remarks import RemarkIn
from guild.core.errors import IllegalMove, Invalid
from guild.core.ids import ContractId, RemarkId, new_id
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.members.models import Contact

TALKED_ABOUT: Final = ("draft", "sent", "changes_requested")
DAY_MAX: Final = 30
"""Remarks of one side about one contract within a day; each of them is a mail to the other."""
LINK_HOURS: Final = 14 * 24


async def remark(work: Work, contract_id: ContractId, data: RemarkIn) -> ContractRemark:
    """The member speaks about her own offer. Raises IllegalMove, Invalid, TooManyRemarks."""
    contract = await own_contract(work, contract_id)
    member, _, _ = await people(work, contract)
    row = await add_remark(work, contract, data, side="member", name=member.display_name)
    for contact, answers in await _clients(work, contract):
        token = None
        if not answers:
            token, _ = await new_link(work, contract, contact.id, THREAD_LINK, LINK_HOURS)
        mail_remark(work, contract, contact, member, row, token=token)
    return row


async def remark_as_client(work: Work, data: RemarkIn) -> ContractRemark:
    """A person of the client's says something about the offer of her link; it voids nothing."""
    contract = await _linked(work)
    signer = await _speaker(work, contract)
    row = await add_remark(work, contract, data, side="client", name=signer.name)
    member, _, _ = await people(work, contract)
    mail_answer(
        work, contract, member, f"a remark on “{row.heading}”",
        f"{signer.name} wrote about “{row.heading}”:\n\n{row.text}\n\nAnswer here: "
        f"{work.settings.base_url}/contracts/{contract.id}/thread",
    )  # fmt: skip
    return row


async def add_remark(
    work: Work, contract: Contract, data: RemarkIn, *, side: Literal["member", "client"],
    name: str, wants_change: bool = False,
) -> ContractRemark:  # fmt: skip
    """Write one remark on a contract that this Work has locked; telling is the caller's."""
    if contract.state not in TALKED_ABOUT or contract.sent_at is None:
        raise IllegalMove(
            "Only an offer that is not answered for good is talked about.", state=contract.state
        )
    found = places(await talked_about(work, contract))
    if data.clause not in found:
        raise Invalid(
            f"The offer has no clause “{data.clause}”.", field="clause",
            mend="Choose one that the thread names.",
        )  # fmt: skip
    said = await work.session.scalar(
        select(func.count()).where(
            ContractRemark.contract_id == contract.id,
            ContractRemark.side == side,
            ContractRemark.at > work.now - timedelta(days=1),
        )
    )
    if (said or 0) >= DAY_MAX:
        raise TooManyRemarks(mend="Put it into one text, and write again tomorrow.")
    refuse_unprintable({"text": data.text})
    row = ContractRemark(
        id=RemarkId(new_id()), contract_id=contract.id, version=contract.version, side=side,
        contact_id=work.actor.link.contact_id if work.actor.link else None, name=name,
        clause=data.clause, heading=found[data.clause][:200], text=data.text,
        wants_change=wants_change, at=work.now,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    if not wants_change:  # a request for changes is recorded as such
        details = {"clause": row.clause, "heading": row.heading, "note": row.text}
        await record(work, contract, "remarked", {"by": side, **details, **origin(work)})
    await work.emit(
        ContractRemarked(
            contract_id=contract.id, remark_id=row.id, member_id=contract.member_id, by=side
        )
    )
    return row


async def _linked(work: Work) -> Contract:
    for purpose in (OFFER_LINK, THREAD_LINK):
        contract = await locked(work, access.linked_to(work.actor, purpose))
        if contract is not None:
            return contract
    raise OfferNotFound(mend="Open the newest link that was mailed to you.")


async def _speaker(work: Work, contract: Contract) -> ContractSigner:
    """The person whose link this is, as she was asked last; copies only receive."""
    assert work.actor.link is not None, "the contract was found through the link"
    found: ContractSigner | None = await work.session.scalar(
        select(ContractSigner)
        .where(
            ContractSigner.contract_id == contract.id,
            ContractSigner.contact_id == work.actor.link.contact_id,
            ContractSigner.state != "delegated",
            ContractSigner.role != "copy",
        )
        .order_by(ContractSigner.version.desc())
        .limit(1)
    )
    if found is None:
        raise OfferNotFound(mend="Open the newest link that was mailed to you.")
    return found


async def _clients(work: Work, contract: Contract) -> list[tuple[Contact, bool]]:
    """Who is told at the client's: those asked now, and those who spoke; whether she is asked.

    Who is asked has the link to the offer, where the thread stands too; a second link would end
    the first. Others get one to the thread.
    """
    asked = (
        await work.session.scalars(
            select(ContractSigner.contact_id).where(
                ContractSigner.contract_id == contract.id,
                ContractSigner.version == contract.version,
                ContractSigner.state == "asked",
            )
        )
    ).all()
    spoke = (
        await work.session.scalars(
            select(ContractRemark.contact_id).where(
                ContractRemark.contract_id == contract.id, ContractRemark.contact_id.is_not(None)
            )
        )
    ).all()
    ids = {*asked, *spoke, *(() if asked else (contract.contact_id,))}
    rows = await work.session.scalars(select(Contact).where(Contact.id.in_(ids)))
    waiting = set(asked) if contract.state == "sent" else set()
    return [(row, row.id in waiting) for row in rows]
