"""What the protection rules say about a contract, with the facts that they need."""

from datetime import date, datetime

import msgspec
from sqlalchemy import select

from guild.contracts.errors import LawNotKnown
from guild.contracts.models import Contract, ContractOffer
from guild.contracts.rules.law import LawUnknownError, rule_sets
from guild.contracts.rules.protections import (
    EarlierContract,
    Facts,
    Finding,
    blocking,
    check,
    retain_until,
)
from guild.contracts.rules.terms import Terms, terms_from
from guild.contracts.schemas import ChecksOut, FindingOut
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at


async def checks_of(work: Work, contract: Contract) -> ChecksOut:
    """All findings, the effective hourly rate, and whether the contract may be sent."""
    charter = await charter_at(work)
    facts = await _facts(work, contract, offered=True)
    try:
        findings = check(facts, rule_sets())
    except LawUnknownError as unknown:
        raise LawNotKnown(str(unknown), mend="The co-op has to add the law of this year.") from None
    findings.insert(0, _house_term(facts.terms, charter.contracts.max_payment_term_days))
    return ChecksOut(
        may_be_sent=not blocking(findings),
        effective_hourly=_hourly(facts.terms),
        findings=[msgspec.convert(msgspec.to_builtins(f), FindingOut) for f in findings],
        charter_version=charter.version,
    )


async def retention_of(work: Work, contract: Contract) -> date:
    """Until when a contract that is signed now has to be kept."""
    facts = await _facts(work, contract, offered=False)
    try:
        return retain_until(facts, work.today, rule_sets())
    except LawUnknownError as unknown:
        raise LawNotKnown(str(unknown), mend="The co-op has to add the law of this year.") from None


async def _facts(work: Work, contract: Contract, *, offered: bool) -> Facts:
    """The terms, the day, what the same pair agreed before, and the version offered before."""
    return Facts(
        terms=terms_from(contract.terms),
        on=work.today,
        earlier=await _earlier(work, contract),
        offered_before=await _offered_before(work, contract) if offered else None,
    )


async def _earlier(work: Work, contract: Contract) -> tuple[EarlierContract, ...]:
    rows = await work.session.execute(
        select(Contract.signed_at, Contract.net_minor, Contract.currency).where(
            Contract.member_id == contract.member_id,
            Contract.client_id == contract.client_id,
            Contract.id != contract.id,
            Contract.signed_at.is_not(None),
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


def _house_term(terms: Terms, days_max: int) -> Finding:
    days = terms.payment.term_days or 0
    fits = days <= days_max
    return Finding(
        rule="charter/payment_term",
        outcome="met" if fits else "missing",
        sentence=(
            f"The payment term is within the {days_max} days that the charter allows."
            if fits
            else f"The charter allows a payment term of {days_max} days at most."
        ),
        mend="" if fits else f"Agree on {days_max} days or fewer.",
        field="payment_term_days",
        article="contracts.max_payment_term_days",
        source="the charter of the co-operative",
    )


def _hourly(terms: Terms) -> str | None:
    minor = terms.effective_hourly_minor
    return None if minor is None else Money(minor, terms.currency).text
