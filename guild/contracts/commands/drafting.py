"""Drafting: from what a member types to terms that hold together."""

import msgspec
from sqlalchemy.dialects.postgresql import insert

from guild.contracts.commands.amended import written_as_amendment
from guild.contracts.commands.building import build_terms
from guild.contracts.commands.chain import record
from guild.contracts.commands.loading import own_contract
from guild.contracts.commands.rates import with_picked_rates
from guild.contracts.events import ContractDrafted
from guild.contracts.models import CONTRACT_LIFECYCLE, Contract, ContractCounter
from guild.contracts.rules.deals import kind_of
from guild.contracts.rules.library import deposit_bps
from guild.contracts.rules.terms import OwnPaper, Terms, terms_from
from guild.contracts.schemas import ContractChange, ContractIn
from guild.core.errors import Invalid
from guild.core.ids import ContractId, new_id
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import Charter

STATUTORY_TERM_DAYS = 30
"""What every law in `data/protections` gives when no term is agreed; used for reckoning only."""


async def draft_contract(work: Work, data: ContractIn) -> Contract:
    """Begin a contract with one of the member's own clients.

    Raises OrganisationNotFound, ContactNotFound, or TermsInvalid when the terms contradict
    themselves. What the law misses is shown by the checks and refused at sending.
    """
    charter = await charter_at(work)
    data = await with_picked_rates(work, data)
    terms = await build_terms(work, data, charter)
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
    put_terms(work, contract, data, terms, charter)
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
    given = {
        name: value for name, value in msgspec.to_builtins(change).items() if value is not None
    }
    if given.get("deal", {}).get("kind", "milestones") != "milestones":
        given.setdefault("milestones", [])  # the deal makes them itself
    return await _edit(work, contract, msgspec.convert({**contract.draft, **given}, ContractIn))


async def rewrite_contract(work: Work, contract_id: ContractId, data: ContractIn) -> Contract:
    """Put a draft as a whole in place of what it was; what is empty now is empty.

    The client stays. Raises Invalid when another one is named.
    """
    contract = await own_contract(work, contract_id)
    if data.client_id != contract.client_id:
        raise Invalid("A contract keeps its client.", field="client_id")
    return await _edit(work, contract, data)


async def _edit(work: Work, contract: Contract, data: ContractIn) -> Contract:
    if not CONTRACT_LIFECYCLE.may(contract.state, "edit"):
        CONTRACT_LIFECYCLE.move(contract, "edit")  # says what is possible instead
    charter = await charter_at(work)
    paper: OwnPaper | None = terms_from(contract.terms).paper
    data = await with_picked_rates(work, data)
    terms = await build_terms(work, data, charter, paper)
    terms = await written_as_amendment(work, contract, terms)
    former = CONTRACT_LIFECYCLE.move(contract, "edit")
    if former == "changes_requested":
        contract.version += 1
        contract.guaranteed, contract.guarantee_reasons = False, []
        await record(work, contract, "version_begun", {"former_version": contract.version - 1})
    put_terms(work, contract, data, terms, charter)
    await work.session.flush()
    return contract


def put_terms(
    work: Work, contract: Contract, data: ContractIn, terms: Terms, charter: Charter
) -> None:
    """Write what was typed and the terms made from it on a contract that is not sent."""
    contract.contact_id = data.contact_id
    contract.kind = kind_of(terms.deal)
    contract.title = terms.title
    contract.language = terms.language
    contract.draft = msgspec.to_builtins(data)
    contract.terms = msgspec.to_builtins(terms)
    contract.currency = terms.currency
    contract.net_minor = terms.net_minor
    contract.payment_term_days = terms.payment.term_days or STATUTORY_TERM_DAYS
    contract.acceptance_silence_days = terms.acceptance_silence_days
    contract.revision_rounds = terms.revision_rounds
    contract.kill_fee_bps = terms.kill_fee_bps
    contract.deposit_bps = deposit_bps(terms)
    contract.notice_days = terms.notice_days
    contract.paper_sha256 = terms.paper.sha256 if terms.paper else None
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
