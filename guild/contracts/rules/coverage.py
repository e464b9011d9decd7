"""Whether a law covers a contract: its place, its client, its trade, and sums over some days."""

from datetime import date

import msgspec

from guild.contracts.rules.law import Law, Threshold
from guild.contracts.rules.terms import Terms


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


def _in_place(terms: Terms, law: Law) -> bool:
    if law.zone:
        return bool({terms.client.country, terms.law.country} & set(law.zone))
    if law.cities:
        return _in_city(terms, law)
    regions = {terms.member.region, terms.client.region, terms.law.region}
    return bool(regions & set(law.regions)) or region_unknown(terms, law)


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


def region_unknown(terms: Terms, law: Law) -> bool:
    """A side is in the law's country, but nobody said in which of its states."""
    countries = {region.partition("-")[0] for region in law.regions}
    places = (terms.member, terms.client, terms.law)
    if law.cities or any(place.region in law.regions for place in places):
        return False
    return any(place.country in countries and not place.region for place in places)
