"""Check the co-operative's public files without trusting it: `python -m guild.translog.verify DIR`.

Stands alone on purpose: the standard library and `cryptography`, nothing of guild, so that a
mistake (or a lie) in the server cannot excuse itself here. Copy this one file and it works.

It reads from DIR
    key                 the log's public key (a C2SP vkey); pin it with --key
    checkpoint          signed note: origin, number of leaves, root (C2SP tlog-checkpoint)
    leaves.jsonl        {"index": 0, "leaf": base64} in order
    openings.jsonl      {"commitment": hex, "salt": hex, "payload": text} of published statements
    scores.json         {"as_of": "2026-11", "formula_version": 2, "rules": {...}, "scores": [...]}
    fund-journal.jsonl  {"entry", "date", "account", "amount_minor", "currency"}: + is into the pot
    fund.json           {"currency": "EUR", "pots": {account: minor units}}
and recomputes the tree, the signature, each commitment, each score, each pot, and the seed of each
jury that was drawn. It names what is wrong and ends with 1; with 0 when
everything holds; with 2 when it was called wrongly.
An earlier checkpoint given with --since must be the root of the log's own beginning.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from math import isqrt
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Said = dict[str, Any]
COUNTED = {"published", "upheld"}
FORMULA_VERSION = 2
"""The scoring formula that `recompute` is: an entry has weight 0 when one owner stands behind both
sides, or when its freelancer's owner is reached again from its client's by who worked for whom."""
STANDINGS: dict[str, set[str | None]] = {
    "published": {None},
    "contested": {"published", "upheld"},
    "upheld": {"contested"},
    "struck": {"contested"},
    "erased": {None, "published", "contested", "upheld", "struck"},
}
"""Which standing may follow which; None: committed, not yet published."""


class Wrong(ValueError):
    """Something in the files does not hold; the message says what."""


class Finding(NamedTuple):
    """One line of the report."""

    what: str
    holds: bool
    detail: str


class Signed(NamedTuple):
    """What the checkpoint states."""

    origin: str
    size: int
    root: bytes


class Committed(NamedTuple):
    """What the log itself says of one statement."""

    period: str
    standing: str | None


class Log(NamedTuple):
    """What the leaves say, in their order."""

    statements: dict[str, Committed]
    rules: dict[int, str]


# --- reading ---------------------------------------------------------------------------------


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise Wrong("a JSON object names a member twice")
    return named


def _json(text: str) -> Any:
    return json.loads(
        text, object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float
    )


def _no_float(text: str) -> Any:
    raise Wrong(f"{text} is not an exact number")


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    text = path.read_bytes().decode()
    if text and not text.endswith("\n"):
        raise Wrong(f"{path.name} ends in the middle of a line")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            yield number, _json(line)
        except ValueError as problem:
            raise Wrong(f"{path.name} line {number}: {problem}") from problem


def _whole(value: Any, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong(f"{what} is not a whole number: {value!r}")
    return value


def _base64(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise Wrong(f"base64 in an unusual spelling: {text[:20]}")
    return raw


# --- the tree and the signature --------------------------------------------------------------


def merkle_root(leaves: list[bytes]) -> bytes:
    """Root of RFC 6962: pairs are joined level by level; an odd last node rises as it is."""
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        joined = [
            hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest()
            for i in range(0, len(level) - 1, 2)
        ]
        level = joined + level[len(joined) * 2 :]
    return level[0]


def _key(vkey: str) -> tuple[str, bytes, bytes]:
    parts = vkey.strip("\n").split("+", 2)
    if len(parts) != 3:
        raise Wrong("the key is not written name+id+base64")
    name, stated, encoded = parts
    raw = _base64(encoded)
    identity = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[0] != 1 or identity.hex() != stated:
        raise Wrong("the key is not an Ed25519 key with its own id")
    return name, identity, raw[1:]


def read_checkpoint(note: str, vkey: str) -> Signed:
    """Origin, size and root of a checkpoint whose signature by ``vkey`` holds."""
    name, identity, public = _key(vkey)
    body, gap, signatures = note.rpartition("\n\n")
    lines = (body + "\n").split("\n")
    if not gap or len(lines) < 4 or not signatures.endswith("\n"):
        raise Wrong("the checkpoint is not a signed note")
    signed = False
    for line in signatures[:-1].split("\n"):
        dash, signer, encoded = line.split(" ")
        raw = _base64(encoded)
        if dash == "—" and signer == name and raw[:4] == identity:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], (body + "\n").encode())
            except InvalidSignature as problem:
                raise Wrong(f"the signature of {name} on the checkpoint is false") from problem
            signed = True
    if not signed:
        raise Wrong(f"{name} did not sign the checkpoint")
    if not lines[1].isascii() or not lines[1].isdigit():
        raise Wrong("the checkpoint's size is not a number")
    return Signed(lines[0], int(lines[1]), _base64(lines[2]))


def read_leaves(path: Path) -> list[bytes]:
    """The leaves in order; a gap, a repetition or another order is refused."""
    leaves: list[bytes] = []
    for number, row in _lines(path):
        if _whole(row["index"], "index") != len(leaves):
            raise Wrong(f"{path.name} line {number}: leaf {len(leaves)} is missing")
        leaves.append(_base64(row["leaf"]))
    return leaves


def read_log(leaves: list[bytes]) -> Log:
    """What the log says of statements and scoring rules; other kinds of leaves are passed over."""
    log = Log({}, {})
    for index, leaf in enumerate(leaves):
        try:
            said = _json(leaf.decode())
            kind = said["kind"]
        except (ValueError, KeyError, TypeError) as problem:
            raise Wrong(f"leaf {index} is not a statement of this log") from problem
        if kind == "attestation":
            if said["commitment"] in log.statements:
                raise Wrong(f"leaf {index} commits to the same statement again")
            log.statements[said["commitment"]] = Committed(said["period"], None)
        elif kind == "attestation-standing":
            _follow(log, index, said)
        elif kind == "scoring-rules":
            _rule(log, index, said)
    return log


def _rule(log: Log, index: int, said: Said) -> None:
    if log.rules.setdefault(said["charter_version"], said["sha256"]) != said["sha256"]:
        raise Wrong(f"leaf {index} changes the rules of a charter version")


def _follow(log: Log, index: int, said: Said) -> None:
    before = log.statements.get(said["commitment"])
    if before is None:
        raise Wrong(f"leaf {index} speaks of a statement that was never committed")
    if before.standing not in STANDINGS.get(said["standing"], set()):
        raise Wrong(f"leaf {index}: {said['standing']} cannot follow {before.standing}")
    log.statements[said["commitment"]] = Committed(before.period, said["standing"])


# --- statements and scores -------------------------------------------------------------------


def read_openings(path: Path, log: Log) -> dict[str, Said]:
    """Each published statement by its commitment; none missing, none opened that should not be."""
    opened: dict[str, Said] = {}
    spoken: set[tuple[str, str]] = set()
    for number, row in _lines(path):
        where, name, payload = f"{path.name} line {number}", row["commitment"], row["payload"]
        salt = bytes.fromhex(row["salt"])
        hidden = b"guild/commit/v1\x00" + salt + payload.encode()
        if len(salt) != 32 or hashlib.sha256(hidden).hexdigest() != name:
            raise Wrong(f"{where}: this opening is not what was committed to")
        logged = log.statements.get(name)
        if logged is None or logged.standing in (None, "erased") or name in opened:
            raise Wrong(f"{where}: the log does not call this statement published (once)")
        said = _json(payload)
        if said["period"] != logged.period:
            raise Wrong(f"{where}: the month differs from that in the log")
        if (said["contract"], said["about"]) in spoken:
            raise Wrong(f"{where}: one side spoke twice about one contract")
        spoken.add((said["contract"], said["about"]))
        opened[name] = said
    due = {n for n, said in log.statements.items() if said.standing not in (None, "erased")}
    if missing := sorted(due - opened.keys()):
        raise Wrong(f"{path.name}: published but not opened: {missing[0]} ({len(missing)} in all)")
    return opened


def _month(text: str) -> int:
    year, month = text.split("-")
    return int(year) * 12 + int(month)


def _cap(totals: dict[str, Fraction], share_bps: int) -> dict[str, Fraction]:
    """Level down whoever holds more than the share, until nobody does."""
    share = max(Fraction(share_bps, 10_000), Fraction(1, len(totals)))
    over: set[str] = set()
    while True:
        rest = sum((w for name, w in totals.items() if name not in over), Fraction(0))
        level = share * rest / (1 - share * len(over))
        more = {name for name, w in totals.items() if w > level} - over
        if not more:
            return {name: min(w, level) for name, w in totals.items()}
        over |= more


def _root_of(value: Fraction) -> Fraction:
    scale = 10**50
    return Fraction(
        isqrt(value.numerator * value.denominator * scale * scale), value.denominator * scale
    )


def _four_places(value: Fraction) -> str:
    units = int(value * 10_000 + Fraction(1, 2))
    return f"{units // 10_000}.{units % 10_000:04d}"


def _counts(said: Said, standing: str, rules: dict[str, Any], as_of: str) -> bool:
    age = _month(as_of) - _month(said["period"])
    return standing in COUNTED and 0 <= age < rules["window_months"]


def _dealing(said: Said) -> tuple[str, str]:
    """Owners (who worked, for whom)."""
    pair = (said["subject_owner"], said["author_owner"])
    return pair if said["about"] == "freelancer" else (pair[1], pair[0])


def circles(dealings: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Dealings whose second owner leads back to the first: walked for each of them.

    Whoever never worked, or was never worked for, lies on no circle and is taken away first.
    """
    left = {pair for pair in dealings if pair[0] != pair[1]}
    while True:
        workers, principals = {a for a, _ in left}, {b for _, b in left}
        fewer = {(a, b) for a, b in left if a in principals and b in workers}
        if fewer == left:
            break
        left = fewer
    found = set()
    for first, second in left:
        reached, fresh = {second}, {second}
        while fresh and first not in reached:
            fresh = {b for a, b in left if a in fresh} - reached
            reached |= fresh
        if first in reached:
            found.add((first, second))
    return found


def recompute(
    said: list[tuple[Said, str]],
    side: str,
    rules: dict[str, Any],
    as_of: str,
    round_about: set[tuple[str, str]],
) -> dict[str, Any]:
    """One score from (statement, standing) pairs: the charter's formula, written a second time."""
    questions = rules["weights"][side]
    counting = []
    for statement, standing in said:
        asked = [(questions.get(q, 0), yes) for q, yes in statement["answers"].items()]
        whole = sum(weight for weight, _ in asked)
        dealing = _dealing(statement)
        honest = dealing[0] != dealing[1] and dealing not in round_about
        if _counts(statement, standing, rules, as_of) and whole and honest:
            value = Fraction(sum(weight for weight, yes in asked if yes is True), whole)
            counting.append((statement["author_owner"], statement["contract"], value))
    totals = {a: Fraction(sum(b == a for b, _, _ in counting)) for a, _, _ in counting}
    cut = _cap(totals, rules["max_share_per_counterparty_bps"]) if totals else {}
    weight = sum(cut.values(), Fraction(0))
    positive = sum((cut[a] / totals[a] * value for a, _, value in counting), Fraction(0))
    projects = len({contract for _, contract, _ in counting})
    enough = projects >= rules["min_projects"] and len(totals) >= rules["min_clients"]
    result = {
        "state": "scored" if enough else "new", "mean": None, "lower": None,
        "positive": str(positive), "weight": str(weight),
        "projects": projects, "counterparties": len(totals),
    }  # fmt: skip
    if enough:
        alpha, beta = rules["prior_alpha"], rules["prior_beta"]
        z, p = Fraction(rules["confidence_z"]), positive / weight
        inner = p * (1 - p) / weight + z * z / (4 * weight * weight)
        lower = (p + z * z / (2 * weight) - z * _root_of(inner)) / (1 + z * z / weight)
        result["mean"] = _four_places((positive + alpha) / (weight + alpha + beta))
        result["lower"] = _four_places(max(lower, Fraction(0)))
    return result


def check_scores(path: Path, log: Log, opened: dict[str, Said]) -> str:
    """Recompute every published score; raises ``Wrong`` for the first that differs."""
    published = _json(path.read_bytes().decode())
    rules, as_of = published["rules"], published["as_of"]
    if published["formula_version"] != FORMULA_VERSION:
        raise Wrong(f"this program knows version {FORMULA_VERSION} of the formula only")
    plain = json.dumps(rules, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    if opened and log.rules.get(rules["charter_version"]) != hashlib.sha256(plain).hexdigest():
        raise Wrong(f"the rules of charter version {rules['charter_version']} are not in the log")
    groups: dict[tuple[str, str], list[tuple[Said, str]]] = {}
    dealings: set[tuple[str, str]] = set()
    for name, said in opened.items():
        standing = log.statements[name].standing or ""
        if _counts(said, standing, rules, as_of):
            dealings.add(_dealing(said))
        groups.setdefault((said["about"], said["subject"]), []).append((said, standing))
    round_about = circles(dealings)
    listed: set[tuple[str, str]] = set()
    for shown in published["scores"]:
        who = (shown["side"], shown["subject"])
        if who in listed or who not in groups:
            raise Wrong(f"score of {who[1]}: listed twice, or without any statement")
        listed.add(who)
        mine = recompute(groups[who], who[0], rules, as_of, round_about)
        for part, value in mine.items():
            if shown[part] != value:
                raise Wrong(f"score of {who[1]}: {part} is {shown[part]}, recomputed {value}")
    if missing := sorted(groups.keys() - listed):
        raise Wrong(f"no score is published for {missing[0][1]}")
    return f"{len(listed)} recomputed under charter version {rules['charter_version']}, {as_of}"


# --- juries ----------------------------------------------------------------------------------


def check_draws(leaves: list[bytes], kept: int) -> str:
    """Reckon the seed of every jury again; raises ``Wrong`` for the first that differs.

    It is the root of a checkpoint over the filing, and that checkpoint was signed before the draw.
    That it was the first one, only somebody who keeps checkpoints can see: ``kept`` is the size of
    yours, or -1.
    """
    filed: dict[tuple[str, int], int] = {}
    drawn: set[tuple[str, int]] = set()
    for index, leaf in enumerate(leaves):
        said = _json(leaf.decode())
        if said["kind"] not in {"claim-filed", "jury-drawn"}:
            continue
        name = (said["claim"], _whole(said["round"], "round"))
        if said["kind"] == "claim-filed":
            filed.setdefault(name, index)
            continue
        where, size = f"leaf {index}", _whole(said["checkpoint"], "checkpoint")
        if name in drawn or name not in filed:
            raise Wrong(f"{where}: a jury is drawn twice, or for a claim that was never filed")
        drawn.add(name)
        if not filed[name] < size <= index:
            raise Wrong(f"{where}: checkpoint {size} was not signed between filing and draw")
        if filed[name] < kept < size:
            raise Wrong(f"{where}: the checkpoint that you kept came before that of {size}")
        mark = bytes.fromhex(name[0]) + bytes([name[1]])
        seed = hashlib.sha256(b"guild/jury/v2" + merkle_root(leaves[:size]) + mark)
        if said["seed"] != seed.hexdigest():
            raise Wrong(f"{where}: the seed is not that of checkpoint {size}")
    return f"{len(drawn)} seeds recomputed"


# --- the fund --------------------------------------------------------------------------------


def check_fund(folder: Path) -> str:
    """Sum the fund's journal and compare each pot; raises ``Wrong`` for the first that differs."""
    stated = _json((folder / "fund.json").read_bytes().decode())
    sums: dict[str, int] = {}
    rows = 0
    for number, row in _lines(folder / "fund-journal.jsonl"):
        if row["currency"] != stated["currency"]:
            raise Wrong(f"fund-journal.jsonl line {number}: another currency")
        date.fromisoformat(row["date"])
        sums[row["account"]] = sums.get(row["account"], 0) + _whole(row["amount_minor"], "amount")
        rows += 1
    for pot in sorted(sums.keys() | stated["pots"].keys()):
        shown, summed = stated["pots"].get(pot, 0), sums.get(pot, 0)
        if _whole(shown, pot) != summed:
            raise Wrong(f"{pot} is stated as {shown}, its {rows} entries sum to {summed}")
    return (
        f"{len(stated['pots'])} pots equal their {rows} entries: {sum(sums.values())} minor units"
    )


# --- the report ------------------------------------------------------------------------------


def _signed(folder: Path, vkey: str) -> tuple[Signed, str]:
    stated = (folder / "key").read_bytes().decode()
    if vkey and vkey.strip() != stated.strip():
        raise Wrong("the key is another than the one you gave")
    found = read_checkpoint((folder / "checkpoint").read_bytes().decode(), stated)
    return found, f"{found.origin}, {found.size} leaves, signed by {stated.split('+', 1)[0]}"


def _tree(folder: Path, signed: Signed | None) -> tuple[list[bytes], str]:
    leaves = read_leaves(folder / "leaves.jsonl")
    if signed is None:
        raise Wrong("there is no checkpoint to compare it with")
    if len(leaves) != signed.size or merkle_root(leaves) != signed.root:
        raise Wrong(f"the {len(leaves)} leaves are not those of the signed root")
    return leaves, f"root {signed.root.hex()[:16]}… recomputed from {len(leaves)} leaves"


def _history(
    folder: Path, since: Path, signed: Signed | None, leaves: list[bytes] | None
) -> tuple[None, str]:
    stated = (folder / "key").read_bytes().decode()
    earlier = read_checkpoint(since.read_bytes().decode(), stated)
    if signed is None or leaves is None or earlier.size > len(leaves):
        raise Wrong("the log is shorter than the checkpoint you kept")
    if earlier.origin != signed.origin or merkle_root(leaves[: earlier.size]) != earlier.root:
        raise Wrong("the log is not a continuation of the checkpoint you kept")
    return None, f"nothing of the first {earlier.size} leaves was changed"


def _statements(folder: Path) -> tuple[tuple[Log, dict[str, Said]], str]:
    log = read_log(read_leaves(folder / "leaves.jsonl"))
    opened = read_openings(folder / "openings.jsonl", log)
    closed = len(log.statements) - len(opened)
    return (log, opened), f"{len(opened)} openings fit their commitments; {closed} not open"


def _draws(folder: Path, since: Path | None) -> str:
    kept = -1
    if since is not None:
        stated = (folder / "key").read_bytes().decode()
        kept = read_checkpoint(since.read_bytes().decode(), stated).size
    return check_draws(read_leaves(folder / "leaves.jsonl"), kept)


def _scores(folder: Path, said: tuple[Log, dict[str, Said]] | None) -> tuple[None, str]:
    if said is None:
        raise Wrong("without sound statements no score can be recomputed")
    return None, check_scores(folder / "scores.json", *said)


def _try(what: str, report: list[Finding], check: Callable[[], tuple[Any, str]]) -> Any:
    try:
        value, detail = check()
    except (ValueError, LookupError, TypeError, AttributeError, OSError, RecursionError) as wrong:
        why = f"member {wrong} is missing" if isinstance(wrong, KeyError) else str(wrong)
        report.append(Finding(what, holds=False, detail=why))
        return None
    report.append(Finding(what, holds=True, detail=detail))
    return value


def verify(folder: Path, *, vkey: str = "", since: Path | None = None) -> list[Finding]:
    """All findings about the public files in ``folder``, in reading order; never raises."""
    report: list[Finding] = []
    signed = _try("checkpoint", report, lambda: _signed(folder, vkey))
    leaves = _try("tree", report, lambda: _tree(folder, signed))
    if since is not None:
        _try("history", report, lambda: _history(folder, since, signed, leaves))
    said = _try("statements", report, lambda: _statements(folder))
    _try("scores", report, lambda: _scores(folder, said))
    _try("juries", report, lambda: (None, _draws(folder, since)))
    _try("fund", report, lambda: (None, check_fund(folder)))
    return report


def main(arguments: list[str] | None = None) -> int:
    """Print the report; 0 when everything holds, 1 when something does not, 2 without files."""
    parser = argparse.ArgumentParser(prog="guild verify", description="Check the public files.")
    parser.add_argument("folder", type=Path, help="folder with the exported public files")
    parser.add_argument("--key", default="", help="the log's key as you know it (vkey)")
    parser.add_argument("--since", type=Path, help="a checkpoint that you kept from earlier")
    given = parser.parse_args(arguments)
    if not (given.folder / "leaves.jsonl").is_file():
        sys.stderr.write(f"{given.folder} holds no public files. Name the folder of an export.\n")
        return 2
    if given.since and not given.since.is_file():
        sys.stderr.write(f"{given.since} is no file. Name the checkpoint that you kept.\n")
        return 2
    report = verify(given.folder, vkey=given.key, since=given.since)
    for what, holds, detail in report:
        sys.stdout.write(f"{'holds' if holds else 'WRONG'}  {what:11} {detail}\n")
    return 0 if all(finding.holds for finding in report) else 1


if __name__ == "__main__":
    sys.exit(main())
