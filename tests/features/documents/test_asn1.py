"""A length that ends in 0x80 is not an indefinite one, and nothing is encoded anew for it."""

from typing import ClassVar

import pytest
from asn1crypto import core

from guild.documents import seal

assert seal, "the seal mends the library where it is imported"


class Signed(core.Sequence):  # type: ignore[misc]
    """A structure with something in it that another encoder would write otherwise."""

    _fields: ClassVar = [("sure", core.Boolean), ("text", core.OctetString)]


def sequence(length: bytes, text: bytes) -> bytes:
    """A sequence whose TRUE is 01, which is sound BER (X.690, 8.2.2) and not DER."""
    return b"\x30" + length + b"\x01\x01\x01" + text


@pytest.mark.parametrize("given", [
    sequence(b"\x81\x88", b"\x04\x81\x82" + bytes(0x82)),
    sequence(b"\x81\x80", b"\x04\x7b" + bytes(0x7B)),
    sequence(b"\x82\x07\x80", b"\x04\x82\x07\x79" + bytes(0x779)),
])  # fmt: skip
def test_what_somebody_else_signed_keeps_its_bytes(given: bytes) -> None:
    found = Signed.load(given, strict=True)
    assert found["sure"].native is True
    assert found.dump() == given


def test_an_indefinite_length_becomes_a_definite_one() -> None:
    found = Signed.load(b"\x30\x80\x01\x01\xff\x04\x01a\x00\x00", strict=True)
    assert found.dump() == b"\x30\x06\x01\x01\xff\x04\x01a"
