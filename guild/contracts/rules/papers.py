"""The clause check of a client's own paper: published patterns, and the passages that match.

It reads words, not meaning: what it does not find may still be there. Each rule names why it
matters and its source, gives a light, and shows the passage, so that a person can judge. The rules
are dated data in versions (`data/paper_checks`). Pure, and the same text gives the same findings.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from guild.contracts.rules.law import MARKS, Mark

Light = Literal["green", "amber", "red"]
LIGHTS: Final[tuple[Light, ...]] = ("red", "amber", "green")
"""Worst first."""
AROUND: Final = 140
"""Characters shown on either side of what was found."""
PASSAGES_MAX: Final = 3
LANGUAGE_WORDS: Final = {
    "en": re.compile(r"\b(the|shall|and|of|agreement|client)\b", re.IGNORECASE),
    "fr": re.compile(r"\b(le|la|les|des|contrat|prestataire|est)\b", re.IGNORECASE),
    "nl": re.compile(r"\b(de|het|een|van|overeenkomst|opdrachtnemer|zal)\b", re.IGNORECASE),
}


class PaperRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to look for: patterns by language.

    With `amber_over` the first group of a pattern is a number: it is amber above that and red above
    `red_over`. A match near one of `unless` does not count.
    """

    id: str
    light: Literal["amber", "red"]
    title: str
    why: str
    mend: str
    source: str
    mark: Mark = ""
    patterns: dict[Literal["en", "fr", "nl"], tuple[str, ...]]
    unless: tuple[str, ...] = ()
    amber_over: int | None = None
    red_over: int | None = None


class PaperRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version of the clause check."""

    version: int
    valid_from: date
    about: str
    rules: tuple[PaperRule, ...]


class PaperFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule found; green when nothing was found, with no passage."""

    rule: str
    light: Light
    title: str
    sentence: str
    mend: str
    source: str
    passages: tuple[str, ...]


class PaperResult(msgspec.Struct, frozen=True, kw_only=True):
    """All findings, worst first, the languages recognised, and the version of the rules."""

    light: Light
    languages: tuple[str, ...]
    rules_version: int
    findings: tuple[PaperFinding, ...]


@cache
def paper_rules() -> PaperRules:
    """The newest version of the clause check."""
    folder = files("guild.contracts") / "data" / "paper_checks"
    found = [
        msgspec.json.decode(entry.read_bytes(), type=PaperRules)
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    ]
    return max(found, key=lambda one: one.version)


def flat(text: str) -> str:
    """One line, single spaces, words put together that a line end had parted, plain quotes."""
    joined = re.sub(r"(\w)[-\u00ad]\s*\n\s*(\w)", r"\1\2", text)
    plain = joined.translate({0x2019: "'", 0x2018: "'", 0x00A0: " ", 0x202F: " "})
    return re.sub(r"\s+", " ", plain).strip()


def languages_of(text: str) -> tuple[str, ...]:
    """The languages whose common words make up a fair part of the text, most frequent first."""
    counts = {lang: len(words.findall(text)) for lang, words in LANGUAGE_WORDS.items()}
    most = max(counts.values())
    return tuple(
        lang for lang in sorted(counts, key=lambda one: -counts[one])
        if counts[lang] >= 10 and counts[lang] * 4 >= most
    )  # fmt: skip


def check_paper(text: str, rules: PaperRules) -> PaperResult:
    """Every rule against the text; all languages are looked for, for papers mix them."""
    line = flat(text)
    found = [_finding(rule, line) for rule in rules.rules]
    ordered = tuple(sorted(found, key=lambda one: LIGHTS.index(one.light)))
    return PaperResult(
        light=worst(ordered),
        languages=languages_of(line),
        rules_version=rules.version,
        findings=ordered,
    )


def worst(findings: Sequence[PaperFinding]) -> Light:
    """The light of the whole paper: that of its worst finding."""
    return min((one.light for one in findings), key=LIGHTS.index, default="green")


def _finding(rule: PaperRule, line: str) -> PaperFinding:
    hits = list(_hits(rule, line))
    light: Light = "green"
    if hits:
        light = "red" if any(red for red, _ in hits) else "amber"
    said = rule.why if hits else "Nothing like it was found in the text."
    return PaperFinding(
        rule=rule.id,
        light=light,
        title=rule.title,
        sentence=f"{said} {MARKS[rule.mark] if hits else ''}".strip(),
        mend=rule.mend if hits else "",
        source=rule.source,
        passages=tuple(dict.fromkeys(passage for _, passage in hits))[:PASSAGES_MAX],
    )


def _hits(rule: PaperRule, line: str) -> Iterator[tuple[bool, str]]:
    """Whether it is red, and the passage, for each place where the rule finds something."""
    for patterns in rule.patterns.values():
        for pattern in patterns:
            for match in re.finditer(pattern, line, re.IGNORECASE):
                passage = line[max(0, match.start() - AROUND) : match.end() + AROUND]
                sentence = _sentence(line, match)
                if any(re.search(word, sentence, re.IGNORECASE) for word in rule.unless):
                    continue
                if rule.amber_over is None:
                    yield rule.light == "red", passage
                    continue
                number = int(match[1])
                if number > rule.amber_over:
                    yield rule.red_over is not None and number > rule.red_over, passage


def _sentence(line: str, match: re.Match[str]) -> str:
    """The sentence around a match, from full stop to full stop."""
    start = line.rfind(".", 0, match.start()) + 1
    end = line.find(".", match.end())
    return line[start : end if end >= 0 else len(line)]
