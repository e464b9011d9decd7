"""A draft with all that its checks need: terms, effort, the pair's past, the client's language."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import select

from guild.contracts.models import Contract, ContractOffer, RepTask
from guild.contracts.queries.amended import Amended, amended_by
from guild.contracts.rules.coverage import EarlierContract, Facts
from guild.contracts.rules.floors import Effort, Floor, floor_sets
from guild.contracts.rules.terms import Terms, terms_from
from guild.core.ids import ContractId, MemberId, OrganisationId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.rules import Charter
from guild.members.models import Contact


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, saved (`contract_id`) or only tried."""

    terms: Terms
    effort: Effort
    member_id: MemberId
    client_id: OrganisationId
    contract_id: ContractId | None
    client_language: str
    offered_before: Terms | None = None
    amended: Amended | None = None


async def drafted(work: Work, contract: Contract) -> Drafted:
    """A saved draft with what was offered before it."""
    contact = await work.session.get_one(Contact, contract.contact_id)
    terms = terms_from(contract.terms)
    amended = await amended_by(work, contract)
    return Drafted(
        terms=terms,
        effort=effort_of(contract.draft, terms),
        member_id=contract.member_id,
        client_id=contract.client_id,
        contract_id=contract.id,
        client_language=contact.language,
        offered_before=amended.before if amended else await _offered_before(work, contract),
        amended=amended,
    )


def effort_of(typed: dict[str, Any], terms: Terms) -> Effort:
    """Hours and unpaid costs as the member typed them; the costs are not in the terms."""
    hours = typed.get("hours_estimate")
    costs = typed.get("unpaid_costs")
    return Effort(
        hours_hundredths=None if hours is None else int(hours) * 100,
        revision_hundredths=_hundredths(typed.get("revision_hours")),
        costs_minor=0 if costs is None else Money.parse(costs, terms.currency).minor,
    )


def _hundredths(quantity: str | None) -> int:
    return 0 if quantity is None else Money.parse(quantity, "EUR").minor


async def facts_of(work: Work, draft: Drafted) -> Facts:
    """What the laws are asked with."""
    terms = draft.terms
    if draft.amended is not None:  # whether work has begun is a fact, not what somebody types
        terms = msgspec.structs.replace(terms, work_began_on=draft.amended.began_on)
    return Facts(
        terms=terms,
        on=work.today,
        earlier=await _earlier(work, draft),
        offered_before=draft.offered_before,
    )


async def _earlier(work: Work, draft: Drafted) -> tuple[EarlierContract, ...]:
    rows = await work.session.execute(
        select(Contract.signed_at, Contract.net_minor, Contract.currency).where(
            Contract.member_id == draft.member_id,
            Contract.client_id == draft.client_id,
            Contract.id != draft.contract_id if draft.contract_id else Contract.id.is_not(None),
            Contract.signed_at.is_not(None),
            Contract.amends_id.is_(None),
            Contract.id != draft.amended.contract_id if draft.amended else Contract.id.is_not(None),
        )
    )
    return tuple(
        EarlierContract(agreed_on=_day(signed), net_minor=net, currency=currency)
        for signed, net, currency in rows
    )


def _day(moment: datetime | None) -> date:
    assert moment is not None, "only signed contracts are looked at"
    return moment.date()


async def _offered_before(work: Work, contract: Contract) -> Terms | None:
    frozen: bytes | None = await work.session.scalar(
        select(ContractOffer.terms_json)
        .where(ContractOffer.contract_id == contract.id, ContractOffer.version < contract.version)
        .order_by(ContractOffer.version.desc())
        .limit(1)
    )
    return None if frozen is None else terms_from(msgspec.json.decode(frozen))


def floors_of(charter: Charter) -> Sequence[Floor]:
    """The floors of law and agreements, and those that the members have voted."""
    voted = [
        Floor(
            valid_from=date.min,
            valid_to=None,
            source="the charter of the co-operative",
            country=one.country,
            region=one.region,
            professions=() if one.trade == "any" else (one.trade,),
            hourly_minor=one.hourly_minor,
            currency=one.currency,
            article="contracts.floor_rates",
        )
        for one in charter.contracts.floor_rates
    ]
    return [*voted, *(floor for known in floor_sets() for floor in known.versions)]


async def answered(work: Work, draft: Drafted, kind: str) -> RepTask | None:
    """The newest answer of a rep about this draft, or None."""
    if draft.contract_id is None:
        return None
    found: RepTask | None = await work.session.scalar(
        select(RepTask)
        .where(
            RepTask.contract_id == draft.contract_id,
            RepTask.kind == kind,
            RepTask.state == "answered",
        )
        .order_by(RepTask.id.desc())
        .limit(1)
    )
    return found


async def waiver_of(work: Work, draft: Drafted, hourly_minor: int) -> RepTask | None:
    """A rep's waiver that holds today, for no less an hour than was shown to her."""
    task = await answered(work, draft, "floor_waiver")
    if task is None or task.outcome != "yes" or task.expires_on is None:
        return None
    holds = work.today <= task.expires_on and hourly_minor >= task.facts["hourly_minor"]
    return task if holds else None
