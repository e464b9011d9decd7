"""Says in plain words what is wrong with an input, instead of how a decoder names it.

msgspec and Litestar report the first thing a decoder stumbled on: "Expected `str`, got `int`".
A person at a form, and a programmer at an API, should read which field is meant and what to do.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from guild.core.errors import GuildError

KINDS: Final[Mapping[str, str]] = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "uuid": "an id (UUID)",
    "date": "a date such as 2026-11-23",
    "datetime": "a moment such as 2026-11-23T10:42:00Z",
    "bytes": "base64 text",
}

PATTERNS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"^Expected `str` of length >= 1$"), "must not be empty"),
    (re.compile(r"^Expected `(?:str|bytes)` of length >= (\d+)$"), "needs at least {0} characters"),
    (
        re.compile(r"^Expected `(?:str|bytes)` of length <= (\d+)$"),
        "may have {0} characters at most",
    ),
    (re.compile(r"^Expected `array` of length >= 1$"), "needs at least one entry"),
    (re.compile(r"^Expected `array` of length >= (\d+)$"), "needs at least {0} entries"),
    (re.compile(r"^Expected `array` of length <= (\d+)$"), "may have {0} entries at most"),
    (re.compile(r"^Expected `\w+` matching regex .*$", re.DOTALL), "does not have the right form"),
    (re.compile(r"^Expected `\w+` >= (\S+)$"), "must be {0} or more"),
    (re.compile(r"^Expected `\w+` <= (\S+)$"), "must be {0} or less"),
    (re.compile(r"^Expected `\w+` > (\S+)$"), "must be more than {0}"),
    (re.compile(r"^Expected `\w+` < (\S+)$"), "must be less than {0}"),
    (re.compile(r"^Invalid UUID$"), "is not an id (UUID)"),
    (re.compile(r"^Invalid (?:RFC3339 encoded )?date$"), "is not a date such as 2026-11-23"),
    (
        re.compile(r"^Invalid (?:RFC3339 encoded )?(?:datetime|time)$"),
        "is not a moment such as 2026-11-23T10:42:00Z",
    ),
    (re.compile(r"^Invalid (?:enum|literal) value .*$", re.DOTALL), "is not one of the choices"),
    (re.compile(r"^Invalid decimal string$"), "is not a number"),
    (re.compile(r"^Invalid base64 encoded string$"), "is not base64 text"),
    (re.compile(r"^Integer is out of range$"), "is too large a number"),
    (re.compile(r"^Missing required .*$"), "is missing"),
)
MISSING: Final = re.compile(r"^Object missing required field `(?P<field>[^`]+)`$")
UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<field>[^`]+)`$")
KIND_MISMATCH: Final = re.compile(r"^Expected `(?P<wanted>[^`]+)`, got `(?P<given>[^`]+)`$")
PLACE: Final = re.compile(r" - at `(?:key in )?\$\.?(?P<place>[^`]*)`$")
QUOTED_INPUT_MAX: Final = 200
_AT_A_FORM: Final = re.compile(r" is (?:not an id \(UUID\)|not one of the choices)\.$")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: the `field` as the API names it ("" when none), and a sentence."""

    field: str
    text: str


def human(field: str) -> str:
    """The field as a person reads it: `milestones[0].net_minor` → milestones 1, net minor."""
    numbered = re.sub(r"\[(\d+)\]", lambda found: f" {int(found[1]) + 1}", field)
    return numbered.replace("[...]", "").replace(".", ", ").replace("_", " ").strip(" ,")


def _kinds(union: str) -> str:
    words = [KINDS.get(kind.strip(), kind.strip()) for kind in union.split("|")]
    return " or ".join(word for word in words if word != "null") or "null"


def explain(message: str, field: str = "") -> Fault:
    """Turn a decoder's message about `field` (a path in the body, "" when unknown) into a Fault."""
    if place := PLACE.search(message):
        message = message[: place.start()]
        field = field or place["place"]
    if missing := MISSING.match(message):
        whole = f"{field}.{missing['field']}" if field else missing["field"]
        return Fault(field=whole, text=_sentence(whole, "is missing"))
    if unknown := UNKNOWN.match(message):
        whole = f"{field}.{unknown['field']}" if field else unknown["field"]
        return Fault(field=whole, text=_sentence(whole, "is not known here; leave it out"))
    if mismatch := KIND_MISMATCH.match(message):
        if mismatch["given"] == "null":
            return Fault(field=field, text=_sentence(field, "is missing"))
        wanted, given = _kinds(mismatch["wanted"]), _kinds(mismatch["given"])
        return Fault(field=field, text=_sentence(field, f"must be {wanted}, not {given}"))
    for pattern, words in PATTERNS:
        if found := pattern.match(message):
            return Fault(field=field, text=_sentence(field, words.format(*found.groups())))
    return Fault(field=field, text=_own_words(field, message))


def _sentence(field: str, words: str) -> str:
    subject = human(field) if field else "what was sent"
    return f"{subject[:1].upper()}{subject[1:]} {words}."


def _own_words(field: str, message: str) -> str:
    """A message of our own validators, which already speaks to the person."""
    said = message.strip()[:QUOTED_INPUT_MAX].rstrip(".")
    if not field:
        return f"{said[:1].upper()}{said[1:]}."
    name = human(field)
    return f"{name[:1].upper()}{name[1:]}: {said[:1].lower()}{said[1:]}."


def fault_of(refusal: GuildError | msgspec.ValidationError) -> dict[str, str]:
    """What the form that was refused shows: the field as the form names it, and a sentence.

    A choice that was not made reaches us as an id or a word that is none; at a form that means
    that nothing was chosen.
    """
    if isinstance(refusal, GuildError):
        return {"field": refusal.field, "text": f"{refusal} {refusal.mend}".strip()}
    told = explain(str(refusal))
    field = re.sub(r"\[[^\]]*\]", "", told.field).rpartition(".")[2]
    label = human(field).removesuffix(" id") or "what is asked"
    label = f"{label[:1].upper()}{label[1:]}"
    text = _AT_A_FORM.sub("", told.text)
    if text != told.text:
        return {"field": field, "text": f"{label}: choose one."}
    words = told.text.replace(" (UUID)", "").replace(human(told.field).capitalize(), label, 1)
    return {"field": field, "text": words}


def explain_all(messages: Iterable[Mapping[str, object]]) -> list[Fault]:
    """Litestar's `extra` list (each with `message` and perhaps `key`) as Faults."""
    faults: list[Fault] = []
    for message in messages:
        key = str(message.get("key", ""))
        faults.append(explain(str(message.get("message", "")), "" if key == "data" else key))
    return faults
