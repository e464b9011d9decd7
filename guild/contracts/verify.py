"""Check a contract's evidence bundle without Guild: one file, Python 3.9 or later, nothing else.

    python3 verify.py            in the unpacked folder
    python3 verify.py FOLDER [--key VKEY]

It imports nothing but the standard library, so that it shares no mistake with what it checks. It
recomputes every hash, the chain of evidence, the place of the sealed file in the public log and
the log's signature (Ed25519, RFC 8032). The seal inside the PDF is checked by any PDF reader, or by
openssl as README.txt says.
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
        if "signature" in entry["details"]:
            signed.append(entry)
    shown, version = sha256((folder / "contract.html").read_bytes()), told["entries"][-1]["version"]
    names = []
    for entry in signed:
        if entry["version"] != version:
            continue
        if entry["details"]["shown_sha256"] != shown:
            raise Wrong("a signature is over another text than contract.html")
        who = entry["details"]["signature"]
        names.append(who["typed_name"] + " (" + who["side"] + ", " + entry["server_time"] + ")")
    if len(names) < 2:
        raise Wrong("both sides must have signed")
    return str(len(told["entries"])) + " entries; signed by " + ", ".join(names)


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
