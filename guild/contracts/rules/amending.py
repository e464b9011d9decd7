"""What an amendment changes, in words of the contract's language, and what it may not change.

Two versions of the terms are compared field by field; nothing is guessed from the text. The words
stand in the amendment itself, so that both sides sign what they read.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from guild.contracts.rules.deals import MilestoneTerms, TimeAndMaterials
from guild.contracts.rules.findings import Finding
from guild.contracts.rules.protections import gives_more
from guild.contracts.rules.terms import Clause, Terms
from guild.contracts.rules.wording import day_words, money_words

SOURCE: Final = "the house rule: pay that is earned is not bargained with once the work has begun"
ARTICLE: Final = "after NYC § 20-929, GBL § 1411 and BPC § 18102; for everybody, by default"
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "heading": "Amendment of {number}",
        "text": "This version takes the place of the terms in force of {number} once both sides "
        "have signed it; until then those stay in force. Their fingerprint (SHA-256) is {sha256}. "
        "What changes: {changes}.",
        "nothing": "nothing", "price": "price {old} → {new}", "deadline": "deadline {days:+d} days",
        "one_day": "deadline {days:+d} day", "added": "delivery added: {title}, {new}, {day}",
        "removed": "delivery taken out: {title}, {old}",
        "milestone": "{title}: {old} → {new}", "rate": "rate {old} → {new}",
        "estimate": "estimate {old} → {new}", "cap": "cap {old} → {new}", "none": "none",
        "rounds": "rounds of changes {old} → {new}", "term": "days to pay {old} → {new}",
        "silence": "days to accept {old} → {new}", "kill_fee": "kill fee {old} → {new}",
        "notice": "days of notice {old} → {new}", "clause_added": "clause added: {title}",
        "clause_removed": "clause taken out: {title}", "clause_changed": "clause changed: {title}",
        "rights": "rights of use", "services": "list of services", "summary": "description",
        "expenses": "expenses", "law": "governing law", "parties": "addresses of the parties",
        "title": "title", "hours": "estimated hours {old} → {new}", "start": "start of the work",
    },
    "fr": {
        "heading": "Avenant à {number}",
        "text": "Cette version remplace les conditions en vigueur de {number} dès que les deux "
        "parties l’ont signée ; jusque-là, celles-ci restent en vigueur. Leur empreinte (SHA-256) "
        "est {sha256}. Ce qui change : {changes}.",
        "nothing": "rien", "price": "prix {old} → {new}", "deadline": "échéance {days:+d} jours",
        "one_day": "échéance {days:+d} jour", "added": "livraison ajoutée : {title}, {new}, {day}",
        "removed": "livraison retirée : {title}, {old}",
        "milestone": "{title} : {old} → {new}", "rate": "tarif {old} → {new}",
        "estimate": "estimation {old} → {new}", "cap": "plafond {old} → {new}", "none": "aucun",
        "rounds": "séries de modifications {old} → {new}",
        "term": "jours pour payer {old} → {new}",
        "silence": "jours pour accepter {old} → {new}",
        "kill_fee": "indemnité d’annulation {old} → {new}",
        "notice": "jours de préavis {old} → {new}", "clause_added": "clause ajoutée : {title}",
        "clause_removed": "clause retirée : {title}", "clause_changed": "clause modifiée : {title}",
        "rights": "droits d’utilisation", "services": "liste des prestations",
        "summary": "description", "expenses": "frais", "law": "droit applicable",
        "parties": "adresses des parties", "title": "titre",
        "hours": "heures estimées {old} → {new}", "start": "début du travail",
    },
    "nl": {
        "heading": "Wijziging van {number}",
        "text": "Deze versie komt in de plaats van de geldende voorwaarden van {number} zodra "
        "beide partijen haar hebben ondertekend; tot dan blijven die van kracht. Hun vingerafdruk "
        "(SHA-256) is {sha256}. Wat verandert: {changes}.",
        "nothing": "niets", "price": "prijs {old} → {new}", "deadline": "termijn {days:+d} dagen",
        "one_day": "termijn {days:+d} dag", "added": "levering toegevoegd: {title}, {new}, {day}",
        "removed": "levering geschrapt: {title}, {old}",
        "milestone": "{title}: {old} → {new}", "rate": "tarief {old} → {new}",
        "estimate": "raming {old} → {new}", "cap": "plafond {old} → {new}", "none": "geen",
        "rounds": "rondes wijzigingen {old} → {new}", "term": "dagen om te betalen {old} → {new}",
        "silence": "dagen om te aanvaarden {old} → {new}",
        "kill_fee": "annuleringsvergoeding {old} → {new}",
        "notice": "dagen opzegging {old} → {new}", "clause_added": "clausule toegevoegd: {title}",
        "clause_removed": "clausule geschrapt: {title}",
        "clause_changed": "clausule gewijzigd: {title}",
        "rights": "gebruiksrechten", "services": "lijst van diensten", "summary": "omschrijving",
        "expenses": "kosten", "law": "toepasselijk recht", "parties": "adressen van de partijen",
        "title": "titel", "hours": "geraamde uren {old} → {new}", "start": "begin van het werk",
    },
}  # fmt: skip
PREFIXES: Final = tuple(words["heading"].partition("{")[0] for words in WORDS.values())
NUMBERS: Final = (
    ("rounds", "revision_rounds"), ("silence", "acceptance_silence_days"),
    ("notice", "notice_days"), ("hours", "hours_estimate"),
)  # fmt: skip
PARTS: Final = (
    ("title", ("title",)), ("summary", ("summary",)), ("rights", ("rights",)),
    ("expenses", ("expenses", "expenses_cap_minor")), ("law", ("law",)), ("start", ("starts_on",)),
    ("parties", ("member", "client")),
)  # fmt: skip


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery of the running contract that stays as it is, whatever is agreed now."""

    title: str
    net_minor: int
    due_on: date
    state: str


def changes(before: Terms, after: Terms) -> list[str]:
    """Each difference in a few words, money and days first; empty when nothing differs."""
    words = WORDS[after.language]
    return [
        *_money(before, after, words), *_deliveries(before, after, words),
        *_figures(before, after, words), *_clauses(before, after, words),
    ]  # fmt: skip


def amendment_clause(before: Terms, after: Terms, *, number: str, sha256: str) -> Clause:
    """The clause that says what this version amends and what it changes."""
    words = WORDS[after.language]
    said = "; ".join(changes(before, after)) or words["nothing"]
    return Clause(
        heading=words["heading"].format(number=number),
        text=words["text"].format(number=number, sha256=sha256, changes=said),
        language=after.language,
    )


def own_clauses(terms: Terms) -> tuple[Clause, ...]:
    """The clauses without the one that an earlier amendment put there."""
    return tuple(one for one in terms.clauses if not one.heading.startswith(PREFIXES))


def forbidden(before: Terms, after: Terms, began_on: date | None, on: date) -> list[Finding]:
    """What the house refuses once work has begun, wherever the parties are.

    Taking out a whole delivery that nobody has begun is no lower pay; paying less for one that
    stays is. Where a law goes further, its own finding stands beside this one.
    """
    if began_on is None or began_on > on:
        return []
    lower = _pays_less(before, after)
    more = gives_more(before, after)
    return [
        _finding(
            "amendment_pay", lower, "milestones",
            "The work has begun, so what is agreed for it may not go down."
            if lower else "No agreed pay goes down.",
            "Keep the prices; leave out whole deliveries that are not begun instead.",
        ),
        _finding(
            "amendment_work", more, "services",
            "The work has begun, so more work or more rights need more pay."
            if more else "No work or rights are added for the same pay.",
            "Raise the price, or take the addition out.",
        ),
    ]  # fmt: skip


def touched(done: Sequence[Done], after: Terms) -> list[Done]:
    """What was delivered, accepted or invoiced and does not stand in the new terms unchanged."""
    left = [(one.title, one.net_minor, one.due_on) for one in after.milestones]
    missing = []
    for one in done:
        key = (one.title, one.net_minor, one.due_on)
        if key in left:
            left.remove(key)
        else:
            missing.append(one)
    return missing


def _pays_less(before: Terms, after: Terms) -> bool:
    if before.currency != after.currency:
        return True
    if isinstance(before.deal, TimeAndMaterials) and isinstance(after.deal, TimeAndMaterials):
        return after.deal.rate_minor < before.deal.rate_minor
    stays, gone = 0, list(after.milestones)
    for former in before.milestones:
        same = next((one for one in gone if one.title == former.title), None)
        if same is None:
            continue
        gone.remove(same)
        if same.net_minor < former.net_minor:
            return True
        stays += 1
    return stays == 0 and after.net_minor < before.net_minor


def _finding(name: str, wrong: bool, field: str, sentence: str, mend: str) -> Finding:  # noqa: FBT001
    return Finding(
        rule=f"house/{name}",
        outcome="missing" if wrong else "met",
        sentence=sentence,
        mend=mend if wrong else "",
        field=field,
        article=ARTICLE,
        source=SOURCE,
    )


def _money(before: Terms, after: Terms, words: Mapping[str, str]) -> Iterator[str]:
    def said(terms: Terms, minor: int) -> str:
        return money_words(minor, terms.currency, after.language)

    if (before.net_minor, before.currency) != (after.net_minor, after.currency):
        yield words["price"].format(
            old=said(before, before.net_minor), new=said(after, after.net_minor)
        )
    days = (after.ends_on - before.ends_on).days
    if days:
        yield words["one_day" if abs(days) == 1 else "deadline"].format(days=days)
    old, new = before.deal, after.deal
    if isinstance(old, TimeAndMaterials) and isinstance(new, TimeAndMaterials):
        if old.rate_minor != new.rate_minor:
            yield words["rate"].format(
                old=said(before, old.rate_minor), new=said(after, new.rate_minor)
            )
        if old.estimate_hundredths != new.estimate_hundredths:
            yield words["estimate"].format(
                old=f"{old.estimate_hundredths / 100:g}", new=f"{new.estimate_hundredths / 100:g}"
            )
        if old.cap_minor != new.cap_minor:
            yield words["cap"].format(
                old=words["none"] if old.cap_minor is None else said(before, old.cap_minor),
                new=words["none"] if new.cap_minor is None else said(after, new.cap_minor),
            )


def _deliveries(before: Terms, after: Terms, words: Mapping[str, str]) -> Iterator[str]:
    language = after.language
    gone = list(before.milestones)

    def said(one: MilestoneTerms) -> str:
        return money_words(one.net_minor, after.currency, language)

    def said_with_day(one: MilestoneTerms) -> str:
        return f"{said(one)}, {day_words(one.due_on, language)}"

    for one in after.milestones:
        former = next((old for old in gone if old.title == one.title), None)
        if former is None:
            yield words["added"].format(
                title=one.title, new=said(one), day=day_words(one.due_on, language)
            )
            continue
        gone.remove(former)
        alone = len(before.milestones) == len(after.milestones) == 1
        if (former.net_minor, former.due_on) != (one.net_minor, one.due_on) and not alone:
            yield words["milestone"].format(
                title=one.title, old=said_with_day(former), new=said_with_day(one)
            )
    for one in gone:
        yield words["removed"].format(title=one.title, old=said(one))


def _figures(before: Terms, after: Terms, words: Mapping[str, str]) -> Iterator[str]:
    def numbers(key: str, old: object, new: object) -> Iterator[str]:
        if old != new:
            yield words[key].format(
                old=words["none"] if old is None else old,
                new=words["none"] if new is None else new,
            )

    for key, name in NUMBERS:
        yield from numbers(key, getattr(before, name), getattr(after, name))
    yield from numbers("term", before.payment.term_days, after.payment.term_days)
    if before.kill_fee_bps != after.kill_fee_bps:
        yield from numbers(
            "kill_fee", f"{before.kill_fee_bps / 100:g} %", f"{after.kill_fee_bps / 100:g} %"
        )
    for key, names in PARTS:
        if any(getattr(before, name) != getattr(after, name) for name in names):
            yield words[key]
    if _listed(before) != _listed(after):
        yield words["services"]


def _listed(terms: Terms) -> list[tuple[str, str]]:
    """The services that somebody listed, without those that only repeat the deliveries."""
    titles = {one.title for one in terms.milestones}
    return [(one.text, one.method) for one in terms.services if one.text not in titles]


def _clauses(before: Terms, after: Terms, words: Mapping[str, str]) -> Iterator[str]:
    old: dict[str, object] = {one.heading: one for one in own_clauses(before)}
    old |= {one.id.replace("_", " "): one for one in before.library}
    new: dict[str, object] = {one.heading: one for one in own_clauses(after)}
    new |= {one.id.replace("_", " "): one for one in after.library}
    for name, clause in new.items():
        if name not in old:
            yield words["clause_added"].format(title=name)
        elif old[name] != clause:
            yield words["clause_changed"].format(title=name)
    for name in old:
        if name not in new:
            yield words["clause_removed"].format(title=name)
