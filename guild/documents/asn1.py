"""A mend of asn1crypto 1.5.1, without which one seal in some dozens takes seconds instead of 60 ms.

`dump` takes any header that ends in 0x80 for one of indefinite length (X.690, 8.1.3.6) and encodes
everything below it anew, at each look and twice per level. A definite length may end so as well:
`30 82 07 80` is a sequence of 1,920 bytes. Whether a seal has such a part is chance. Bytes that
somebody else signed could also come out otherwise than they went in.
"""

from collections.abc import Callable
from typing import Any, Final

from asn1crypto import core

Dump = Callable[..., bytes]
KINDS: Final = (core.Asn1Value, core.Sequence, core.SequenceOf)
"""The classes that look at the header's end."""


def definite(header: bytes) -> bool:
    """Whether a header that ends in 0x80 ends in a long length of one or two octets."""
    return header[-2:-1] == b"\x81" or header[-3:-2] == b"\x82"


def mended(dump: Dump) -> Dump:
    """A `dump` that is not misled: a header that it forgot is written from the content again."""

    def told(self: Any, force: bool = False) -> bytes:  # noqa: FBT001, FBT002 - as the library's
        header = self._header
        if header and header[-1] == 0x80 and definite(header):
            self._header = None
        return dump(self, force=force)

    return told


def mend() -> None:
    """Mend the library, once."""
    for kind in KINDS:
        if kind.dump.__name__ == "dump":
            kind.dump = mended(kind.dump)
