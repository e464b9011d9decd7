"""Check a contract's evidence bundle without Guild: one file, Python 3.9 or later, nothing else.

    python3 verify.py            in the unpacked folder
    python3 verify.py FOLDER [--key VKEY]

It imports nothing but the standard library, so that it shares no mistake with what it checks. It
recomputes every hash, the chain of evidence, the place of the sealed file in the public log and
the log's signature (Ed25519, RFC 8032), and the signatures of passkeys. The seal inside the PDF is
checked by any PDF reader, or by openssl as README.txt says.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


class Wrong(ValueError):
    """Something does not hold; the message says what."""


# --- Ed25519 (RFC 8032, 5.1), verification only ------------------------------------------------


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point, number = _add(point, point), number >> 1
    return found


def _point(raw: bytes) -> Point:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise Wrong("a key or signature is no point of the curve")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        raise Wrong("a key or signature is no point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the Ed25519 signature of the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    a, r = _point(public), _point(signature[:32])
    base = _point(bytes.fromhex("58" + "66" * 31))
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    left, right = _times(s, base), _add(r, _times(int.from_bytes(digest, "little") % L, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


# --- passkeys (W3C Web Authentication): P-256, RSA and Ed25519, verification only ---------------

Q = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Place = Any
"""A point (x, y), or None for the one at infinity."""


def unpadded(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(raw: bytes, at: int) -> tuple[Any, int]:
    """The maps, numbers and bytes of a COSE key (RFC 8949)."""
    kind, number, at = raw[at] >> 5, raw[at] & 31, at + 1
    if number > 23:
        size = 1 << (number - 24)
        number, at = int.from_bytes(raw[at : at + size], "big"), at + size
    if kind < 2:
        return (number if kind == 0 else -1 - number), at
    if kind in (2, 3):
        return raw[at : at + number], at + number
    if kind != 5:
        raise Wrong("a public key cannot be read")
    found = {}
    for _ in range(number):
        name, at = cbor(raw, at)
        found[name], at = cbor(raw, at)
    return found, at


def _plus(p: Place, q: Place) -> Place:
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % Q == 0:
            return None
        slope = 3 * (p[0] * p[0] - 1) * pow(2 * p[1], Q - 2, Q) % Q
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], Q - 2, Q) % Q
    x = (slope * slope - p[0] - q[0]) % Q
    return x, (slope * (p[0] - x) - p[1]) % Q


def _often(number: int, place: Place) -> Place:
    found: Place = None
    while number:
        if number & 1:
            found = _plus(found, place)
        place, number = _plus(place, place), number >> 1
    return found


def _halves(der: bytes) -> tuple[int, int]:
    """Both numbers of an ECDSA signature (DER)."""
    size = der[3]
    r, s = der[4 : 4 + size], der[6 + size :]
    if der[0] != 0x30 or der[1] != len(der) - 2 or der[2] != 2 or der[4 + size] != 2:
        raise Wrong("a signature cannot be read")
    return int.from_bytes(r, "big"), int.from_bytes(s, "big")


def signed_by_key(key: dict[int, Any], message: bytes, signature: bytes) -> bool:
    """Whether this COSE key (RFC 9053: ES256, RS256, EdDSA) signed the message."""
    digest = hashlib.sha256(message).digest()
    if key[3] == -8:
        return signed_by(key[-2], message, signature)
    if key[3] == -257:
        n, e = int.from_bytes(key[-1], "big"), int.from_bytes(key[-2], "big")
        size = (n.bit_length() + 7) // 8
        tail = bytes.fromhex("003031300d060960864801650304020105000420") + digest
        wanted = b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail
        return pow(int.from_bytes(signature, "big"), e, n).to_bytes(size, "big") == wanted
    x, y = int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big")
    r, s = _halves(signature)
    if key[3] != -7 or (y * y - x * x * x + 3 * x - B) % Q:
        raise Wrong("a public key is of a kind that this program does not know")
    if not (0 < r < ORDER and 0 < s < ORDER):
        return False
    again = pow(s, ORDER - 2, ORDER)
    first = _often(int.from_bytes(digest, "big") * again % ORDER, BASE)
    point = _plus(first, _often(r * again % ORDER, (x, y)))
    return point is not None and point[0] % ORDER == r


# --- the log (RFC 6962; C2SP signed note) --------------------------------------------------------


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a leaf and its audit path lead to (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise Wrong("the place lies outside the log")
    found, last = hashlib.sha256(b"\0" + leaf).digest(), size - 1
    for step in path:
        if last == 0:
            raise Wrong("the proof is too long")
        if index & 1 or index == last:
            found = hashlib.sha256(b"\1" + step + found).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + step).digest()
        index, last = index >> 1, last >> 1
    if last:
        raise Wrong("the proof is too short")
    return found


def read_note(note: str, vkey: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint that the log's key has signed."""
    name, identity, encoded = vkey.strip().split("+", 2)
    public = base64.b64decode(encoded, validate=True)[1:]
    body, gap, signatures = note.rpartition("\n\n")
    lines = body.split("\n")
    if not gap or len(lines) < 3:
        raise Wrong("the checkpoint is not a signed note")
    for line in signatures.strip().split("\n"):
        _, signer, signature = line.split(" ")
        raw = base64.b64decode(signature, validate=True)
        same = signer == name and raw[:4].hex() == identity
        if same and signed_by(public, (body + "\n").encode(), raw[4:]):
            return int(lines[1]), base64.b64decode(lines[2], validate=True)
    raise Wrong("the checkpoint is not signed by the log's key")


# --- the bundle ----------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """guild-canonical-json/1: UTF-8, keys sorted, no white space, integers only."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def sha256(content: bytes) -> str:
    """As 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def check_files(folder: Path) -> str:
    """Every file is the one that the list names."""
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    for line in lines:
        digest, name = line.split("  ", 1)
        if Path(name).name != name or sha256((folder / name).read_bytes()) != digest:
            raise Wrong(name + " is not the file that was packed")
    return str(len(lines)) + " files are whole"


def check_chain(folder: Path) -> str:
    """Each entry names the hash of the one before; the signatures name the text that is here."""
    told = json.loads((folder / "evidence.json").read_bytes())
    if canonical(told) != (folder / "evidence.json").read_bytes():
        raise Wrong("evidence.json is not in its canonical form")
    previous, signed = GENESIS, []
    for number, entry in enumerate(told["entries"], 1):
        if entry["seq"] != number or entry["previous_sha256"] != previous:
            raise Wrong("entry " + str(number) + " does not follow the one before it")
        previous = sha256(canonical(entry))
        if entry["kind"] in ("sent", "signed"):
            signed.append(entry)
    shown, version = sha256((folder / "contract.html").read_bytes()), told["entries"][-1]["version"]
    names = []
    for entry in signed:
        if entry["version"] != version:
            continue
        if entry["details"]["shown_sha256"] != shown:
            raise Wrong("a signature is over another text than contract.html")
        who = entry["details"]["signature"]
        how = ""
        if "manifest" in who:
            how = ", " + check_strength(told, entry)
        said = who["typed_name"] + " (" + who["side"] + ", " + entry["server_time"] + how + ")"
        names.append(said)
    if len(names) < 2:
        raise Wrong("both sides must have signed")
    return str(len(told["entries"])) + " entries; signed by " + ", ".join(names)


def check_strength(told: dict[str, Any], entry: dict[str, Any]) -> str:
    """A passkey signed the chain as it was before the signature; a provider only says so."""
    who = entry["details"]["signature"]
    first = told["entries"][: who["manifest"]["entries"]]
    digest = sha256(canonical({**told, "entries": first}))
    if len(first) >= entry["seq"] or digest != who["manifest"]["sha256"]:
        raise Wrong("the manifest that was signed is not the beginning of this chain")
    if "passkey" not in who:
        return "answered for by " + str(who["eid"]["provider"])
    key = who["passkey"]
    client_bytes, data = unpadded(key["client_data_json"]), unpadded(key["authenticator_data"])
    client = json.loads(client_bytes)
    host = client["origin"].split("://", 1)[1].rsplit(":", 1)[0].encode()
    if client["type"] != "webauthn.get" or unpadded(client["challenge"]).hex() != digest:
        raise Wrong("the passkey of " + who["typed_name"] + " signed something else")
    if data[:32] != hashlib.sha256(host).digest() or data[32] & 5 != 5:
        raise Wrong("the passkey of " + who["typed_name"] + " was not used here, or by nobody")
    message = data + hashlib.sha256(client_bytes).digest()
    cose, _ = cbor(unpadded(key["public_key_cose"]), 0)
    if not signed_by_key(cose, message, unpadded(key["signature"])):
        raise Wrong("the passkey of " + who["typed_name"] + " did not sign this")
    return "passkey"


def check_log(folder: Path, key: str) -> str:
    """The log holds the fingerprints of PDF, evidence and text, and the log's key signed it."""
    proof = json.loads((folder / "log-proof.json").read_bytes())
    if key and key.strip() != proof["vkey"].strip():
        raise Wrong("the log's key is another than the one you gave")
    leaf = base64.b64decode(proof["leaf"], validate=True)
    said = json.loads(leaf)
    for member, name in [
        ("pdf_sha256", "contract.pdf"),
        ("evidence_sha256", "evidence.json"),
        ("shown_sha256", "contract.html"),
    ]:
        if said[member] != sha256((folder / name).read_bytes()):
            raise Wrong("the log holds another " + name)
    size, root = read_note(proof["checkpoint"], proof["vkey"])
    path = [base64.b64decode(one, validate=True) for one in proof["hashes"]]
    if root_from(leaf, proof["index"], size, path) != root:
        raise Wrong("the entry is not in the log that was signed")
    return "entry " + str(proof["index"]) + " of " + str(size) + ", signed by " + str(proof["vkey"])


def main(arguments: list[str] | None = None) -> int:
    """Print what holds; 0 when all does, 1 when something does not."""
    parser = argparse.ArgumentParser(description="Check a contract's evidence bundle.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    parser.add_argument("--key", default="", help="the log's key as you know it from elsewhere")
    given = parser.parse_args(arguments)
    wrong = 0
    checks: dict[str, Callable[[], str]] = {
        "files": lambda: check_files(given.folder),
        "evidence": lambda: check_chain(given.folder),
        "log": lambda: check_log(given.folder, given.key),
    }
    for what, check in checks.items():
        try:
            sys.stdout.write("holds  " + what.ljust(9) + " " + check() + "\n")
        except (ValueError, LookupError, TypeError, AttributeError, OSError) as problem:
            wrong += 1
            sys.stdout.write("WRONG  " + what.ljust(9) + " " + str(problem) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
