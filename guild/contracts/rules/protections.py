"""What the law of the place asks of a freelance contract, checked before it may be sent.

The laws are dated data (`law.py`); this module only applies them. A `missing` finding blocks
sending, a `warning` does not. Not legal advice, and the findings say from which article they come
so that anyone can check.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from guild.contracts.rules.elements import ELEMENTS
from guild.contracts.rules.keeping import house_rule, years_later
from guild.contracts.rules.law import (
    MARKS,
    Acceptance,
    AfterStart,
    Element,
    LatePayment,
    Law,
    Mark,
    PaymentLaw,
    RuleSet,
    TermLimit,
    Threshold,
)
from guild.contracts.rules.terms import Terms

Outcome = Literal["met", "missing", "warning", "not_applicable"]


class EarlierContract(msgspec.Struct, frozen=True, kw_only=True):
    """Another contract of the same two parties, for sums over a window of days."""

    agreed_on: date
    net_minor: int
    currency: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at: the terms, the day, and what the same pair did before."""

    terms: Terms
    on: date
    earlier: tuple[EarlierContract, ...] = ()
    offered_before: Terms | None = None
    """The version that the client saw last, when this one replaces it."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule found, in words for the member."""

    rule: str
    outcome: Outcome
    sentence: str
    mend: str
    field: str
    article: str
    source: str
    values: Mapping[str, int | str] = {}
    """The figures in the sentence, for whoever says it in another language."""


def check(facts: Facts, sets: Sequence[RuleSet]) -> list[Finding]:
    """Every finding of every law, in the order of the laws; pure.

    Raises LawUnknownError when a law's data ends before `facts.on`.
    """
    findings: list[Finding] = []
    for rules in sets:
        law = rules.on(facts.on)
        if law is None:
            since = min(version.valid_from for version in rules.versions)
            findings.append(_aside(rules, f"It is in force from {since.isoformat()} only."))
            continue
        reason = not_applicable_because(facts, law)
        if reason:
            findings.append(_aside(rules, reason, law))
        elif _region_unknown(facts.terms, law):
            findings.append(_region_finding(rules, law))
        else:
            findings.extend(_apply(facts, rules, law))
    return findings


def blocking(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that keep the contract from being sent."""
    return [finding for finding in findings if finding.outcome == "missing"]


def not_applicable_because(facts: Facts, law: Law) -> str:
    """Why the law does not cover this contract; an empty string when it does."""
    terms = facts.terms
    if not _in_place(terms, law):
        return "Neither side nor the governing law is in its area."
    if terms.client.kind not in law.client_kinds:
        return f"It does not cover a client that is a {terms.client.kind.replace('_', ' ')}."
    if terms.profession in law.professions_excluded:
        return f"It does not cover {terms.profession.replace('_', ' ')}."
    if law.professions_covered and terms.profession not in law.professions_covered:
        return f"Its list of services does not hold {terms.profession.replace('_', ' ')}."
    if law.thresholds and not any(reaches(threshold, facts) for threshold in law.thresholds):
        below = " and ".join(
            f"below {threshold.minor // 100} {threshold.currency} in {threshold.words}"
            for threshold in law.thresholds
        )
        return f"All contracts of this pair together stay {below}."
    return ""


def reaches(threshold: Threshold, facts: Facts) -> bool:
    """Whether this contract and those of the window before it come to the threshold.

    Sums in another currency are not converted: the law is then taken to apply, the careful side.
    """
    first = threshold.first_day(facts.on)
    within = [past for past in facts.earlier if first <= past.agreed_on <= facts.on]
    currencies = {facts.terms.currency, *(past.currency for past in within)}
    if currencies != {threshold.currency}:
        return True
    return facts.terms.net_minor + sum(past.net_minor for past in within) >= threshold.minor


def pay_by(terms: Terms, *, completed_on: date, invoiced_on: date, law: Law) -> date:
    """The last day to pay: the agreed term, or else what the law says when nothing is agreed."""
    days = terms.payment.term_days
    start = terms.payment.counts_from
    if days is None:
        assert law.payment is not None, "asked of a law that says when to pay"
        days, start = law.payment.default_days, law.payment.default_from
    return (completed_on if start == "completion" else invoiced_on) + timedelta(days=days)


def retain_until(facts: Facts, signed_on: date, sets: Sequence[RuleSet]) -> date:
    """Until when the contract is kept: the house's years, or those of a law that covers it."""
    return retention(facts, signed_on, sets)[0]


def retention(facts: Facts, signed_on: date, sets: Sequence[RuleSet]) -> tuple[date, str]:
    """Until when a contract is kept, and the rule that says so: the longest of all that cover it.

    A law that asks for as long as the house does is named before it.
    """
    years, name = house_rule("house/signed", signed_on).years, "house/signed"
    for rules in sets:
        law = rules.on(facts.on)
        if law and law.retention and not not_applicable_because(facts, law):
            asked = law.retention.years
            if asked > years or (asked == years and name == "house/signed"):
                years, name = asked, rules.id
    return years_later(signed_on, years), name


def _in_place(terms: Terms, law: Law) -> bool:
    if law.zone:
        return bool({terms.client.country, terms.law.country} & set(law.zone))
    if law.cities:
        return _in_city(terms, law)
    regions = {terms.member.region, terms.client.region, terms.law.region}
    return bool(regions & set(law.regions)) or _region_unknown(terms, law)


def _in_city(terms: Terms, law: Law) -> bool:
    """A side has its address in one of the cities, and in their region or in none that is named."""
    names = {city.casefold() for city in law.cities}
    countries = {region.partition("-")[0] for region in law.regions}
    return any(
        side.country in countries
        and side.city.strip().casefold() in names
        and side.region in {"", *law.regions}
        for side in (terms.member, terms.client)
    )


def _region_unknown(terms: Terms, law: Law) -> bool:
    """A side is in the law's country, but nobody said in which of its states."""
    countries = {region.partition("-")[0] for region in law.regions}
    places = (terms.member, terms.client, terms.law)
    if law.cities or any(place.region in law.regions for place in places):
        return False
    return any(place.country in countries and not place.region for place in places)


def _aside(rules: RuleSet, sentence: str, law: Law | None = None) -> Finding:
    return Finding(
        rule=f"{rules.id}/applies",
        outcome="not_applicable",
        sentence=f"{rules.title}: {sentence[0].lower()}{sentence[1:]}",
        mend="",
        field="",
        article="",
        source=law.source if law else rules.versions[0].source,
    )


def _region_finding(rules: RuleSet, law: Law) -> Finding:
    return Finding(
        rule=f"{rules.id}/region",
        outcome="missing",
        sentence=f"Whether the {rules.title} covers this contract depends on the state.",
        mend="Name the state or province of both sides and of the governing law, such as US-NY.",
        field="law.region",
        article="",
        source=law.source,
    )


def _apply(facts: Facts, rules: RuleSet, law: Law) -> Iterator[Finding]:
    for element in law.elements:
        yield _element(facts.terms, rules, law, element)
    if law.payment is not None:
        yield from _payment(facts.terms, rules, law, law.payment)
    if law.after_start is not None and facts.offered_before is not None:
        yield from _after_start(facts, rules, law, law.after_start)
    if law.late_payment is not None:
        yield _late_payment(facts.terms, rules, law, law.late_payment)
    if law.acceptance is not None:
        yield _acceptance(facts.terms, rules, law, law.acceptance)
    if law.retention is not None:
        kept = max(law.retention.years, house_rule("house/signed", facts.on).years)
        yield _found(
            rules, law, "retention", "met",
            f"{'Both sides keep' if law.retention.both_parties else 'The client keeps'} the "
            f"contract for {law.retention.years} years; the co-op keeps it for {kept}.",
            article=law.retention.article, mark=law.retention.mark, values={"years": kept},
        )  # fmt: skip


def _found(
    rules: RuleSet,
    law: Law,
    name: str,
    outcome: Outcome,
    sentence: str,
    *,
    article: str,
    mend: str = "",
    field: str = "",
    mark: Mark = "",
    values: Mapping[str, int | str] | None = None,
) -> Finding:
    return Finding(
        rule=f"{rules.id}/{name}",
        outcome=outcome,
        sentence=f"{sentence} {MARKS[mark]}".rstrip(),
        mend=mend if outcome in ("missing", "warning") else "",
        field=field,
        article=article,
        source=law.source,
        values=values or {},
    )


def _element(terms: Terms, rules: RuleSet, law: Law, element: Element) -> Finding:
    wanted = ELEMENTS[element.id]
    there = wanted.is_there(terms)
    sentence = f"The contract {'says' if there else 'has to say'} {wanted.what}."
    return _found(
        rules, law, element.id, "met" if there else "missing", sentence,
        article=element.article, mend=wanted.mend, field=wanted.field, mark=element.mark,
    )  # fmt: skip


def _payment(terms: Terms, rules: RuleSet, law: Law, payment: PaymentLaw) -> Iterator[Finding]:
    days = terms.payment.term_days
    if days is None:
        when = "the work is done" if payment.default_from == "completion" else "the invoice"
        sentence = f"No term is agreed, so payment is due {payment.default_days} days after "
        yield _found(
            rules, law, "payment_default", "warning", f"{sentence}{when}.",
            article=payment.article, mend="Agree on a term, so that nobody has to reckon.",
            field="payment_term_days", mark=payment.mark, values={"days": payment.default_days},
        )  # fmt: skip
        return
    for limit in payment.limits:
        if limit.client_kind == terms.client.kind:
            yield _limit(terms, rules, law, limit, days)


def _limit(terms: Terms, rules: RuleSet, law: Law, limit: TermLimit, days: int) -> Finding:
    who = terms.client.kind.replace("_", " ")
    name = "payment_term_if" if limit.only_if else "payment_term"

    def found(outcome: Outcome, sentence: str, mend: str = "", field: str = "") -> Finding:
        return _found(
            rules, law, name, outcome, sentence, mend=mend, article=limit.article,
            mark=limit.mark, field=field or "payment_term_days",
            values={"days": days, "limit": limit.days},
        )  # fmt: skip

    if limit.counts_from == "completion" and terms.payment.counts_from != "completion":
        return found(
            "missing",
            f"The law counts {limit.days} days from the end of the work, not from the invoice.",
            "Let the term count from completion.",
            "payment_counts_from",
        )
    if days <= limit.days:
        return found("met", f"{days} days are within the {limit.days} days allowed for a {who}.")
    if limit.only_if:
        return found(
            "warning",
            f"If {limit.only_if}, {days} days do not bind: {limit.days} days are the most.",
            f"Agree on {limit.days} days, or make sure that it is not so.",
        )
    if limit.absolute_days is not None and days > limit.absolute_days:
        sentence = f"A {who} may never take more than {limit.absolute_days} days to pay."
        return found("missing", sentence, f"Agree on {limit.days} days.")
    excused = {
        "never": False,
        "expressly_agreed": terms.payment.long_term_agreed,
        "objective_reason": bool(terms.payment.long_term_reason.strip()),
    }[limit.beyond]
    if excused:
        return found(
            "warning",
            f"{days} days are more than {limit.days}; the contract says why you agree.",
            "A term that is grossly unfair to you does not bind even if agreed.",
        )
    mend = f"Agree on {limit.days} days, or state that the longer term was expressly agreed."
    if limit.beyond == "objective_reason":
        mend = f"Agree on {limit.days} days, or write down the objective reason for more."
    sentence = f"{days} days are more than the {limit.days} days allowed for a {who}."
    return found("missing", sentence, mend)


def _after_start(facts: Facts, rules: RuleSet, law: Law, rule: AfterStart) -> Iterator[Finding]:
    before, now = facts.offered_before, facts.terms
    began = now.work_began_on
    assert before is not None, "asked only when an earlier version exists"
    if began is None or began > facts.on:
        return
    if rule.no_lower_pay:
        lower = now.currency != before.currency or now.net_minor < before.net_minor
        yield _found(
            rules, law, "after_start_pay", "missing" if lower else "met",
            "The work has begun, so the price may not go below what was offered before."
            if lower else "The price is not lower than before the work began.",
            article=rule.article, mend="Keep the price of the version you began on.",
            field="milestones", mark=rule.mark,
        )  # fmt: skip
    if rule.no_more_work:
        more = gives_more(before, now)
        yield _found(
            rules, law, "after_start_work", "missing" if more else "met",
            "The work has begun, so more work or more rights need more pay."
            if more else "No work or rights were added for the same pay.",
            article=rule.article, mend="Raise the price, or take the addition out.",
            field="services", mark=rule.mark,
        )  # fmt: skip


def gives_more(before: Terms, now: Terms) -> bool:
    """More services, rounds or rights, without more pay."""
    if now.net_minor > before.net_minor and now.currency == before.currency:
        return False
    order = ("stays_with_member", "licence_on_payment", "transfer_on_payment")
    texts = {service.text for service in before.services}
    return (
        any(service.text not in texts for service in now.services)
        or now.revision_rounds > before.revision_rounds
        or order.index(now.rights.kind) > order.index(before.rights.kind)
        or (now.rights.kind == before.rights.kind and now.rights.scope != before.rights.scope)
    )


def _late_payment(terms: Terms, rules: RuleSet, law: Law, rule: LatePayment) -> Finding:
    if terms.payment.interest_excluded:
        return _found(
            rules, law, "late_payment", "missing",
            "Taking away interest on late payment is grossly unfair and does not bind.",
            article=rule.article, mend="Leave the statutory interest in.", field="payment",
        )  # fmt: skip
    return _found(
        rules, law, "late_payment", "met",
        f"On a late invoice the client owes interest at {rule.reference} plus at least "
        f"{rule.interest_points_over_reference} points, and {rule.flat_minor // 100} "
        f"{rule.currency}.",
        article=rule.article, mark=rule.mark,
        values={
            "points": rule.interest_points_over_reference, "flat": rule.flat_minor // 100,
            "currency": rule.currency,
        },
    )  # fmt: skip


def _acceptance(terms: Terms, rules: RuleSet, law: Law, rule: Acceptance) -> Finding:
    days = terms.acceptance_silence_days
    if days <= rule.max_days or terms.payment.long_term_agreed:
        return _found(
            rules, law, "acceptance", "met" if days <= rule.max_days else "warning",
            f"Checking the work takes at most {days} days.", article=rule.article, mark=rule.mark,
            values={"days": days},
            mend="A period that is grossly unfair to you does not bind even if agreed.",
        )  # fmt: skip
    return _found(
        rules, law, "acceptance", "missing",
        f"Checking the work may not take more than {rule.max_days} days, and this says {days}.",
        article=rule.article, mend=f"Set at most {rule.max_days} days for acceptance.",
        field="acceptance_silence_days", mark=rule.mark,
    )  # fmt: skip
