"""Amending: a new version of a running contract that takes effect when all have signed it.

An amendment is a contract with a life of its own: drafted, checked, sent, signed and sealed through
the same doors as any offer. Until it is signed, and when it is declined or lapses, the contract
that it amends goes on unchanged.
"""

from datetime import date
from typing import Final

import msgspec
from sqlalchemy import func, select

from guild.contracts.commands.amended import written_as_amendment
from guild.contracts.commands.building import build_terms
from guild.contracts.commands.chain import record
from guild.contracts.commands.drafting import put_terms
from guild.contracts.commands.loading import locked, own_contract
from guild.contracts.commands.offering import withdraw_waiting
from guild.contracts.commands.performing import complete_if_done
from guild.contracts.commands.rates import with_picked_rates
from guild.contracts.errors import AmendmentOpen, AmendmentTouchesDone
from guild.contracts.events import ContractAmended, ContractDrafted
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    Contract,
    Milestone,
)
from guild.contracts.queries.amended import UNTOUCHABLE
from guild.contracts.rules.amending import Done, changes, touched
from guild.contracts.rules.deals import MilestoneTerms
from guild.contracts.rules.terms import Terms, terms_from, terms_hash
from guild.contracts.schemas import ContractChange, ContractIn
from guild.core.errors import IllegalMove
from guild.core.ids import ContractId, MilestoneId, new_id
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at

OPEN: Final = ("draft", "sent", "changes_requested", "signed")
TAKEN_OVER: Final = (
    "kind", "title", "language", "draft", "terms", "net_minor", "payment_term_days",
    "acceptance_silence_days", "revision_rounds", "kill_fee_bps", "deposit_bps", "notice_days",
    "law_country", "law_region", "charter_version",
)  # fmt: skip
"""What the contract has from its amendment from then on; parties, currency and number stay."""


async def begin_amendment(work: Work, contract_id: ContractId, change: ContractChange) -> Contract:
    """Draft an amendment of one's own signed contract, with what is to change.

    Raises IllegalMove unless the contract runs, AmendmentOpen when another one is on the table.
    """
    parent = await own_contract(work, contract_id)
    if parent.state != "signed" or parent.amends_id is not None:
        raise IllegalMove(
            f"Only a running contract is amended; this one is {parent.state.replace('_', ' ')}.",
            mend="Make a new contract instead.", state=parent.state,
        )  # fmt: skip
    open_one = await work.session.scalar(
        select(Contract.number).where(Contract.amends_id == parent.id, Contract.state.in_(OPEN))
    )
    if open_one is not None:
        raise AmendmentOpen(
            f"{open_one} is on the table already.", mend="Change that one, or withdraw it first."
        )
    data = await _changed(work, parent, change)
    charter = await charter_at(work)
    before = terms_from(parent.terms)
    terms = await build_terms(work, data, charter, before.paper)
    amendment = await _numbered(work, parent, terms_hash(before))
    terms = await written_as_amendment(work, amendment, terms)
    put_terms(work, amendment, data, terms, charter)
    work.session.add(amendment)
    await work.session.flush()
    await record(
        work, amendment, "drafted",
        {"title": amendment.title, "amends": parent.number, "parent": amendment.amends_sha256},
    )  # fmt: skip
    await work.emit(
        ContractDrafted(
            contract_id=amendment.id, member_id=amendment.member_id, client_id=amendment.client_id
        )
    )
    return amendment


async def _changed(work: Work, parent: Contract, change: ContractChange) -> ContractIn:
    """The draft of the contract with what is to change, and the rates that it picks."""
    given = {
        name: value for name, value in msgspec.to_builtins(change).items() if value is not None
    }
    if given.get("deal", {}).get("kind", "milestones") != "milestones":
        given.setdefault("milestones", [])
    planned = await _as_planned(work, parent)
    if planned is not None and "deal" not in given:
        given.setdefault("milestones", planned)
        given["deal"] = None
    data = msgspec.convert({**parent.draft, **given}, ContractIn)
    return await with_picked_rates(work, data)


async def _numbered(work: Work, parent: Contract, parent_sha256: str) -> Contract:
    """A row for the next amendment of a contract, with a number that ends in -A1, -A2 and so on."""
    earlier = await work.session.scalar(
        select(func.count()).select_from(Contract).where(Contract.amends_id == parent.id)
    )
    return Contract(
        id=ContractId(new_id()),
        number=f"{parent.number}-A{(earlier or 0) + 1}",
        member_id=parent.member_id,
        client_id=parent.client_id,
        contact_id=parent.contact_id,
        state=CONTRACT_LIFECYCLE.initial,
        version=1,
        guaranteed=parent.guaranteed,
        guarantee_reasons=list(parent.guarantee_reasons),
        created_at=work.now,
        amends_id=parent.id,
        amends_sha256=parent_sha256,
        paper_id=parent.paper_id,
    )


async def apply_amendment(work: Work, amendment_id: ContractId) -> None:
    """Put a signed amendment's terms in force, and plan what is not begun anew.

    Nothing for a contract that amends none. Raises IllegalMove when the contract has ended
    meanwhile, AmendmentTouchesDone when something was delivered that the amendment changes.
    """
    amendment = await locked(work, Contract.id == amendment_id)
    if amendment is None or amendment.amends_id is None:
        return
    parent = await locked(work, Contract.id == amendment.amends_id)
    assert parent is not None, "a foreign key holds it"
    if parent.state != "signed":
        raise IllegalMove(
            f"The contract that this amends is {parent.state.replace('_', ' ')}.",
            state=parent.state,
        )
    before, after = terms_from(parent.terms), terms_from(amendment.terms)
    cancelled, added = await _replan(work, parent, after)
    said = changes(before, after)
    former_minor = parent.net_minor
    CONTRACT_LIFECYCLE.move(amendment, "apply")
    await work.session.flush()  # the guard of the parent looks for it
    for name in TAKEN_OVER:
        setattr(parent, name, getattr(amendment, name))
    parent.amended_at = parent.updated_at = work.now
    if amendment.retain_until and amendment.retain_until > (parent.retain_until or date.min):
        parent.retain_until = amendment.retain_until
        parent.retain_rule = amendment.retain_rule
    await work.session.flush()
    await record(
        work, parent, "amended",
        {
            "amendment": amendment.number, "amendment_id": str(amendment.id),
            "former_terms_sha256": terms_hash(before), "terms_sha256": terms_hash(after),
            "note": "; ".join(said), "milestones_cancelled": cancelled, "milestones_added": added,
        },
    )  # fmt: skip
    await work.emit(
        ContractAmended(
            contract_id=parent.id,
            amendment_id=amendment.id,
            member_id=parent.member_id,
            client_id=parent.client_id,
            value_minor=parent.net_minor,
            former_value_minor=former_minor,
            currency=parent.currency,
        )
    )
    await complete_if_done(work, parent)  # it may have taken out all that was still to be done


async def withdraw_amendments(work: Work, contract_id: ContractId) -> None:
    """Take back what is still on the table about a contract that has ended."""
    rows = await work.session.scalars(
        select(Contract)
        .where(Contract.amends_id == contract_id, Contract.state.in_(OPEN[:3]))
        .with_for_update()
    )
    for row in rows.all():
        await withdraw_waiting(work, row, "The contract that it amends has ended.")


async def _replan(work: Work, parent: Contract, after: Terms) -> tuple[int, int]:
    """Cancel what is not begun and no longer agreed, add what is new; the rest stays."""
    rows = list(
        await work.session.scalars(
            select(Milestone)
            .where(Milestone.contract_id == parent.id)
            .order_by(Milestone.position)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    live = [row for row in rows if row.state != "cancelled"]
    broken = touched([_done(row) for row in live if row.state in UNTOUCHABLE], after)
    if broken:
        raise AmendmentTouchesDone(
            f"“{broken[0].title}” is {broken[0].state} meanwhile and stays as it is.",
            mend="Ask for a new version of the amendment.",
        )
    wanted = list(after.milestones)
    rounds: dict[str, int] = {}
    cancelled = 0
    # What is done takes its place in the terms first, so that it is never planned again.
    for row in sorted(live, key=lambda one: one.state not in UNTOUCHABLE):
        same = next((one for one in wanted if _same(row, one)), None)
        if same is not None:
            wanted.remove(same)
            continue
        rounds[row.title] = row.rounds_used
        MILESTONE_LIFECYCLE.move(row, "cancel")
        cancelled += 1
    first = max(row.position for row in rows) + 1
    for position, one in enumerate(wanted, start=first):
        work.session.add(_planned(parent, one, position, rounds.get(one.title, 0)))
    await work.session.flush()
    return cancelled, len(wanted)


async def _as_planned(work: Work, parent: Contract) -> list[dict[str, str]] | None:
    """The milestones as they are, where one was accepted in part; None when they are as agreed."""
    rows = await work.session.scalars(
        select(Milestone)
        .where(Milestone.contract_id == parent.id, Milestone.state != "cancelled")
        .order_by(Milestone.position)
    )
    live = rows.all()
    if all(row.accepted_minor is None for row in live):
        return None
    return [
        {
            "title": row.title, "description": row.description, "due_on": row.due_on.isoformat(),
            "net": Money(row.payable_minor, parent.currency).text,
        }
        for row in live
    ]  # fmt: skip


def _done(row: Milestone) -> Done:
    return Done(title=row.title, net_minor=row.payable_minor, due_on=row.due_on, state=row.state)


def _same(row: Milestone, one: MilestoneTerms) -> bool:
    return (row.title, row.payable_minor, row.due_on) == (one.title, one.net_minor, one.due_on)


def _planned(contract: Contract, one: MilestoneTerms, position: int, rounds: int) -> Milestone:
    return Milestone(
        id=MilestoneId(new_id()),
        contract_id=contract.id,
        position=position,
        title=one.title,
        description=one.description,
        net_minor=one.net_minor,
        due_on=one.due_on,
        state=MILESTONE_LIFECYCLE.initial,
        rounds_used=rounds,
        reminders_sent=0,
    )
