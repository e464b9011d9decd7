"""Deals, the clause library and the wording in three languages."""

import re
from datetime import date

import msgspec
import pytest

from guild.contracts.rules import library as shelf
from guild.contracts.rules.deals import (
    FixedPrice,
    Licence,
    MilestoneTerms,
    Retainer,
    TimeAndMaterials,
    kind_of,
    periods,
    schedule,
)
from guild.contracts.rules.library import LANGUAGES, MissingTranslationError, chosen_on, library
from guild.contracts.rules.shown import shown_bytes
from guild.contracts.rules.templates import house_templates
from guild.contracts.rules.terms import Rights, Service, problems, terms_from
from guild.contracts.rules.wording import clauses, day_words, languages, money_words
from guild.contracts.schemas.templates import TemplateBody
from tests.features.contracts.test_protections import DAY, terms

WANTED = {
    "kill_fee", "deposit", "late_interest", "revision_rounds", "ip_on_payment", "moral_rights",
    "confidentiality", "sickness", "termination_notice", "expenses", "acceptance_silence",
    "law_forum", "ombuds",
}  # fmt: skip
ALL = [(name, {}) for name in sorted(WANTED)]


def with_deal(deal, net: int, due: date = DAY, **changes):
    parts = schedule(deal, "A story", lambda first, last: f"{first} {last}")
    return terms(net, deal=deal, milestones=parts, **changes)


def text_of(made, lang: str = "en") -> str:
    spoken = clauses(msgspec.structs.replace(made, language=lang), "Guild Coop")
    return " ".join(f"{one.heading}. {one.text} {one.practice}" for one in spoken)


def test_the_library_holds_what_freelancers_need_in_three_languages() -> None:
    assert set(library()) == WANTED
    for clause in library().values():
        for version in clause.versions:
            assert version.does
            for lang in LANGUAGES:
                assert not version.missing(lang), (clause.id, lang)
            blanks = {name for part in version.parts for text in part.text.values()
                      for name in re.findall(r"{(\w+)}", text)}  # fmt: skip
            named = {variable.name for variable in version.variables}
            assert blanks - {"coop"} <= named, clause.id
            for part in version.parts:
                per_language = {frozenset(re.findall(r"{(\w+)}", part.text[x])) for x in LANGUAGES}
                assert len(per_language) == 1, (clause.id, part.when)
                assert set(part.when) <= named


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_clause_is_said_without_a_hole(lang: str) -> None:
    made = terms(library=chosen_on(DAY, ALL), expenses="travel", expenses_cap_minor=20_000)
    text = text_of(made, lang)
    assert "{" not in text
    assert "None" not in text
    money = {"en": "200.00 USD", "fr": "200,00 USD", "nl": "200,00 USD"}[lang]
    assert money in text


def test_what_the_text_says_is_what_the_software_does() -> None:
    made = terms(
        library=chosen_on(DAY, None), kill_fee_bps=1_250, notice_days=21, revision_rounds=1,
        acceptance_silence_days=10,
    )  # fmt: skip
    text = text_of(made)
    for words in ("12.5 % of the price of work", "notice of 21 days", "one round"):
        assert words.replace("one round", "1 round of changes") in text
    assert "within 10 days" in text
    none = text_of(msgspec.structs.replace(made, kill_fee_bps=0, revision_rounds=0, notice_days=0))
    assert "nothing is owed for work not yet begun" in none
    assert "not in the price" in none
    assert "at any time" in none


def test_rights_say_use_place_and_term() -> None:
    rights = Rights(
        kind="licence_on_payment", scope="one book", territory="Belgium", term_months=24,
        exclusive=True, transferable=False, report_months=6,
    )  # fmt: skip
    text = text_of(terms(rights=rights, library=chosen_on(DAY, None)))
    for words in ("for one book", "Territory: Belgium.", "Term: 24 months.", "exclusive to the",
                  "may not pass the use on", "Every 6 months"):  # fmt: skip
        assert words in text
    free = text_of(terms(rights=Rights(kind="stays_with_member"), library=chosen_on(DAY, None)))
    assert "All rights stay with the freelancer." in free
    assert "Territory" not in free


def test_values_have_types_and_limits() -> None:
    ok = chosen_on(DAY, [("deposit", {"deposit_bps": 5_000})])
    assert shelf.deposit_bps(terms(library=ok)) == 5_000
    assert shelf.deposit_bps(terms()) == 0
    for name, values in (
        ("deposit", {"deposit_bps": 499}), ("deposit", {"deposit_bps": "half"}),
        ("deposit", {"deposit_bps": True}), ("deposit", {"other": 1}),
        ("sickness", {"sick_days": 181}), ("moral_rights", {"credit": "x" * 501}),
        ("kill_fee", {"kill_fee_bps": 1}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"\S"):
            chosen_on(DAY, [(name, values)])
    with pytest.raises(KeyError):
        chosen_on(DAY, [("slavery", {})])


def test_clauses_that_always_stand_cannot_be_left_out() -> None:
    assert {one.id for one in chosen_on(DAY, [])} == {
        name for name, clause in library().items() if clause.use == "always"
    }
    assert {one.id for one in chosen_on(DAY, None)} == {
        name for name, clause in library().items() if clause.use != "optional"
    }


def test_a_missing_translation_is_named_and_never_replaced(monkeypatch) -> None:
    known = dict(library())
    hole = known["ombuds"].versions[0]
    without = msgspec.structs.replace(hole, plain={"en": hole.plain["en"]})
    known["ombuds"] = msgspec.structs.replace(known["ombuds"], versions=(without,))
    monkeypatch.setattr("guild.contracts.rules.wording.library", lambda: known)
    made = terms(library=chosen_on(DAY, None), language="fr")
    with pytest.raises(MissingTranslationError, match="ombuds has no text in fr"):
        clauses(made, "Coop")
    assert text_of(made)


def test_an_old_version_of_a_clause_stays_as_it_was(monkeypatch) -> None:
    known = dict(library())
    old = known["ombuds"].versions[0]
    parts = (msgspec.structs.replace(old.parts[0], text=dict.fromkeys(LANGUAGES, "New words.")),)
    new = msgspec.structs.replace(old, version=2, valid_from=date(2026, 12, 1), parts=parts)
    known["ombuds"] = msgspec.structs.replace(known["ombuds"], versions=(old, new))
    monkeypatch.setattr("guild.contracts.rules.wording.library", lambda: known)
    monkeypatch.setattr(shelf, "library", lambda: known)
    before = terms(library=chosen_on(date(2026, 11, 30), [("ombuds", {})]))
    after = terms(library=chosen_on(date(2026, 12, 1), [("ombuds", {})]))
    assert "ombuds office of Guild Coop" in text_of(before)
    assert "New words." in text_of(after)


def test_each_kind_of_deal_makes_its_deliveries() -> None:
    fixed = with_deal(FixedPrice(price_minor=100_000, due_on=DAY), 100_000)
    assert [m.net_minor for m in fixed.milestones] == [100_000]
    hourly = TimeAndMaterials(
        unit="hour", rate_minor=5_500, estimate_hundredths=1_250, cap_minor=80_000, ends_on=DAY
    )
    timed = with_deal(hourly, 68_750)
    assert timed.net_minor == 68_750
    months = Retainer(
        period="month", amount_minor=80_000, first_on=date(2026, 12, 31), periods=3,
        notice_days=30, included="20 hours of upkeep",
    )  # fmt: skip
    kept = with_deal(months, 240_000)
    assert [m.due_on for m in kept.milestones] == [
        date(2027, 1, 30), date(2027, 2, 27), date(2027, 3, 30),
    ]  # fmt: skip
    assert kept.net_minor == 240_000
    quarters = msgspec.structs.replace(months, period="quarter", first_on=date(2027, 1, 1))
    assert periods(quarters)[0] == (date(2027, 1, 1), date(2027, 3, 31))
    leap = msgspec.structs.replace(months, first_on=date(2028, 1, 30), periods=1)
    assert periods(leap) == [(date(2028, 1, 30), date(2028, 2, 28))]
    licence = with_deal(Licence(fee_minor=40_000, starts_on=DAY), 40_000)
    for made, kind in ((fixed, "fixed"), (timed, "time"), (kept, "retainer"), (licence, "licence")):
        assert kind_of(made.deal) == kind
        assert problems(made) == []
        assert terms_from(msgspec.to_builtins(made)) == made
        for lang in LANGUAGES:
            assert "{" not in text_of(made, lang)
    assert "55.00 USD per hour; 12.5 hours" in text_of(timed)
    assert "does not exceed 800.00 USD" in text_of(timed)
    assert "800.00 USD each month" in text_of(kept)
    assert "800,00 USD par mois" in text_of(kept, "fr")
    assert "400,00 USD" in text_of(licence, "nl")


def test_deals_that_do_not_fit_are_named() -> None:
    capped = TimeAndMaterials(
        unit="day", rate_minor=50_000, estimate_hundredths=300, cap_minor=149_999, ends_on=DAY
    )
    assert problems(with_deal(capped, 150_000))[0].field == "deal.cap"
    changed = terms(
        100_000, deal=FixedPrice(price_minor=90_000, due_on=DAY),
        milestones=(MilestoneTerms(title="A", net_minor=100_000, due_on=DAY),),
    )  # fmt: skip
    assert problems(changed)[0].field == "milestones"
    owned = with_deal(
        Licence(fee_minor=100_000, starts_on=DAY), 100_000,
        rights=Rights(kind="transfer_on_payment", scope="all"),
    )  # fmt: skip
    assert problems(owned)[0].field == "rights"


def test_money_and_days_are_written_as_each_language_does() -> None:
    assert money_words(123_456_789, "EUR") == "1,234,567.89 EUR"
    assert money_words(123_456_789, "EUR", "nl") == "1.234.567,89 EUR"
    assert money_words(123_456_789, "EUR", "fr") == "1\u00a0234\u00a0567,89 EUR"
    assert day_words(date(2026, 11, 1), "fr") == "1er novembre 2026"
    assert day_words(date(2026, 11, 1), "nl") == "1 november 2026"
    assert set(languages()) == set(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_document_is_in_one_language(lang: str) -> None:
    made = terms(
        library=chosen_on(DAY, ALL), language=lang,
        services=(Service(text="X", value_minor=100_000, method="unit", rate_minor=50_000,
                          quantity_hundredths=200),),
    )  # fmt: skip
    html = shown_bytes(made, number="C-1", version=1, coop="Guild").decode()
    assert f'lang="{lang}"' in html
    titles = {"en": "Rounds of changes", "fr": "Tours de modifications", "nl": "Correctierondes"}
    for other, title in titles.items():
        assert (title in html) is (other == lang)
    assert html.count("<details>") >= 10


def test_templates_of_many_trades_fit_a_contract() -> None:
    found = house_templates()
    assert len({one.trade for one in found.values()}) >= 5
    assert {one.newest.body["kind"] for one in found.values()} == {
        "fixed", "milestones", "time", "retainer", "licence",
    }  # fmt: skip
    for one in found.values():
        body = msgspec.convert(one.newest.body, TemplateBody)
        assert body.library is not None
        chosen_on(DAY, [(clause.id, clause.values) for clause in body.library])
        assert set(one.name) == set(LANGUAGES)
