"""Names of firms, so that one firm entered twice is noticed: “Acme N.V.” is “ACME nv”."""

import re
import unicodedata
from typing import Final

FORMS: Final = frozenset({
    "ag", "asbl", "bv", "bvba", "co", "coop", "corp", "cv", "eurl", "gmbh", "inc", "kg", "llc",
    "llp", "ltd", "limited", "nv", "oy", "plc", "sa", "sarl", "sas", "sasu", "sc", "scrl", "sl",
    "snc", "spa", "srl", "sprl", "stichting", "vof", "vzw", "the", "and", "et", "en", "und",
})  # fmt: skip
"""Legal forms and small words that say nothing about which firm it is."""


def firm_key(name: str) -> str:
    """The name without accents, signs, legal form and order of small words; may be empty."""
    plain = unicodedata.normalize("NFKD", name.casefold()).replace("ß", "ss")
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    together = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", bare).replace("&", " ")
    words = [word for word in re.findall(r"\w+", together) if word not in FORMS]
    return " ".join(words)


def alike(one: str, other: str) -> bool:
    """Whether two names are the same firm as far as letters can tell."""
    first, second = firm_key(one), firm_key(other)
    return bool(first) and (first == second or first.replace(" ", "") == second.replace(" ", ""))
