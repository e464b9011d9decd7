"""What always holds between contracts, offers, milestones and evidence."""

from itertools import groupby
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from guild.contracts.models import (
    Contract,
    ContractCase,
    ContractErasure,
    ContractEvidence,
    ContractOffer,
    ContractSigner,
    Delivery,
    Milestone,
)
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.evidence import broken_links

SIGNED_STATES: Final = ("signed", "completed", "terminated", "applied", "suspended", "void")


async def broken_evidence(session: AsyncSession) -> list[str]:
    """Each chain is whole: no gap, no changed body, each entry naming the one before."""
    rows = await session.stream_scalars(
        select(ContractEvidence)
        .order_by(ContractEvidence.contract_id, ContractEvidence.seq)
        .execution_options(yield_per=500)
    )
    broken: list[str] = []
    chain: list[ContractEvidence] = []
    async for row in rows:
        if chain and chain[0].contract_id != row.contract_id:
            broken += _broken(chain)
            chain = []
        chain.append(row)
    return broken + (_broken(chain) if chain else [])


def _broken(chain: list[ContractEvidence]) -> list[str]:
    return [f"contract {chain[0].contract_id}: {problem}" for problem in broken_links(chain)]


async def changed_offers(session: AsyncSession) -> list[str]:
    """What was shown and agreed still has the hash that was signed."""
    rows = await session.execute(
        select(
            ContractOffer.id, ContractOffer.terms_json, ContractOffer.terms_sha256,
            ContractOffer.shown_html, ContractOffer.shown_sha256,
        )
    )  # fmt: skip
    return [
        f"offer {offer_id}: its bytes do not match their hash"
        for offer_id, terms, terms_hash, shown, shown_hash in rows
        if sha256(terms) != terms_hash or sha256(shown) != shown_hash
    ]


async def signed_without_evidence(session: AsyncSession) -> list[str]:
    """Every signed contract has both sides' signatures in its chain, on its version."""
    signatures = (
        select(func.count())
        .where(
            ContractEvidence.contract_id == Contract.id,
            ContractEvidence.version == Contract.version,
            ContractEvidence.kind.in_(("sent", "signed")),
        )
        .scalar_subquery()
    )
    rows = await session.scalars(
        select(Contract.number).where(
            Contract.state.in_(SIGNED_STATES), Contract.erased_at.is_(None), signatures < 2
        )
    )
    return [f"contract {number}: a signature is missing in its evidence" for number in rows]


async def milestones_out_of_sum(session: AsyncSession) -> list[str]:
    """The milestones of a signed contract add up to its price; unsigned ones have none."""
    rows = await session.execute(
        select(
            Contract.number,
            Contract.state,
            Contract.net_minor,
            func.sum(func.coalesce(Milestone.accepted_minor, Milestone.net_minor)),
        )
        .outerjoin(
            Milestone,
            (Milestone.contract_id == Contract.id) & (Milestone.state != "cancelled"),
        )
        .where(Contract.amends_id.is_(None), Contract.kind != "time")
        .group_by(Contract.id)
    )
    return [
        f"contract {number}: milestones come to {total}, its price is {net}"
        for number, state, net, total in rows
        if (total is not None and int(total)) != (net if state in SIGNED_STATES else False)
    ]


async def erased_and_not_gone(session: AsyncSession) -> list[str]:
    """Of an erased contract there is the proof, and no row beside its frame; and no other proof."""
    left = [
        select(model.contract_id)
        for model in (ContractOffer, ContractEvidence, ContractSigner, Delivery, ContractCase)
    ]
    rows = await session.execute(
        select(Contract.number, Contract.erased_at, ContractErasure.contract_id)
        .outerjoin(ContractErasure, ContractErasure.contract_id == Contract.id)
        .where(
            Contract.erased_at.is_not(None) | ContractErasure.contract_id.is_not(None),
            Contract.erased_at.is_(None)
            | ContractErasure.contract_id.is_(None)
            | or_(*[Contract.id.in_(one) for one in left]),
        )
    )
    return [f"contract {number}: erased {at}, proof {proof}" for number, at, proof in rows]


async def deliveries_out_of_step(session: AsyncSession) -> list[str]:
    """A delivered milestone has exactly one unanswered delivery; any other has none."""
    waiting = (
        select(func.count())
        .where(Delivery.milestone_id == Milestone.id, Delivery.answered_at.is_(None))
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Milestone.id, Milestone.state, waiting).order_by(Milestone.id)
    )
    return [
        f"milestone {milestone_id}: {state} with {count} unanswered deliveries"
        for milestone_id, state, count in rows
        if count != (1 if state == "delivered" else 0)
    ]


async def unfinished_completions(session: AsyncSession) -> list[str]:
    """A contract is completed if and only if all of its milestones are accepted."""
    rows = await session.execute(
        select(Contract.number, Contract.state, Milestone.state)
        .join(Milestone, Milestone.contract_id == Contract.id)
        .order_by(Contract.number)
    )
    broken = []
    for number, group in groupby(rows.all(), key=lambda row: row[0]):
        states = list(group)
        done = all(milestone in ("accepted", "invoiced", "cancelled") for _, _, milestone in states)
        if done != (states[0][1] == "completed") and states[0][1] != "terminated":
            broken.append(f"contract {number}: {states[0][1]}, all accepted: {done}")
    return broken


INVARIANTS = [
    broken_evidence,
    changed_offers,
    signed_without_evidence,
    milestones_out_of_sum,
    deliveries_out_of_step,
    erased_and_not_gone,
    unfinished_completions,
]
