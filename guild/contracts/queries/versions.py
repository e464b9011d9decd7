"""The chain of versions of a contract, and what an amendment changes."""

import msgspec
from sqlalchemy import select

from guild.contracts import access
from guild.contracts.errors import ContractNotFound
from guild.contracts.models import Contract, ContractOffer
from guild.contracts.queries.amended import amended_by
from guild.contracts.queries.facts import effort_of
from guild.contracts.queries.panel import panel_of
from guild.contracts.queries.views import contract_row
from guild.contracts.rules.amending import changes
from guild.contracts.rules.floors import effective
from guild.contracts.rules.terms import Terms, terms_from, terms_hash
from guild.contracts.schemas.amending import ComparisonOut, SideOut, VersionOut
from guild.core.ids import ContractId
from guild.core.money import Money
from guild.core.work import Work


async def comparison(work: Work, contract_id: ContractId) -> ComparisonOut:
    """Old and new beside each other; raises ContractNotFound for a contract that amends none.

    Once an amendment is in force it is compared with the version before it.
    """
    row = await contract_row(work, contract_id)
    amended = await amended_by(work, row)
    if amended is None:
        raise ContractNotFound("This contract amends no other.")
    parent = await work.session.get_one(Contract, amended.contract_id)
    before = amended.before if row.state != "applied" else await _before(work, row)
    after = terms_from(row.terms)
    panel = await panel_of(work, row)
    promised = panel.guarantee.sentence if panel.guarantee else "What was promised stays promised."
    return ComparisonOut(
        id=row.id,
        number=row.number,
        state=row.state,
        amends_id=parent.id,
        amends_number=parent.number,
        currency=row.currency,
        parent_sha256=row.amends_sha256 or "",
        work_began=amended.began_on is not None,
        changes=changes(before, after),
        old=_side(before, parent, parent.draft),
        new=_side(after, row, row.draft),
        guarantee=promised,
        may_be_sent=panel.may_be_sent,
        findings=[one for one in panel.findings if one.outcome != "not_applicable"],
    )


def _side(terms: Terms, row: Contract, typed: dict[str, object]) -> SideOut:
    rate = effective(terms, effort_of(typed, terms))
    return SideOut(
        net=Money(terms.net_minor, terms.currency).text,
        effective_hourly=Money(rate.hourly_minor, terms.currency).text if rate else None,
        guaranteed=row.guaranteed,
        ends_on=terms.ends_on.isoformat(),
        terms_sha256=terms_hash(terms),
    )


async def versions(work: Work, contract_id: ContractId) -> list[VersionOut]:
    """The contract as it was signed and every amendment of it, oldest first."""
    row = await contract_row(work, contract_id)
    root_id = row.amends_id or row.id
    rows = (
        await work.session.scalars(
            select(Contract)
            .where(
                (Contract.id == root_id) | (Contract.amends_id == root_id),
                access.visible_to(work.actor),
            )
            .order_by(Contract.id)
        )
    ).all()
    chain: list[VersionOut] = []
    before: Terms | None = None
    for one in rows:
        terms = await _signed_terms(work, one)
        chain.append(_version(one, terms, before))
        if before is None or one.state == "applied":
            before = terms
    return chain


def _version(row: Contract, terms: Terms, before: Terms | None) -> VersionOut:
    in_force = row.signed_at if row.amends_id is None or row.state == "applied" else None
    return VersionOut(
        id=row.id,
        number=row.number,
        state=row.state,
        net=Money(terms.net_minor, terms.currency).text,
        currency=terms.currency,
        terms_sha256=terms_hash(terms),
        parent_sha256=row.amends_sha256,
        signed_at=row.signed_at,
        in_force_since=in_force,
        sealed_sha256=row.sealed_sha256,
        changes=changes(before, terms) if before is not None else [],
    )


async def _signed_terms(work: Work, row: Contract) -> Terms:
    """What was signed under this number: the contract itself has moved on with its amendments."""
    if row.amended_at is None:
        return terms_from(row.terms)
    frozen = await work.session.scalar(
        select(ContractOffer.terms_json).where(
            ContractOffer.contract_id == row.id, ContractOffer.version == row.version
        )
    )
    return terms_from(row.terms if frozen is None else msgspec.json.decode(frozen))


async def _before(work: Work, row: Contract) -> Terms:
    """The version that an amendment in force took the place of."""
    assert row.amends_id is not None
    former: Contract | None = await work.session.scalar(
        select(Contract)
        .where(
            Contract.amends_id == row.amends_id, Contract.state == "applied", Contract.id < row.id
        )
        .order_by(Contract.id.desc())
        .limit(1)
    )
    if former is None:
        former = await work.session.get_one(Contract, row.amends_id)
    return await _signed_terms(work, former)
