"""The clauses of a contract in words, in its language, made from its typed terms.

The page that the client signs and the sealed PDF take their sentences from here, so both say
exactly the same. What the house itself says is data (`data/wording`), versioned like the clauses of
the library: a change of wording is a new version, and a contract keeps the one it was written in.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from guild.contracts.rules.deals import (
    Deal,
    FixedPrice,
    Licence,
    Milestones,
    Retainer,
    TimeAndMaterials,
)
from guild.contracts.rules.library import (
    ClauseVersion,
    MissingTranslationError,
    Value,
    Variable,
    bound_values,
    library,
)
from guild.contracts.rules.terms import Clause, Party, Service, Terms
from guild.core.money import Money

WORDING: Final = "Guild wording"
WORDING_VERSION: Final = 2
DATA: Final = Path(__file__).parent.parent / "data"
"""Names of countries are kept there as CLDR has them: signed bytes depend on no locale."""
OPENING: Final = 40
"""Clauses of the library up to this order stand before payment."""

Words = Mapping[str, Any]


@cache
def _wording(version: int) -> Mapping[str, Words]:
    found = msgspec.json.decode((DATA / "wording" / f"{version}.json").read_bytes())
    assert found["version"] == version, "a file of wording names its own version"
    languages: Mapping[str, Words] = found["languages"]
    return languages


def wording_bytes() -> bytes:
    """The house's words as they are written now, for a fingerprint."""
    return (DATA / "wording" / f"{WORDING_VERSION}.json").read_bytes()


def words_of(language: str, version: int = WORDING_VERSION) -> Words:
    """What the house says in a language; raises MissingTranslationError when it is not there."""
    found = _wording(version).get(language)
    if found is None:
        raise MissingTranslationError("the wording of the house", language)
    return found


def languages() -> tuple[str, ...]:
    """The languages that the house's wording exists in."""
    return tuple(_wording(WORDING_VERSION))


def money_words(minor: int, currency: str, lang: str = "en") -> str:
    """1,210.00 EUR; 1 210,00 EUR; 1.210,00 EUR."""
    words = words_of(lang)
    text = f"{Money(minor, currency).decimal:,f}"
    swapped = text.translate({ord(","): words["group"], ord("."): words["decimal"]})
    return f"{swapped} {currency}"


def day_words(day: date, lang: str = "en") -> str:
    """23 November 2026; 1er novembre 2026."""
    words = words_of(lang)
    pattern = words["first_day"] if day.day == 1 else words["day"]
    filled: str = pattern.format(day=day.day, month=words["months"][day.month - 1], year=day.year)
    return filled


def moment_words(moment: datetime, lang: str = "en") -> str:
    """23 November 2026, 12:00 UTC."""
    utc = moment.astimezone(UTC)
    return f"{day_words(utc.date(), lang)}, {utc:%H:%M} UTC"


@cache
def _countries() -> dict[str, dict[str, str]]:
    content = (DATA / "countries.json").read_bytes()
    return msgspec.json.decode(content, type=dict[str, dict[str, str]])


def country_words(code: str, region: str = "", lang: str = "en") -> str:
    """Belgium, the United States (US-NY); the code itself where no name is known."""
    name = _countries().get(lang, {}).get(code, code)
    return f"{name} ({region})" if region else name


def hundredths_words(value: int, lang: str = "en") -> str:
    """750 → 7.5; also basis points as percent."""
    whole, rest = divmod(value, 100)
    text = f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    decimal: str = words_of(lang)["decimal"]
    return text.replace(".", decimal)


def count_words(number: int, unit: str, lang: str = "en") -> str:
    """14 days, 1 day; the unit is a key of the wording."""
    one, many = words_of(lang)["units"][unit]
    return f"{number} {one if number == 1 else many}"


def rate_words(service: Service, currency: str, lang: str = "en") -> str:
    """How the value of a service comes about."""
    words = words_of(lang)
    if service.method == "fixed" or service.rate_minor is None:
        fixed: str = words["fixed"]
        return fixed
    filled: str = words["times"].format(
        quantity=hundredths_words(service.quantity_hundredths or 0, lang),
        rate=money_words(service.rate_minor, currency, lang),
        per=words["per"][service.method],
    )
    return filled


def period_words(first: date, last: date, lang: str = "en") -> str:
    """1 December 2026 to 31 December 2026, as the title of a period."""
    pattern: str = words_of(lang)["period_title"]
    return pattern.format(first=day_words(first, lang), last=day_words(last, lang))


def parts_words(count: int, lang: str = "en") -> str:
    """One delivery, three deliveries."""
    one, many = words_of(lang)["part"]
    return str(one) if count == 1 else str(many).format(count)


def clauses(terms: Terms, coop: str) -> tuple[Clause, ...]:
    """Every clause in order: who, the work, paying between those of the library, and more.

    Raises MissingTranslationError when one has no text in the language of the contract.
    """
    before: list[Clause] = []
    after: list[Clause] = []
    for chosen in terms.library:
        clause = library()[chosen.id]
        spoken = spoken_clause(terms, clause.at(chosen.version), chosen.values, chosen.id, coop)
        (before if clause.order < OPENING else after).append(spoken)
    paper = () if terms.paper is None else (_paper(terms),)
    return (
        _who(terms, coop), *paper, _work(terms), *before, _paying(terms), *after, *terms.clauses,
    )  # fmt: skip


def spoken_clause(
    terms: Terms, version: ClauseVersion, own: Mapping[str, Value], name: str, coop: str
) -> Clause:
    """One clause of the library, its blanks filled; raises MissingTranslationError."""
    lang = terms.language
    if version.missing(lang):
        raise MissingTranslationError(name, lang)
    country = country_words(terms.law.country, terms.law.region, lang)
    values = {**bound_values(terms, law_country=country), **own}
    shown = {
        variable.name: _value_words(variable, values[variable.name], terms)
        for variable in version.variables
    }
    sentences = [
        part.text[lang].format(**shown, coop=coop)  # type: ignore[index]
        for part in version.parts
        if part.stands(values)
    ]
    return Clause(
        heading=version.heading[lang],  # type: ignore[index]
        text=" ".join(sentences),
        practice=version.plain[lang],  # type: ignore[index]
    )


def _value_words(variable: Variable, value: Value, terms: Terms) -> str:
    lang = terms.language
    if isinstance(value, str):
        return value.strip().rstrip(".")
    if variable.type == "percent":
        percent: str = words_of(lang)["percent"]
        return percent.format(hundredths_words(value, lang))
    if variable.type == "money":
        return money_words(value, terms.currency, lang)
    return count_words(value, variable.type, lang)


def _address(party: Party, lang: str) -> str:
    place = f"{party.postcode} {party.city}".strip()
    country = country_words(party.country, party.region, lang)
    parts = (party.name, party.street, place, country, party.email, party.phone)
    return ", ".join(part for part in parts if part)


def _who(terms: Terms, coop: str) -> Clause:
    lang = terms.language
    who = words_of(lang, terms.wording)["who"]
    text = who["text"].format(
        member=_address(terms.member, lang), client=_address(terms.client, lang), coop=coop
    )
    return Clause(heading=who["heading"], text=text, practice=who["plain"])


def _paper(terms: Terms) -> Clause:
    words = words_of(terms.language, terms.wording)
    paper = terms.paper
    assert paper is not None, "asked for a contract on the client's paper"
    one, many = words["pages"]
    text = words["paper"].format(
        name=paper.name,
        pages=f"{paper.pages} {one if paper.pages == 1 else many}",
        sha256=paper.sha256,
    )
    return Clause(heading=words["paper_heading"], text=text)


def _work(terms: Terms) -> Clause:
    lang = terms.language
    words = words_of(lang, terms.wording)
    work = words["work"]
    services = "; ".join(
        f"{s.text}: {money_words(s.value_minor, terms.currency, lang)} "
        f"({rate_words(s, terms.currency, lang)})"
        for s in terms.services
    )
    said = [f"{terms.summary.strip().rstrip('.')}."] if terms.summary.strip() else []
    said += [work["services"].format(services=services), *_deal(terms, terms.deal)]
    if terms.work_place.strip():
        said.append(work["place"].format(place=terms.work_place.strip().rstrip(".")))
    if terms.starts_on:
        said.append(work["starts"].format(day=day_words(terms.starts_on, lang)))
    if terms.work_began_on:
        said.append(work["began"].format(day=day_words(terms.work_began_on, lang)))
    said.append(work["price"].format(price=money_words(terms.net_minor, terms.currency, lang)))
    return Clause(heading=work["heading"], text=" ".join(said))


def _deal(terms: Terms, deal: Deal) -> list[str]:
    """What kind of deal it is, in one or two sentences."""
    lang, currency = terms.language, terms.currency
    words = words_of(lang, terms.wording)
    said = words["deals"]
    match deal:
        case Milestones():
            return [said["milestones"].format(parts=parts_words(len(terms.milestones), lang))]
        case FixedPrice():
            return [said["fixed"].format(day=day_words(deal.due_on, lang))]
        case TimeAndMaterials():
            one, many = words["units"][deal.unit]
            estimate = hundredths_words(deal.estimate_hundredths, lang)
            rate = f"{money_words(deal.rate_minor, currency, lang)} {words['per'][deal.unit]}"
            unit = one if deal.estimate_hundredths == 100 else many
            sentences = [said["time"].format(rate=rate, estimate=f"{estimate} {unit}")]
            if deal.cap_minor is not None:
                cap = money_words(deal.cap_minor, currency, lang)
                sentences.append(said["cap"].format(cap=cap))
            return sentences
        case Retainer():
            one, many, each, a_period = words["period"][deal.period]
            return [said["retainer"].format(
                amount=money_words(deal.amount_minor, currency, lang), each=each,
                first=day_words(deal.first_on, lang), one=a_period,
                periods=f"{deal.periods} {one if deal.periods == 1 else many}",
                included=deal.included.strip().rstrip("."),
                notice=count_words(deal.notice_days, "days", lang),
            )]  # fmt: skip
        case Licence():
            fee = money_words(deal.fee_minor, currency, lang)
            return [said["licence"].format(day=day_words(deal.starts_on, lang), fee=fee)]


def _paying(terms: Terms) -> Clause:
    lang, payment = terms.language, terms.payment
    said = words_of(lang, terms.wording)["paying"]
    if payment.term_days is None:
        parts = [said["law"]]
    else:
        parts = [
            said[payment.counts_from].format(days=count_words(payment.term_days, "days", lang))
        ]
    if payment.long_term_agreed:
        parts.append(said["agreed"])
    if payment.long_term_reason.strip():
        parts.append(said["reason"].format(reason=payment.long_term_reason.strip().rstrip(".")))
    if payment.services_list_due.strip():
        parts.append(said["listed"].format(listed=payment.services_list_due.strip().rstrip(".")))
    return Clause(heading=said["heading"], text=" ".join(parts), practice=said["plain"])
