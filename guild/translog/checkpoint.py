"""Signed notes and checkpoints: how the log says, in public and for ever, how it stands.

A checkpoint is three lines (origin, number of leaves, root hash in base64) inside a signed note:
text, an empty line, and one signature line per key. Witnesses can add their own lines to it.
Formats: C2SP signed-note and tlog-checkpoint; keys are Ed25519 (signature type 0x01).
Whatever decodes in two ways is refused, so that two readers can never see two different notes.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = 1
SIGNATURES_MAX = 100
SIZE_MAX = 2**63 - 1
_MARK = "— "


class NoteError(ValueError):
    """A note, key or checkpoint is malformed, or its signature does not hold."""


def decode_base64(text: str) -> bytes:
    """Decode standard base64, refusing every spelling but the canonical one."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as problem:
        raise NoteError("this is not base64") from problem
    if base64.b64encode(raw).decode("ascii") != text:
        raise NoteError("this base64 is not canonical")
    return raw


def encode_base64(raw: bytes) -> str:
    """Encode to standard base64 with padding."""
    return base64.b64encode(raw).decode("ascii")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise NoteError("a key name is not empty and has neither spaces nor +")


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """First four bytes of SHA-256(name, newline, kind, public key), by C2SP signed-note."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True)
class Verifier:
    """A public key under a name, written ``name+id+base64`` (a *vkey*)."""

    name: str
    key: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that say in a signature line which key is meant."""
        return key_id(self.name, ED25519, self.key)

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Read a vkey; raises ``NoteError`` for another algorithm, length, id or spelling."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise NoteError("a verifier key has three parts joined by +")
        name, stated_id, encoded = parts
        _check_name(name)
        raw = decode_base64(encoded)
        if len(raw) != 33 or raw[0] != ED25519:
            raise NoteError("only Ed25519 keys of 32 bytes are known here")
        verifier = cls(name, raw[1:])
        if stated_id != verifier.id.hex():
            raise NoteError("the key id does not belong to this key")
        return verifier

    def vkey(self) -> str:
        """The key as one line that anyone can pin."""
        return f"{self.name}+{self.id.hex()}+{encode_base64(bytes([ED25519]) + self.key)}"

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature (without its key id) is this key's, over ``message``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer:
    """The private side of a ``Verifier``; made from a seed of 32 bytes."""

    def __init__(self, name: str, seed: bytes) -> None:
        _check_name(name)
        if len(seed) != 32:
            raise NoteError("an Ed25519 seed is 32 bytes long")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self.verifier = Verifier(name, public)

    def sign(self, message: bytes) -> bytes:
        """Key id followed by the Ed25519 signature."""
        return self.verifier.id + self._key.sign(message)


@dataclass(frozen=True)
class Signature:
    """One signature line: who, with which key, and the bytes."""

    name: str
    id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as it stands in the note."""
        return f"{_MARK}{self.name} {encode_base64(self.id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """An opened note: its text, the signatures that hold, and those of keys not known here."""

    text: str
    signatures: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def _check_text(text: str) -> None:
    if any(ord(letter) < 0x20 and letter != "\n" for letter in text):
        raise NoteError("a note has no control characters")


def sign_note(text: str, *signers: Signer) -> str:
    """Sign ``text`` (which ends in a newline) with each key, in order."""
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends in a newline")
    _check_text(text)
    lines = []
    for signer in signers:
        signed = signer.sign(text.encode())
        lines.append(Signature(signer.verifier.name, signed[:4], signed[4:]).line())
    return text + "\n" + "".join(lines)


def _signature_of(line: str) -> Signature:
    if not line.startswith(_MARK):
        raise NoteError("a signature line begins with a dash and a space")
    name, space, encoded = line[len(_MARK) :].partition(" ")
    _check_name(name)
    raw = decode_base64(encoded)
    if not space or len(raw) < 5:
        raise NoteError("a signature is at least five bytes long")
    return Signature(name, raw[:4], raw[4:])


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Read a note and verify it: at least one signature must be of a known key, and none may fail.

    Raises ``NoteError`` when the note is malformed, when a known key's signature does not hold,
    when two known keys share name and id, or when no known key signed at all.
    """
    text, signatures = _read_note(data)
    known: dict[tuple[str, bytes], list[Verifier]] = {}
    for verifier in verifiers:
        known.setdefault((verifier.name, verifier.id), []).append(verifier)
    held: dict[tuple[str, bytes], Signature] = {}
    unverified: dict[Signature, None] = {}
    for signature in signatures:
        keys = known.get((signature.name, signature.id), [])
        if len(keys) > 1:
            raise NoteError(f"ambiguous key {signature.name}+{signature.id.hex()}")
        if not keys:
            unverified[signature] = None
        elif (signature.name, signature.id) not in held:
            if not keys[0].verifies(text.encode(), signature.signature):
                raise NoteError(f"the signature of {signature.name} does not hold")
            held[signature.name, signature.id] = signature
    if not held:
        raise NoteError("no known key signed this note")
    return Note(text, tuple(held.values()), tuple(unverified))


def _read_note(data: bytes) -> tuple[str, list[Signature]]:
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise NoteError("a note is UTF-8") from problem
    _check_text(whole)
    body, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError("a note has a text, an empty line and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteError(f"a note has at most {SIGNATURES_MAX} signatures")
    return body + "\n", [_signature_of(line) for line in lines]


@dataclass(frozen=True)
class Checkpoint:
    """How a log stands: who it is (``origin``), how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint; extension lines are allowed and ignored.

        Raises ``NoteError`` when a line is missing, the size is not plain decimal, or the root is
        not 32 bytes in canonical base64.
        """
        lines = text.split("\n")
        if len(lines) < 4 or not text.endswith("\n"):
            raise NoteError("a checkpoint has at least three lines")
        origin, size_text, encoded = lines[:3]
        if not origin:
            raise NoteError("a checkpoint names its log")
        plain = size_text.isascii() and size_text.isdigit() and len(size_text) <= 19
        if not plain or str(int(size_text)) != size_text or int(size_text) > SIZE_MAX:
            raise NoteError("the size is a plain decimal number")
        root = decode_base64(encoded)
        if len(root) != 32:
            raise NoteError("a root hash is 32 bytes long")
        return cls(origin, int(size_text), root)
