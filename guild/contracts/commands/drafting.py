"""Drafting: from what a member types to terms that hold together."""

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.contracts.commands.chain import record
from guild.contracts.commands.loading import own_contract
from guild.contracts.errors import TermsInvalid
from guild.contracts.events import ContractDrafted
from guild.contracts.models import CONTRACT_LIFECYCLE, Contract, ContractCounter
from guild.contracts.rules.terms import (
    Clause,
    ClientKind,
    Law,
    MilestoneTerms,
    Party,
    Payment,
    Rights,
    Service,
    Terms,
    problems,
)
from guild.contracts.schemas import ContractChange, ContractIn, MilestoneIn, ServiceIn
from guild.core.errors import Invalid
from guild.core.ids import ContractId, new_id
from guild.core.money import Money
from guild.core.wire import money_in
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.governance.queries import charter_at
from guild.governance.rules import Charter
from guild.members.errors import ContactNotFound, OrganisationNotFound
from guild.members.models import Contact, Member, Organisation

STATUTORY_TERM_DAYS = 30
"""What every law in `data/protections` gives when no term is agreed; used for reckoning only."""


async def draft_contract(work: Work, data: ContractIn) -> Contract:
    """Begin a contract with one of the member's own clients.

    Raises OrganisationNotFound, ContactNotFound, or TermsInvalid when the terms contradict
    themselves. What the law misses is shown by the checks and refused at sending.
    """
    charter = await charter_at(work)
    terms = await _terms(work, data, charter)
    contract = Contract(
        id=ContractId(new_id()),
        number=await _next_number(work),
        member_id=work.actor.member_id,
        client_id=data.client_id,
        contact_id=data.contact_id,
        state=CONTRACT_LIFECYCLE.initial,
        version=1,
        guaranteed=False,
        guarantee_reasons=[],
        created_at=work.now,
    )
    _put(work, contract, data, terms, charter)
    work.session.add(contract)
    await work.session.flush()
    await record(work, contract, "drafted", {"title": contract.title})
    await work.emit(
        ContractDrafted(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )
    return contract


async def edit_contract(work: Work, contract_id: ContractId, change: ContractChange) -> Contract:
    """Change a draft; after a request for changes this begins the next version."""
    contract = await own_contract(work, contract_id)
    former = CONTRACT_LIFECYCLE.move(contract, "edit")
    given = {
        name: value for name, value in msgspec.to_builtins(change).items() if value is not None
    }
    data = msgspec.convert({**contract.draft, **given}, ContractIn)
    charter = await charter_at(work)
    terms = await _terms(work, data, charter)
    if former == "changes_requested":
        contract.version += 1
        contract.guaranteed, contract.guarantee_reasons = False, []
        await record(work, contract, "version_begun", {"former_version": contract.version - 1})
    _put(work, contract, data, terms, charter)
    await work.session.flush()
    return contract


def _put(work: Work, contract: Contract, data: ContractIn, terms: Terms, charter: Charter) -> None:
    contract.contact_id = data.contact_id
    contract.title = terms.title
    contract.language = terms.language
    contract.draft = msgspec.to_builtins(data)
    contract.terms = msgspec.to_builtins(terms)
    contract.currency = terms.currency
    contract.net_minor = terms.net_minor
    contract.payment_term_days = terms.payment.term_days or STATUTORY_TERM_DAYS
    contract.acceptance_silence_days = terms.acceptance_silence_days
    contract.revision_rounds = terms.revision_rounds
    contract.law_country = terms.law.country
    contract.law_region = terms.law.region
    contract.charter_version = charter.version
    contract.updated_at = work.now


async def _next_number(work: Work) -> str:
    year = work.today.year
    statement = (
        insert(ContractCounter)
        .values(year=year, last=1)
        .on_conflict_do_update(
            index_elements=[ContractCounter.year], set_={"last": ContractCounter.last + 1}
        )
        .returning(ContractCounter.last)
    )
    return f"C-{year}-{await work.session.scalar(statement):04d}"


async def _terms(work: Work, data: ContractIn, charter: Charter) -> Terms:
    member = await work.session.get_one(Member, work.actor.member_id)
    client = await work.session.scalar(
        select(Organisation).where(
            Organisation.id == data.client_id, Organisation.created_by == member.id
        )
    )
    if client is None:
        raise OrganisationNotFound(field="client_id")
    contact = await work.session.scalar(
        select(Contact).where(
            Contact.id == data.contact_id, Contact.organisation_id == data.client_id
        )
    )
    if contact is None:
        raise ContactNotFound(field="contact_id")
    refuse_unprintable(msgspec.to_builtins(data))
    terms = _build(member, client, contact, data, charter.contracts.acceptance_silence_days)
    wrong = problems(terms)
    if wrong:
        raise TermsInvalid(
            wrong[0].sentence,
            field=wrong[0].field,
            mend="Put it right and save again.",
            problems=[msgspec.to_builtins(problem) for problem in wrong],
        )
    return terms


def _build(
    member: Member, client: Organisation, contact: Contact, data: ContractIn, silence_days: int
) -> Terms:
    currency = data.currency
    milestones = tuple(_milestone(m, currency, i) for i, m in enumerate(data.milestones))
    services = tuple(_service(s, currency, i) for i, s in enumerate(data.services)) or tuple(
        Service(text=m.title, value_minor=m.net_minor) for m in milestones
    )
    cap = data.expenses_cap
    return Terms(
        title=data.title,
        summary=data.summary,
        language="en",
        member=_member_party(member, data),
        client=_client_party(client, contact, data),
        profession=data.profession,
        currency=currency,
        services=services,
        milestones=milestones,
        starts_on=data.starts_on,
        work_began_on=data.work_began_on,
        hours_estimate=data.hours_estimate,
        payment=_payment(data),
        expenses=data.expenses,
        expenses_cap_minor=(
            None if cap is None else money_in(cap, currency, field="expenses_cap", zero=True).minor
        ),
        kill_fee_bps=data.kill_fee_bps,
        notice_days=data.notice_days,
        rights=Rights(kind=data.rights, scope=data.rights_scope),
        revision_rounds=data.revision_rounds,
        acceptance_silence_days=data.acceptance_silence_days or silence_days,
        law=Law(country=data.law_country or member.country, region=data.law_region),
        clauses=tuple(
            Clause(heading=c.heading, text=c.text, practice=c.practice) for c in data.clauses
        ),
    )


def _payment(data: ContractIn) -> Payment:
    return Payment(
        term_days=data.payment_term_days,
        counts_from=data.payment_counts_from,
        services_list_due=data.services_list_due,
        long_term_agreed=data.long_term_agreed,
        long_term_reason=data.long_term_reason,
        interest_excluded=data.interest_excluded,
    )


def _milestone(data: MilestoneIn, currency: str, index: int) -> MilestoneTerms:
    return MilestoneTerms(
        title=data.title,
        net_minor=money_in(data.net, currency, field=f"milestones[{index}].net").minor,
        due_on=data.due_on,
        description=data.description,
    )


def _service(data: ServiceIn, currency: str, index: int) -> Service:
    where = f"services[{index}]"
    return Service(
        text=data.text,
        value_minor=money_in(data.value, currency, field=f"{where}.value").minor,
        method=data.method,
        rate_minor=(
            None
            if data.rate is None
            else money_in(data.rate, currency, field=f"{where}.rate").minor
        ),
        quantity_hundredths=_hundredths(data.quantity, f"{where}.quantity"),
    )


def _hundredths(quantity: str | None, field: str) -> int | None:
    if quantity is None:
        return None
    found = Money.parse(quantity, "EUR").minor  # two decimals, exactly
    if found == 0:
        raise Invalid("The quantity must be above zero.", field=field)
    return found


def _member_party(member: Member, data: ContractIn) -> Party:
    return Party(
        name=member.legal_name,
        kind="person",
        country=member.country,
        region=data.member_region,
        street=member.street or "",
        postcode=member.postcode or "",
        city=member.city or "",
        email=member.email,
        phone=data.member_phone,
    )


def _client_party(client: Organisation, contact: Contact, data: ContractIn) -> Party:
    return Party(
        name=client.name,
        kind=msgspec.convert(client.kind, ClientKind),
        country=client.country,
        region=data.client_region,
        street=client.street,
        postcode=client.postcode,
        city=client.city,
        email=contact.email,
        phone=data.client_phone,
    )
