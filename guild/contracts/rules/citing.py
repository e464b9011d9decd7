"""Statutes as a contract in another language cites them.

The law's data cites each law once, in English or in its own language. `data/citations` has the
official name in French and Dutch where there is one. What has none is printed as the data has it,
and the contract says so: it is never passed off as a translation.
"""

from functools import cache
from importlib.resources import files

import msgspec


class Citations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of statutes and articles in one language, by how the law's data has them."""

    untranslated: str
    """What is said where there is no name in this language."""
    statutes: dict[str, str]
    articles: dict[str, str]


@cache
def citations(language: str) -> Citations | None:
    """What is known in that language; None for the language of the data."""
    if language == "en":
        return None
    place = files("guild.contracts") / "data" / "citations" / f"{language}.json"
    return msgspec.json.decode(place.read_bytes(), type=Citations)


def cite(source: str, article: str, language: str) -> str:
    """Statute and article in that language; `source` may end in an address, which is left out."""
    statute = source.partition(", http")[0]
    known = citations(language)
    if known is None:
        return _joined(statute, article)
    name, place = known.statutes.get(statute), known.articles.get(article)
    if name is None or (place is None and article):
        return f"{_joined(statute, article)} ({known.untranslated})"
    return _joined(name, place or "")


def _joined(statute: str, article: str) -> str:
    return statute if not article or article in statute else f"{statute}, {article}"
