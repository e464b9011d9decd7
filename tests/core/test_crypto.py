"""Encrypted columns: bound to their row, rotated, and silent about their keys."""

import pytest

from guild.core.crypto import KeyRing, SealBroken

OLD = KeyRing({1: b"a" * 32}, b"i" * 32)
NEW = KeyRing({1: b"a" * 32, 2: b"b" * 32}, b"i" * 32)


def test_a_value_opens_only_in_its_own_row():
    sealed = OLD.seal(b"BE68539007547034", context="bank.iban:1")
    assert OLD.open(sealed, context="bank.iban:1") == b"BE68539007547034"
    assert b"BE68" not in sealed
    with pytest.raises(SealBroken):
        OLD.open(sealed, context="bank.iban:2")


@pytest.mark.parametrize("place", [0, 1, 5, 20, -1])
def test_a_changed_byte_is_noticed(place):
    sealed = bytearray(OLD.seal(b"secret", context="c"))
    sealed[place] ^= 1
    with pytest.raises(SealBroken):
        OLD.open(bytes(sealed), context="c")


def test_a_truncated_value_is_noticed():
    with pytest.raises(SealBroken):
        OLD.open(b"\x01\x01short", context="c")


def test_rotation_keeps_the_value_and_retires_the_key():
    sealed = OLD.seal(b"value", context="c")
    assert not NEW.is_current(sealed)
    rotated = NEW.rotate(sealed, context="c")
    assert NEW.is_current(rotated)
    only_new = KeyRing({2: b"b" * 32}, b"i" * 32)
    assert only_new.open(rotated, context="c") == b"value"
    with pytest.raises(SealBroken):
        only_new.open(sealed, context="c")


def test_equal_values_find_each_other_only_within_a_purpose():
    assert NEW.blind_index("x", purpose="a") == OLD.blind_index("x", purpose="a")
    assert NEW.blind_index("x", purpose="a") != NEW.blind_index("x", purpose="b")


def test_a_ring_never_shows_its_keys():
    assert "aaaa" not in repr(NEW)
