"""The clause library: versioned data with typed variables, in several languages.

A clause never says a number that the software does not act on: a variable that is `bound` takes its
value from the typed terms, the others stand in the contract beside the clause's id and version. A
text that is missing in a language is an error with a name, never the text of another language.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from guild.contracts.rules.terms import ChosenClause, Terms

Value = int | str
Language = Literal["en", "fr", "nl"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr", "nl")
"""Languages that contracts can be written in."""
TEXT_MAX: Final = 500
Texts = dict[Language, str]


class Variable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A blank in a clause: its type, limits and label. Percentages are basis points."""

    name: str
    type: Literal["days", "months", "years", "rounds", "percent", "money", "text", "choice"]
    label: Texts
    low: int | None
    high: int | None
    default: Value | None
    bound: bool
    choices: tuple[str, ...]

    def fault(self, value: Value) -> str:
        """Why a value does not fit, as a sentence; empty when it does."""
        if self.type in ("text", "choice"):
            if not isinstance(value, str) or len(value) > TEXT_MAX or "\x00" in value:
                return f"“{self.name}” is a text of at most {TEXT_MAX} characters."
            if self.choices and value not in self.choices:
                return f"“{self.name}” is one of: {', '.join(self.choices)}."
            return ""
        low, high = self.low or 0, self.high if self.high is not None else 10**15
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            return f"“{self.name}” is a whole number from {low} to {high}."
        return ""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence that stands in the clause `when` its variables have these values.

    `*` is any value that says something, `-` one that is empty or zero.
    """

    when: dict[str, Value]
    text: Texts

    def stands(self, values: Mapping[str, Value]) -> bool:
        """Whether the sentence is in the text."""
        return all(_fits(wanted, values[name]) for name, wanted in self.when.items())


def _fits(wanted: Value, value: Value) -> bool:
    if wanted == "*":
        return bool(value)
    if wanted == "-":
        return not value
    return wanted == value


class ClauseVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause as it stood from a day on. `does` says what the software does because of it."""

    version: int
    valid_from: date
    heading: Texts
    plain: Texts
    does: str
    variables: tuple[Variable, ...]
    parts: tuple[Part, ...]

    @property
    def own(self) -> tuple[Variable, ...]:
        """The variables that are set with the clause itself."""
        return tuple(variable for variable in self.variables if not variable.bound)

    def missing(self, language: str) -> bool:
        """Whether anything of the clause has no text in that language."""
        texts = [self.heading, self.plain, *(part.text for part in self.parts)]
        return any(not text.get(language) for text in texts)  # type: ignore[call-overload]


class LibraryClause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause through its versions.

    `use`: `always` stands in every contract, `usual` in one that says nothing about it, `optional`
    in one that asks for it.
    """

    id: str
    order: int
    use: Literal["always", "usual", "optional"]
    versions: tuple[ClauseVersion, ...]

    def at(self, version: int) -> ClauseVersion:
        """One version; raises KeyError when there is none."""
        for one in self.versions:
            if one.version == version:
                return one
        raise KeyError(f"{self.id}/{version}")

    def on(self, day: date) -> ClauseVersion:
        """The newest version of a day, the first one before it."""
        known = [one for one in self.versions if one.valid_from <= day]
        return max(known, key=lambda one: one.version) if known else self.versions[0]


class MissingTranslationError(Exception):
    """A clause has no text in the language of the contract."""

    def __init__(self, clause: str, language: str) -> None:
        super().__init__(f"{clause} has no text in {language}")
        self.clause, self.language = clause, language


@cache
def library() -> Mapping[str, LibraryClause]:
    """The clauses that Guild knows, from its data files, in the order of a contract."""
    folder = files("guild.contracts") / "data" / "clauses"
    found = [
        msgspec.json.decode(entry.read_bytes(), type=LibraryClause)
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    ]
    return {clause.id: clause for clause in sorted(found, key=lambda one: (one.order, one.id))}


def chosen_on(
    day: date, wanted: Sequence[tuple[str, Mapping[str, Value]]] | None
) -> tuple[ChosenClause, ...]:
    """The clauses of a new contract at their versions of the day, defaults filled in.

    `wanted` None takes the usual ones. Clauses that always stand are added if nobody names them.
    Raises KeyError for an unknown clause and ValueError, with a sentence, for a value out of range.
    """
    known = library()
    given: dict[str, Mapping[str, Value]] = dict(wanted or ())
    for name in given:
        if name not in known:
            raise KeyError(name)
    return tuple(
        _chosen(clause, clause.on(day), given.get(clause.id, {}))
        for clause in known.values()
        if clause.use == "always"
        or clause.id in given
        or (wanted is None and clause.use == "usual")
    )


def _chosen(
    clause: LibraryClause, version: ClauseVersion, given: Mapping[str, Value]
) -> ChosenClause:
    own = {variable.name: variable for variable in version.own}
    bound = {variable.name for variable in version.variables if variable.bound}
    for name, value in given.items():
        if name in bound:
            raise ValueError(f"“{name}” of {clause.id} is a field of the contract; set it there.")
        if name not in own:
            raise ValueError(f"The clause {clause.id} has no variable “{name}”.")
        if fault := own[name].fault(value):
            raise ValueError(f"In {clause.id}: {fault}")
    values: dict[str, Value] = {}
    for name, variable in own.items():
        said: Value | None = given.get(name)
        if said is None:
            said = variable.default
        assert said is not None, f"{clause.id}.{name} has no default"
        values[name] = said
    return ChosenClause(id=clause.id, version=version.version, values=values)


def bound_values(terms: Terms, *, law_country: str) -> dict[str, Value]:
    """What the typed terms say, under the names that clauses use for it."""
    rights = terms.rights
    transferable = {None: "unsaid", True: "yes", False: "no"}[rights.transferable]
    return {
        "silence_days": terms.acceptance_silence_days,
        "rounds": terms.revision_rounds,
        "interest_excluded": "yes" if terms.payment.interest_excluded else "no",
        "expenses": terms.expenses.strip().rstrip("."),
        "expenses_cap": terms.expenses_cap_minor or 0,
        "rights_kind": rights.kind,
        "rights_granted": "no" if rights.kind == "stays_with_member" else "yes",
        "scope": rights.scope.strip().rstrip("."),
        "territory": rights.territory.strip().rstrip("."),
        "term_months": rights.term_months or 0,
        "exclusive": "yes" if rights.exclusive else "no",
        "transferable": transferable,
        "report_months": rights.report_months or 0,
        "notice_days": terms.notice_days,
        "kill_fee_bps": terms.kill_fee_bps,
        "law_country": law_country,
    }


def deposit_bps(terms: Terms) -> int:
    """The agreed deposit in basis points of the price; 0 when none is agreed."""
    for clause in terms.library:
        if clause.id == "deposit":
            share = clause.values["deposit_bps"]
            assert isinstance(share, int), "its type says so"
            return share
    return 0
