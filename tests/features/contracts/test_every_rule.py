"""Every rule of every law file is reached: when kept, broken, excused and out of reach.

What may be found is worked out from the data alone; what is found comes from the checks. A rule
that no contract can reach, or an outcome that nobody has seen, fails here.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
import pytest

from guild.contracts.rules.coverage import Facts
from guild.contracts.rules.elements import ELEMENTS
from guild.contracts.rules.law import Law, RuleSet, TermLimit, rule_sets
from guild.contracts.rules.protections import check
from guild.contracts.rules.terms import Law as GoverningLaw
from guild.contracts.rules.terms import Payment, Rights, Service, Terms
from tests.features.contracts.test_protections import party, terms

VERSIONS = [
    pytest.param(rules, law, id=f"{rules.id}-{law.valid_from}")
    for rules in rule_sets()
    for law in rules.versions
]
RULES = [pytest.param(rules, id=rules.id) for rules in rule_sets()]
Seen = dict[str, set[str]]
ANYTHING = {"met", "missing", "warning"}


def place(law: Law) -> tuple[str, str, str]:
    """Country, region and city in which the law holds."""
    if law.zone:
        return law.zone[0], "", "Town"
    region = law.regions[0]
    return region.partition("-")[0], region, law.cities[0] if law.cities else "Town"


def kept(law: Law, kind: str) -> Terms:
    """A contract that keeps every rule of this law with a client of this kind."""
    country, region, city = place(law)
    side = party(country=country, region=region, city=city, phone="+1 555 0100")
    limits = [one.days for one in law.payment.limits] if law.payment else []
    outside = {"writing", "illustration", "software"} - set(law.professions_excluded)
    return terms(
        10_000_000,
        currency=law.thresholds[0].currency if law.thresholds else "EUR",
        profession=law.professions_covered[0] if law.professions_covered else min(outside),
        member=side,
        client=msgspec.structs.replace(side, name="Paper House", kind=kind),
        law=GoverningLaw(country=country, region=region),
        payment=Payment(
            term_days=min([30, *limits]), counts_from="completion", services_list_due="in a week"
        ),
        expenses="none",
        work_place="her own desk",
        acceptance_silence_days=min(14, law.acceptance.max_days if law.acceptance else 14),
        rights=Rights(
            kind="licence_on_payment", scope="print", territory="Europe", transferable=False,
            report_months=6,
        ),
    )  # fmt: skip


def paid(made: Terms, **changes: object) -> Terms:
    """The same with another agreement on payment."""
    return msgspec.structs.replace(made, payment=msgspec.structs.replace(made.payment, **changes))


def without(made: Terms, element: str) -> Terms:
    """The same without one of the things that a law wants to read."""
    change = msgspec.structs.replace
    rights = made.rights
    broken: dict[str, object] = {
        "names_and_addresses": lambda: change(made, member=change(made.member, street="")),
        "phone_and_email": lambda: change(made, client=change(made.client, phone="")),
        "services_itemised": lambda: change(
            made, services=(Service(text="Days", value_minor=1, method="day"),)
        ),
        "pay_date": lambda: paid(made, term_days=None),
        "services_list_date": lambda: paid(made, services_list_due=""),
        "work_place": lambda: change(made, work_place=""),
        "expenses_said": lambda: change(made, expenses=""),
        "nature": lambda: change(made, summary=""),
        "works_named": lambda: change(made, services=()),
        "rights_spelt_out": lambda: change(made, rights=change(rights, territory="")),
        "transferability": lambda: change(made, rights=change(rights, transferable=None)),
        "reporting": lambda: change(made, rights=change(rights, report_months=None)),
    }
    assert set(broken) == set(ELEMENTS), "an element that this test does not know how to break"
    made_without = broken[element]
    assert callable(made_without)
    return made_without()


def of_limit(limit: TermLimit) -> set[str]:
    """What can be found of one limit on the term of payment."""
    if limit.only_if:
        return {"met", "warning"}
    if limit.beyond == "never" or limit.absolute_days == limit.days:
        return {"met", "missing"}
    return ANYTHING


def reachable(law: Law) -> Seen:
    """Every rule of the law with what can be found of it, by its data."""
    wanted: Seen = {"applies": {"not_applicable"}}
    if law.regions and not law.cities:
        wanted["region"] = {"missing"}
    wanted |= {element.id: {"met", "missing"} for element in law.elements}
    if law.payment:
        wanted["payment_default"] = {"warning"}
        for limit in law.payment.limits:
            name = "payment_term_if" if limit.only_if else "payment_term"
            wanted[name] = wanted.get(name, set()) | of_limit(limit)
    if law.after_start:
        for name, asked in (
            ("after_start_pay", law.after_start.no_lower_pay),
            ("after_start_work", law.after_start.no_more_work),
        ):
            wanted |= {name: {"met", "missing"}} if asked else {}
    if law.late_payment:
        wanted["late_payment"] = {"met", "missing"}
    if law.acceptance:
        wanted["acceptance"] = ANYTHING
    if law.retention:
        wanted["retention"] = {"met"}
    return wanted


def day_of(law: Law) -> date:
    """A day on which the law is in force."""
    return law.valid_to or law.valid_from + timedelta(days=400)


def contracts(law: Law) -> Iterator[Facts]:
    """One contract for each thing that can be kept, broken, excused, or lie outside."""
    on = day_of(law)
    for kind in law.client_kinds:
        whole = kept(law, kind)
        for made in (whole, *(without(whole, one.id) for one in law.elements)):
            yield Facts(terms=made, on=on)
        yield Facts(terms=paid(whole, term_days=None), on=on)
        yield Facts(terms=paid(whole, interest_excluded=True), on=on)
        for limit in law.payment.limits if law.payment else ():
            late = paid(whole, term_days=limit.days + 1)
            for made in (late, paid(late, counts_from="invoice"),
                         paid(late, long_term_agreed=True),
                         paid(late, long_term_reason="It is paid by grants.")):  # fmt: skip
                yield Facts(terms=made, on=on)
        slow = msgspec.structs.replace(
            whole, acceptance_silence_days=(law.acceptance.max_days if law.acceptance else 0) + 1
        )
        yield Facts(terms=slow, on=on)
        yield Facts(terms=paid(slow, long_term_agreed=True), on=on)
    yield from changed(kept(law, law.client_kinds[0]), on)
    yield from outside(law, on)


def changed(whole: Terms, on: date) -> Iterator[Facts]:
    """A next version after the work began: the same, for less, and with more to do."""
    begun = msgspec.structs.replace(whole, work_began_on=on)
    less = tuple(
        msgspec.structs.replace(one, net_minor=one.net_minor - 1) for one in whole.milestones
    )
    more = (*whole.services, Service(text="One more story", value_minor=0))
    for now in (begun, msgspec.structs.replace(begun, milestones=less),
                msgspec.structs.replace(begun, services=more)):  # fmt: skip
        yield Facts(terms=now, on=on, offered_before=begun)


def outside(law: Law, on: date) -> Iterator[Facts]:
    """Elsewhere, and in the country without a word about the state."""
    whole = kept(law, law.client_kinds[0])
    far = party(country="JP", region="", city="Kyoto")
    nowhere = GoverningLaw(country="JP")
    move = msgspec.structs.replace
    yield Facts(terms=move(whole, member=far, client=move(far, kind="company"), law=nowhere), on=on)
    if law.regions and not law.cities:
        here = party(country=place(law)[0], region="", city="Town")
        yield Facts(
            terms=move(whole, member=here, client=move(here, kind=law.client_kinds[0]),
                       law=GoverningLaw(country=place(law)[0])),
            on=on,
        )  # fmt: skip


@pytest.mark.parametrize(("rules", "law"), VERSIONS)
def test_every_rule_is_reached_with_all_that_it_can_say(rules: RuleSet, law: Law) -> None:
    seen: Seen = {}
    for facts in contracts(law):
        for finding in check(facts, [rules]):
            seen.setdefault(finding.rule.removeprefix(f"{rules.id}/"), set()).add(finding.outcome)
    assert seen == reachable(law)


@pytest.mark.parametrize(("rules", "law"), VERSIONS)
def test_a_contract_that_keeps_it_is_not_stopped(rules: RuleSet, law: Law) -> None:
    for kind in law.client_kinds:
        found = check(Facts(terms=kept(law, kind), on=day_of(law)), [rules])
        assert {one.outcome for one in found} <= {"met"}, kind


@pytest.mark.parametrize(("rules", "law"), VERSIONS)
def test_no_limit_is_for_a_client_whom_the_law_does_not_cover(rules: RuleSet, law: Law) -> None:
    named = {limit.client_kind for limit in (law.payment.limits if law.payment else ())}
    assert named <= set(law.client_kinds), f"{rules.id} has a rule that nothing reaches"


@pytest.mark.parametrize(("rules", "law"), VERSIONS)
def test_each_finding_says_what_mends_it_and_where_it_stands(rules: RuleSet, law: Law) -> None:
    for facts in contracts(law):
        for finding in check(facts, [rules]):
            assert finding.sentence.endswith((".", "”")), finding
            assert bool(finding.mend) is (finding.outcome in ("missing", "warning")), finding
            assert finding.source.startswith(law.source[:8]), finding
            if finding.outcome == "missing":
                assert finding.field, finding


@pytest.mark.parametrize("rules", RULES)
def test_before_its_first_day_it_does_not_apply(rules: RuleSet) -> None:
    first = min(law.valid_from for law in rules.versions)
    law = next(law for law in rules.versions if law.valid_from == first)
    facts = Facts(terms=kept(law, law.client_kinds[0]), on=first - timedelta(days=1))
    assert [one.outcome for one in check(facts, [rules])] == ["not_applicable"]


@pytest.mark.parametrize(("rules", "law"), VERSIONS)
def test_whom_it_leaves_out(rules: RuleSet, law: Law) -> None:
    """Other clients, trades outside its list or excluded by it, and sums below its threshold."""
    whole = kept(law, law.client_kinds[0])
    move = msgspec.structs.replace
    others = {"company", "public_body", "consumer"} - set(law.client_kinds)
    left_out = [move(whole, client=move(whole.client, kind=one)) for one in others]
    left_out += [move(whole, profession=one) for one in law.professions_excluded]
    if law.professions_covered:
        left_out.append(move(whole, profession="legal_practice"))
    if law.thresholds:
        tiny = tuple(move(one, net_minor=1) for one in whole.milestones)
        left_out.append(move(whole, milestones=tiny))
    for made in left_out:
        found = check(Facts(terms=made, on=day_of(law)), [rules])
        assert [one.outcome for one in found] == ["not_applicable"], found
