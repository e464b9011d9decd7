"""What a rule found in a contract: the shape of every check, of laws, charter and floors."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from guild.contracts.rules.law import MARKS, Law, Mark, RuleSet

Outcome = Literal["met", "missing", "warning", "not_applicable"]


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


def found(
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
    """A finding of one rule of a law; `mark` says how far it was compared with the text."""
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
