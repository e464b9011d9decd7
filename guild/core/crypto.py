"""Encrypted columns: AES-256-GCM under a ring of keys, bound to the row they stand in.

A sealed value is `0x01 ‖ key id ‖ nonce(12) ‖ ciphertext ‖ tag(16)`. The context
(`"bank_account.iban:" + row id`) is authenticated but not stored, so a value copied into another
row or column does not open. A new key becomes current by being added; old values are sealed again
by `rotate` at leisure, and the old key is dropped after.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = 1
NONCE_BYTES: Final = 12


class SealBroken(Exception):
    """The value was not sealed by this ring for this row: tampering, or a lost key."""


class KeyRing:
    """The keys of the house, by id (0 to 255); the highest id is the current one."""

    def __init__(self, keys: Mapping[int, bytes], index_key: bytes) -> None:
        assert keys, "a ring needs a key"
        assert all(len(key) == 32 for key in keys.values()), "AES-256 keys have 32 bytes"
        assert len(index_key) == 32, "the index key has 32 bytes"
        self._keys: Final = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._index_key: Final = index_key
        self.current: Final = max(keys)

    def __repr__(self) -> str:
        return f"KeyRing({len(self._keys)} keys, current {self.current})"

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt for one row and column."""
        nonce = os.urandom(NONCE_BYTES)
        body = self._keys[self.current].encrypt(nonce, plain, context.encode())
        return bytes([VERSION, self.current]) + nonce + body

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt; raises SealBroken when the value does not belong here."""
        key = self._keys.get(sealed[1]) if len(sealed) > 2 + NONCE_BYTES else None
        if key is None or sealed[0] != VERSION:
            raise SealBroken(f"no key opens the value for {context.split(':', maxsplit=1)[0]}")
        nonce, body = sealed[2 : 2 + NONCE_BYTES], sealed[2 + NONCE_BYTES :]
        try:
            return key.decrypt(nonce, body, context.encode())
        except InvalidTag:
            raise SealBroken(
                f"the value for {context.split(':', maxsplit=1)[0]} was changed"
            ) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value is under the current key."""
        return sealed[1] == self.current

    def rotate(self, sealed: bytes, *, context: str) -> bytes:
        """The same value under the current key."""
        return self.seal(self.open(sealed, context=context), context=context)

    def blind_index(self, value: str, *, purpose: str) -> bytes:
        """A keyed hash by which equal values find each other without being readable."""
        message = f"{purpose}\0{value}".encode()
        return hmac.new(self._index_key, message, hashlib.sha256).digest()
