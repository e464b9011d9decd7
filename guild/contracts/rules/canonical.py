"""One encoding for everything that is hashed: canonical JSON, version 1.

UTF-8, keys sorted by code point, no white space, integers only (money is in minor units, shares in
basis points), absent values as null, dates and times as ISO 8601 text in UTC. It is the subset of
RFC 8785 in which number formatting cannot differ, so that any language can reproduce the bytes.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

ENCODING: Final = "guild-canonical-json/1"

_ENCODER: Final = msgspec.json.Encoder(order="sorted", decimal_format="string")


def canonical(value: object) -> bytes:
    """The bytes of a Struct or of plain data; raises TypeError when a float is in it."""
    plain = msgspec.to_builtins(value, order="sorted", str_keys=True)
    _refuse_floats(plain)
    return _ENCODER.encode(plain)


def sha256(content: bytes) -> str:
    """The fingerprint, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a float has no canonical bytes; use minor units or basis points")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item)
