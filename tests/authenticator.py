"""A passkey in software: its own CBOR and COSE, so that it shares no mistake with what verifies it.

Every part can be made wrong on purpose: origin, host, presence, verification, counter, signature.
"""

import hashlib
import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def cbor(value: Any) -> bytes:
    """RFC 8949, as much of it as authenticators write."""
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(0, value) if value >= 0 else _head(1, -1 - value)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    if number < 256:
        return bytes([major << 5 | 24, number])
    return bytes([major << 5 | 25]) + struct.pack(">H", number)


def text(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(encoded: str) -> bytes:
    """The bytes again."""
    return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


class Authenticator:
    """One device of one person at one site."""

    def __init__(
        self, origin: str = "http://guild.test", host: str = "guild.test", *,
        algorithm: str = "ES256",
    ) -> None:  # fmt: skip
        self.origin, self.host, self.algorithm = origin, host, algorithm
        self.verifies, self.present, self.counter = True, True, 0
        self.id = os.urandom(32)
        self.key: Any = (
            ec.generate_private_key(ec.SECP256R1())
            if algorithm == "ES256"
            else ed25519.Ed25519PrivateKey.generate()
        )

    def cose(self) -> bytes:
        """The public key as COSE_Key (RFC 9053)."""
        if self.algorithm == "ES256":
            point = self.key.public_key().public_numbers()
            x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
            return cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        return cbor({1: 1, 3: -8, -1: 6, -2: self.key.public_key().public_bytes_raw()})

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.create` answers."""
        client = self._client("webauthn.create", options["challenge"])
        credential = b"\0" * 16 + struct.pack(">H", len(self.id)) + self.id + self.cose()
        data = self._data(ATTESTED) + credential
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": data})
        response = {"clientDataJSON": text(client), "attestationObject": text(attestation)}
        return self._answer({**response, "transports": ["internal"]})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.get` answers."""
        self.counter += 1
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(0)
        signed = data + hashlib.sha256(client).digest()
        signature = (
            self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
            if self.algorithm == "ES256"
            else self.key.sign(signed)
        )
        response = {
            "clientDataJSON": text(client), "authenticatorData": text(data),
            "signature": text(signature), "userHandle": None,
        }  # fmt: skip
        return self._answer(response)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, more: int) -> bytes:
        flags = more | (PRESENT if self.present else 0) | (VERIFIED if self.verifies else 0)
        host = hashlib.sha256(self.host.encode()).digest()
        return host + bytes([flags]) + struct.pack(">I", self.counter)

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": text(self.id), "rawId": text(self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": response,
        }  # fmt: skip
