"""Laws as contracts in French and Dutch cite them: translated as a whole, or said not to be."""

import pytest

from guild.contracts.rules.citing import citations, cite
from guild.contracts.rules.law import Law, rule_sets


def articles_of(law: Law) -> set[str]:
    parts = [law.after_start, law.late_payment, law.acceptance, law.retention, law.payment]
    limits = law.payment.limits if law.payment else ()
    found = [*law.thresholds, *law.elements, *limits, *(part for part in parts if part)]
    return {part.article for part in found}


LAWS = [(rules.id, law) for rules in rule_sets() for law in rules.versions]
BY_ID = dict(LAWS)


@pytest.mark.parametrize("language", ["fr", "nl"])
@pytest.mark.parametrize(("name", "law"), LAWS, ids=[name for name, _ in LAWS])
def test_a_translated_statute_has_all_of_its_articles(name: str, law: Law, language: str) -> None:
    known = citations(language)
    assert known is not None
    translated = law.source.partition(", http")[0] in known.statutes
    for article in articles_of(law):
        said = cite(law.source, article, language)
        assert (known.untranslated in said) != translated, article
        if translated:
            assert " and " not in said


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_nothing_is_translated_that_no_law_says(language: str) -> None:
    known = citations(language)
    assert known is not None
    assert set(known.statutes) <= {law.source.partition(", http")[0] for _, law in LAWS}
    assert set(known.articles) <= {article for _, law in LAWS for article in articles_of(law)}


def test_the_citations_are_those_of_the_official_texts() -> None:
    belgian = BY_ID["be-2002"]
    assert cite(belgian.source, "articles 5 and 6", "nl").endswith(
        "gewijzigd bij de wet van 14 augustus 2021, artikelen 5 en 6"
    )
    assert cite(belgian.source, "article 4 § 1", "fr").startswith("Loi du 2 août 2002")
    assert cite("Directive 2011/7/EU, https://x.example", "article 3(5)", "en") == (
        "Directive 2011/7/EU, article 3(5)"
    )
    new_york = BY_ID["us-ny"]
    assert "aucune traduction" in cite(new_york.source, "GBL § 1411", "fr")
    assert "geen vertaling" in cite(new_york.source, "GBL § 1411", "nl")
