"""What the law of the place asks of a freelance contract, checked before it may be sent.

The laws are dated data (`law.py`); this module only applies them. A `missing` finding blocks
sending, a `warning` does not. Not legal advice, and the findings say from which article they come
so that anyone can check.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from guild.contracts.rules.coverage import Facts, not_applicable_because, region_unknown
from guild.contracts.rules.elements import ELEMENTS
from guild.contracts.rules.findings import Finding, Outcome, found
from guild.contracts.rules.keeping import house_rule, years_later
from guild.contracts.rules.law import (
    Acceptance,
    AfterStart,
    Element,
    LatePayment,
    Law,
    PaymentLaw,
    RuleSet,
    TermLimit,
)
from guild.contracts.rules.terms import Terms


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
        elif region_unknown(facts.terms, law):
            findings.append(_region_finding(rules, law))
        else:
            findings.extend(_apply(facts, rules, law))
    return findings


def blocking(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that keep the contract from being sent."""
    return [finding for finding in findings if finding.outcome == "missing"]


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
        yield found(
            rules, law, "retention", "met",
            f"{'Both sides keep' if law.retention.both_parties else 'The client keeps'} the "
            f"contract for {law.retention.years} years; the co-op keeps it for {kept}.",
            article=law.retention.article, mark=law.retention.mark, values={"years": kept},
        )  # fmt: skip


def _element(terms: Terms, rules: RuleSet, law: Law, element: Element) -> Finding:
    wanted = ELEMENTS[element.id]
    there = wanted.is_there(terms)
    sentence = f"The contract {'says' if there else 'has to say'} {wanted.what}."
    return found(
        rules, law, element.id, "met" if there else "missing", sentence,
        article=element.article, mend=wanted.mend, field=wanted.field, mark=element.mark,
    )  # fmt: skip


def _payment(terms: Terms, rules: RuleSet, law: Law, payment: PaymentLaw) -> Iterator[Finding]:
    days = terms.payment.term_days
    if days is None:
        when = "the work is done" if payment.default_from == "completion" else "the invoice"
        sentence = f"No term is agreed, so payment is due {payment.default_days} days after "
        yield found(
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

    def said(outcome: Outcome, sentence: str, mend: str = "", field: str = "") -> Finding:
        return found(
            rules, law, name, outcome, sentence, mend=mend, article=limit.article,
            mark=limit.mark, field=field or "payment_term_days",
            values={"days": days, "limit": limit.days},
        )  # fmt: skip

    if limit.counts_from == "completion" and terms.payment.counts_from != "completion":
        return said(
            "missing",
            f"The law counts {limit.days} days from the end of the work, not from the invoice.",
            "Let the term count from completion.",
            "payment_counts_from",
        )
    if days <= limit.days:
        return said("met", f"{days} days are within the {limit.days} days allowed for a {who}.")
    if limit.only_if:
        return said(
            "warning",
            f"If {limit.only_if}, {days} days do not bind: {limit.days} days are the most.",
            f"Agree on {limit.days} days, or make sure that it is not so.",
        )
    if limit.absolute_days is not None and days > limit.absolute_days:
        sentence = f"A {who} may never take more than {limit.absolute_days} days to pay."
        return said("missing", sentence, f"Agree on {limit.days} days.")
    excused = {
        "never": False,
        "expressly_agreed": terms.payment.long_term_agreed,
        "objective_reason": bool(terms.payment.long_term_reason.strip()),
    }[limit.beyond]
    if excused:
        return said(
            "warning",
            f"{days} days are more than {limit.days}; the contract says why you agree.",
            "A term that is grossly unfair to you does not bind even if agreed.",
        )
    mend = f"Agree on {limit.days} days, or state that the longer term was expressly agreed."
    if limit.beyond == "objective_reason":
        mend = f"Agree on {limit.days} days, or write down the objective reason for more."
    sentence = f"{days} days are more than the {limit.days} days allowed for a {who}."
    return said("missing", sentence, mend)


def _after_start(facts: Facts, rules: RuleSet, law: Law, rule: AfterStart) -> Iterator[Finding]:
    before, now = facts.offered_before, facts.terms
    began = now.work_began_on
    assert before is not None, "asked only when an earlier version exists"
    if began is None or began > facts.on:
        return
    if rule.no_lower_pay:
        lower = now.currency != before.currency or now.net_minor < before.net_minor
        yield found(
            rules, law, "after_start_pay", "missing" if lower else "met",
            "The work has begun, so the price may not go below what was offered before."
            if lower else "The price is not lower than before the work began.",
            article=rule.article, mend="Keep the price of the version you began on.",
            field="milestones", mark=rule.mark,
        )  # fmt: skip
    if rule.no_more_work:
        more = gives_more(before, now)
        yield found(
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
        return found(
            rules, law, "late_payment", "missing",
            "Taking away interest on late payment is grossly unfair and does not bind.",
            article=rule.article, mend="Leave the statutory interest in.", field="payment",
        )  # fmt: skip
    return found(
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
        return found(
            rules, law, "acceptance", "met" if days <= rule.max_days else "warning",
            f"Checking the work takes at most {days} days.", article=rule.article, mark=rule.mark,
            values={"days": days},
            mend="A period that is grossly unfair to you does not bind even if agreed.",
        )  # fmt: skip
    return found(
        rules, law, "acceptance", "missing",
        f"Checking the work may not take more than {rule.max_days} days, and this says {days}.",
        article=rule.article, mend=f"Set at most {rule.max_days} days for acceptance.",
        field="acceptance_silence_days", mark=rule.mark,
    )  # fmt: skip
