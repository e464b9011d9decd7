"""Under which addresses a client may be found on the Peppol network.

A dated table says for each country which identifier schemes its participants use, the likeliest
first. A country without an entry has no participants there; a day before the table begins is an
error, because a guess could reach a stranger.
"""

import datetime as dt
import re
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

ADDRESS: Final = re.compile(r"[0-9]{4}:[A-Za-z0-9.\-]{1,50}")
"""Scheme of ISO 6523 or the EAS list, colon, identifier."""
_BELGIAN_DIGITS: Final = 10


@cache
def _versions() -> list[dict[str, Any]]:
    file = resources.files("guild.exchange").joinpath("data", "participants.json")
    versions: list[dict[str, Any]] = msgspec.json.decode(file.read_bytes())["versions"]
    return sorted(versions, key=lambda one: one["valid_from"], reverse=True)


def addresses_of(
    country: str, enterprise_number: str, vat_number: str, on: dt.date
) -> tuple[str, ...]:
    """Addresses to look up, the likeliest first; empty for a client without any.

    Raises ValueError for a day that no version of the table covers.
    """
    version = next((v for v in _versions() if v["valid_from"] <= on.isoformat()), None)
    if version is None:
        raise ValueError(f"no table of participant schemes covers {on.isoformat()}")
    numbers = {"enterprise": _plain(enterprise_number), "vat": _plain(vat_number)}
    if country == "BE":
        digits = re.sub(r"\D", "", numbers["enterprise"] or numbers["vat"])
        numbers["enterprise"] = digits.zfill(_BELGIAN_DIGITS) if digits else ""
    found = [
        f"{scheme}:{numbers[kind].lower() if scheme.startswith('99') else numbers[kind]}"
        for scheme, kind in version["countries"].get(country, [])
        if numbers[kind]
    ]
    return tuple(dict.fromkeys(one for one in found if ADDRESS.fullmatch(one)))


def _plain(number: str) -> str:
    return "".join(sign for sign in number.upper() if sign.isascii() and sign.isalnum())
