"""Rows that a command is going to change, locked, and only if the actor may touch them."""

from sqlalchemy import ColumnElement, select

from guild.contracts import access
from guild.contracts.errors import (
    ContractNotFound,
    MilestoneNotFound,
    NotTheClient,
    OfferExpired,
    OfferNotFound,
    StaleOffer,
)
from guild.contracts.models import CONTRACT_LIFECYCLE, Contract, ContractOffer, Milestone
from guild.contracts.schemas import OfferIn
from guild.core.errors import IllegalMove
from guild.core.ids import ContractId, MemberId, MilestoneId
from guild.core.permissions import Role
from guild.core.work import Work
from guild.members.models import Contact, Member, MemberRole, Organisation


async def locked(work: Work, condition: ColumnElement[bool]) -> Contract | None:
    """The contract, locked until the end of this Work."""
    found: Contract | None = await work.session.scalar(
        select(Contract)
        .where(condition)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


async def own_contract(work: Work, contract_id: ContractId) -> Contract:
    """The acting member's own contract, locked."""
    contract = await locked(work, (Contract.id == contract_id) & access.owned_by(work.actor))
    if contract is None:
        raise ContractNotFound
    return contract


async def linked_contract(work: Work, purpose: str) -> Contract:
    """The contract that the client's link opens, locked."""
    if work.actor.kind != "contact":
        raise NotTheClient(mend="Open the link in the mail that only the client received.")
    contract = await locked(work, access.linked_to(work.actor, purpose))
    if contract is None:
        raise OfferNotFound
    return contract


async def current_offer(work: Work, contract: Contract) -> ContractOffer:
    """The offer of the contract's present version, locked."""
    offer: ContractOffer | None = await work.session.scalar(
        select(ContractOffer)
        .where(ContractOffer.contract_id == contract.id, ContractOffer.version == contract.version)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if offer is None:
        raise OfferNotFound
    return offer


async def answerable(
    work: Work, purpose: str, seen: OfferIn | None
) -> tuple[Contract, ContractOffer]:
    """Contract and offer that the client may answer now.

    Refuses a state in which nothing is on the table, an answer to another version or to other
    bytes, and an answer after the answer-by time.
    """
    contract = await linked_contract(work, purpose)
    if contract.state == "changes_requested" or (seen and seen.version != contract.version):
        raise StaleOffer(
            "The offer that you answered is no longer the one on the table.",
            mend="Open the newest link that was mailed to you, and read it again.",
            current_version=contract.version,
        )
    if not CONTRACT_LIFECYCLE.may(contract.state, "sign"):
        raise IllegalMove(
            f"This offer is {contract.state.replace('_', ' ')}; it cannot be answered any more.",
            state=contract.state,
        )
    offer = await current_offer(work, contract)
    if seen and seen.shown_sha256 != offer.shown_sha256:
        raise StaleOffer(
            "Your answer names another document than the one that was sent to you.",
            mend="Load the offer again and answer what it shows.",
            current_version=contract.version,
        )
    if work.now > offer.answer_by:
        raise OfferExpired(mend="Ask for a new date; the freelancer can send the offer again.")
    return contract, offer


async def milestone_with_contract(
    work: Work, milestone_id: MilestoneId, condition: ColumnElement[bool]
) -> tuple[Contract, Milestone]:
    """A milestone and its contract, both locked, the contract first (so nobody waits crosswise)."""
    contract_of = select(Milestone.contract_id).where(Milestone.id == milestone_id)
    contract = await locked(work, (Contract.id == contract_of.scalar_subquery()) & condition)
    if contract is None:
        raise MilestoneNotFound
    milestone: Milestone | None = await work.session.scalar(
        select(Milestone)
        .where(Milestone.id == milestone_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert milestone is not None, "its contract was found through it"
    return contract, milestone


async def others_with(work: Work, role: Role, member_id: MemberId) -> list[Member]:
    """Whoever holds an office now, but for the member whose own matter it is; at most fifty."""
    rows = await work.session.scalars(
        select(Member)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .where(
            MemberRole.role == str(role), MemberRole.ended_at.is_(None),
            Member.state == "member", Member.id != member_id,
        )
        .order_by(Member.id)
        .limit(50)
    )  # fmt: skip
    return list(rows)


async def people(work: Work, contract: Contract) -> tuple[Member, Organisation, Contact]:
    """The member, the client and the client's contact."""
    session = work.session
    return (
        await session.get_one(Member, contract.member_id),
        await session.get_one(Organisation, contract.client_id),
        await session.get_one(Contact, contract.contact_id),
    )
