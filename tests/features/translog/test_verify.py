"""The stand-alone verifier: it holds what is true, and names what is wrong in each twin."""

import ast
import base64
import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guild.reputation import rules
from guild.translog import merkle, verify
from guild.translog.checkpoint import Checkpoint, Signer, sign_note

SIGNER = Signer("log.example/guild", bytes(range(32)))
FORGER = Signer("log.example/guild", bytes(32))
RULES = rules.ScoringRules(
    charter_version=1,
    window_months=24,
    min_projects=2,
    min_clients=2,
    weights={
        "freelancer": {"quality": 4_000, "on_time": 4_000, "communication": 2_000},
        "client": {"payment_on_time": 5_000, "brief_clear": 2_500, "scope_respected": 2_500},
    },
    max_share_per_counterparty_bps=2_500,
    prior_alpha=1,
    prior_beta=1,
    confidence_z="1.96",
)
PLAIN_RULES = msgspec.to_builtins(RULES)


def leaf(kind: str, **said: Any) -> bytes:
    return rules.canonical({"v": 1, "kind": kind, **said})


def statement(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "about": "freelancer",
        "subject": "mira",
        "subject_owner": "mira-owner",
        "author": f"client-{number % 5}",
        "author_owner": f"owner-{number % 5}",
        "contract": f"contract-{number}",
        "period": "2026-11",
        "answers": {"quality": True, "on_time": number % 3 > 0, "communication": True},
        "charter_version": 1,
    } | changes


class Folder:
    """Public files in the making; `write` signs what is there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.leaves = [
            leaf("scoring-rules", charter_version=1, sha256=rules.rules_hash(PLAIN_RULES))
        ]
        self.openings: list[dict[str, str]] = []
        self.said: dict[str, dict[str, Any]] = {}
        self.standing: dict[str, str] = {}

    def attest(self, said: dict[str, Any], *standings: str) -> str:
        number = len(self.leaves)
        salt, payload = number.to_bytes(32), rules.canonical(said)
        name = rules.commitment(salt, payload).hex()
        self.leaves.append(leaf("attestation", period=said["period"], commitment=name))
        for standing in standings:
            self.leaves.append(leaf("attestation-standing", commitment=name, standing=standing))
        if standings and standings[-1] != "erased":
            opening = {"commitment": name, "salt": salt.hex(), "payload": payload.decode()}
            self.openings.append(opening)
            self.said[name], self.standing[name] = said, standings[-1]
        return name

    def entry(self, name: str) -> rules.Entry:
        said, standing = self.said[name], self.standing[name]
        return rules.Entry(
            commitment=name,
            owner=said["subject_owner"],
            counterparty=said["author_owner"],
            contract=said["contract"],
            period=said["period"],
            answers=said["answers"],
            standing="published" if standing == "upheld" else standing,  # type: ignore[arg-type]
        )

    def scores(self) -> list[dict[str, Any]]:
        found = []
        everything = [(said["about"], self.entry(name)) for name, said in self.said.items()]
        circles = rules.circular(rules.relations_of(everything, RULES, "2026-11"))
        for side, subject in sorted({(s["about"], s["subject"]) for s in self.said.values()}):
            entries = [
                self.entry(name)
                for name, said in self.said.items()
                if (said["about"], said["subject"]) == (side, subject)
            ]
            score = rules.score(entries, side, RULES, "2026-11", circles)
            found.append(rules.published(score, side, subject))
        return found

    def write(self, signer: Signer = SIGNER) -> Path:
        root = merkle.tree_root(self.leaves)
        checkpoint = Checkpoint("log.example/guild", len(self.leaves), root)
        self.put("checkpoint", sign_note(checkpoint.text(), signer))
        self.put("key", SIGNER.verifier.vkey() + "\n")
        encoded = [base64.b64encode(one).decode() for one in self.leaves]
        self.lines("leaves.jsonl", [{"index": i, "leaf": one} for i, one in enumerate(encoded)])
        self.lines("openings.jsonl", self.openings)
        scores = {
            "as_of": "2026-11",
            "formula_version": 2,
            "rules": PLAIN_RULES,
            "scores": self.scores(),
        }
        self.put("scores.json", json.dumps(scores))
        rows = [("fund_guarantee", 6500), ("fund_sickness", 2275), ("fund_guarantee", -500)]
        self.lines(
            "fund-journal.jsonl",
            [
                {"entry": f"e{i}", "date": "2026-11-23", "account": a, "amount_minor": m,
                 "currency": "EUR"}
                for i, (a, m) in enumerate(rows)
            ],
        )  # fmt: skip
        pots = {"fund_guarantee": 6000, "fund_sickness": 2275}
        self.put("fund.json", json.dumps({"currency": "EUR", "pots": pots}))
        return self.path

    def put(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def lines(self, name: str, rows: list[dict[str, Any]]) -> None:
        self.put(name, "".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    for number in range(8):
        made.attest(statement(number), "published")
    made.attest(statement(20, answers={"quality": False}), "published", "contested")
    made.attest(statement(21), "published", "contested", "upheld")
    made.attest(statement(22, answers={"quality": False}), "published", "contested", "struck")
    made.attest(statement(23), "published", "erased")
    made.attest(statement(24))
    made.attest(statement(25, period="2024-11"), "published")
    client = {"about": "client", "subject": "quay", "answers": {"payment_on_time": False}}
    made.attest(statement(1, **client, author="mira", author_owner="mira-owner"), "published")
    made.write()
    return made


def wrong(path: Path, **options: Any) -> dict[str, str]:
    return {one.what: one.detail for one in verify.verify(path, **options) if not one.holds}


def test_true_files_hold(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert wrong(folder.path) == {}
    assert verify.main([str(folder.path), "--key", SIGNER.verifier.vkey()]) == 0
    report = capsys.readouterr().out
    assert report.count("holds") == 6
    assert "13 openings fit their commitments; 2 not open" in report
    assert "2 recomputed under charter version 1" in report
    assert "2 pots equal their 3 entries: 8275 minor units" in report


def test_it_runs_alone(folder: Folder, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere.py"
    alone.write_text(Path(verify.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-I", str(alone), str(folder.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_shares_no_code_with_the_server() -> None:
    tree = ast.parse(Path(verify.__file__).read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported - sys.stdlib_module_names == {"cryptography"}


def replace(name: str, old: str, new: str) -> Callable[[Folder], None]:
    def change(folder: Folder) -> None:
        text = (folder.path / name).read_text(encoding="utf-8")
        assert old in text
        folder.put(name, text.replace(old, new, 1))

    return change


def drop_line(name: str, number: int) -> Callable[[Folder], None]:
    def change(folder: Folder) -> None:
        lines = (folder.path / name).read_text(encoding="utf-8").splitlines(keepends=True)
        del lines[number]
        folder.put(name, "".join(lines))

    return change


def rewrite(change: Callable[[Folder], None], signer: Signer = SIGNER) -> Callable[[Folder], None]:
    def again(folder: Folder) -> None:
        change(folder)
        folder.write(signer)

    return again


def scores(change: Callable[[dict[str, Any]], None]) -> Callable[[Folder], None]:
    def again(folder: Folder) -> None:
        published = json.loads((folder.path / "scores.json").read_text(encoding="utf-8"))
        change(published)
        folder.put("scores.json", json.dumps(published))

    return again


OPENINGS, FUND, JOURNAL = "openings.jsonl", "fund.json", "fund-journal.jsonl"
TWINS: list[tuple[str, Callable[[Folder], None], str, str]] = [
    ("size", replace("checkpoint", "\n36\n", "\n35\n"), "checkpoint", "false"),
    ("origin", replace("checkpoint", "log.example", "lag.example"), "checkpoint", "false"),
    ("signer", rewrite(lambda f: None, FORGER), "checkpoint", "did not sign"),
    ("no note", lambda f: f.put("checkpoint", "hello"), "checkpoint", "not a signed note"),
    ("bad key", replace("key", "+A", "+B"), "checkpoint", "key"),
    ("other key", lambda f: f.put("key", FORGER.verifier.vkey()), "checkpoint", "did not sign"),
    ("leaf gone", drop_line("leaves.jsonl", 3), "tree", "leaf 3 is missing"),
    ("last leaf gone", drop_line("leaves.jsonl", -1), "tree", "signed root"),
    ("leaf changed", replace("leaves.jsonl", '"leaf": "eyJj', '"leaf": "eyJk'), "tree", "signed"),
    ("torn line", lambda f: f.put("leaves.jsonl", '{"index": 0'), "tree", "middle of a line"),
    ("answer", replace(OPENINGS, "false", "true"), "statements", "not what was committed"),
    ("salt", replace(OPENINGS, '"salt": "0', '"salt": "1'), "statements", "not what was"),
    ("hidden", drop_line(OPENINGS, 0), "statements", "published but not opened"),
    ("twice", rewrite(lambda f: f.openings.append(f.openings[0])), "statements", "once"),
    ("no line", drop_line("scores.json", 0), "scores", ""),
    ("mean", scores(lambda s: s["scores"][1].update(mean="0.9999")), "scores", "mean is 0.9999"),
    ("lower", scores(lambda s: s["scores"][1].update(lower="0.1000")), "scores", "lower is"),
    ("weight", scores(lambda s: s["scores"][1].update(weight="9")), "scores", "weight is 9"),
    ("state", scores(lambda s: s["scores"][0].update(state="scored")), "scores", "state is"),
    ("unlisted", scores(lambda s: s["scores"].pop()), "scores", "no score is published"),
    ("doubled", scores(lambda s: s["scores"].append(s["scores"][0])), "scores", "listed twice"),
    ("as of", scores(lambda s: s.update(as_of="2026-10")), "scores", "recomputed"),
    ("rules", scores(lambda s: s["rules"].update(min_clients=1)), "scores", "not in the log"),
    ("float", replace("scores.json", '"projects": 9', '"projects": 9.0'), "scores", "exact"),
    ("pot", replace(FUND, "6000", "6001"), "fund", "fund_guarantee is stated as 6001"),
    ("pot gone", replace(FUND, '"fund_sickness": 2275', '"x": 0'), "fund", "fund_sickness"),
    ("entry", replace(JOURNAL, "6500", "6499"), "fund", "sum to 5999"),
    ("entry gone", drop_line(JOURNAL, 1), "fund", "fund_sickness is stated as 2275"),
    ("currency", replace(JOURNAL, "EUR", "USD"), "fund", "line 1: another currency"),
    ("no day", replace(JOURNAL, "2026-11-23", "2026-11-31"), "fund", "day"),
    ("text", replace(JOURNAL, "6500", '"6500"'), "fund", "whole number"),
    ("named twice", replace(FUND, '"currency"', '"pots": {}, "currency"'), "fund", "twice"),
]


@pytest.mark.parametrize(
    ("change", "what", "why"), [t[1:] for t in TWINS], ids=[t[0] for t in TWINS]
)
def test_each_corrupted_twin_is_named(
    folder: Folder, change: Callable[[Folder], None], what: str, why: str
) -> None:
    change(folder)
    found = wrong(folder.path)
    assert what in found
    assert why in found[what]
    assert verify.main([str(folder.path)]) == 1


@pytest.mark.parametrize(
    "name", ["checkpoint", "key", "leaves.jsonl", OPENINGS, "scores.json", JOURNAL, FUND]
)
def test_a_missing_or_emptied_file_is_named(folder: Folder, name: str) -> None:
    (folder.path / name).write_bytes(b"")
    assert wrong(folder.path)
    (folder.path / name).write_bytes(b"\xff\x00")
    assert wrong(folder.path)
    (folder.path / name).unlink()
    assert name in " ".join(wrong(folder.path).values())


LIES: list[tuple[list[bytes], str]] = [
    ([leaf("attestation-standing", commitment="00", standing="published")], "never committed"),
    ([leaf("attestation", period="2026-11", commitment="11")] * 2, "same statement again"),
    ([b"not json"], "not a statement of this log"),
    ([leaf("scoring-rules", charter_version=1, sha256="00")], "changes the rules"),
]


@pytest.mark.parametrize(("lies", "why"), LIES)
def test_a_log_that_contradicts_itself_is_named(
    folder: Folder, lies: list[bytes], why: str
) -> None:
    folder.leaves += lies
    folder.write()
    assert why in wrong(folder.path)["statements"]


@pytest.mark.parametrize("standings", [("upheld",), ("published", "struck"),
                                       ("published", "erased", "published")])  # fmt: skip
def test_standings_follow_one_another(folder: Folder, standings: tuple[str, ...]) -> None:
    folder.attest(statement(90), *standings)
    folder.write()
    assert "cannot follow" in wrong(folder.path)["statements"]


def test_nobody_speaks_twice_about_one_contract(folder: Folder) -> None:
    folder.attest(statement(0), "published")
    folder.write()
    assert "spoke twice" in wrong(folder.path)["statements"]


def test_a_pinned_key_and_a_kept_checkpoint(folder: Folder, tmp_path: Path) -> None:
    assert "another" in wrong(folder.path, vkey=FORGER.verifier.vkey())["checkpoint"]
    kept = tmp_path / "kept"
    kept.write_bytes((folder.path / "checkpoint").read_bytes())
    folder.attest(statement(50), "published")
    folder.write()
    assert wrong(folder.path, since=kept) == {}
    folder.leaves[2], folder.leaves[3] = folder.leaves[3], folder.leaves[2]
    del folder.leaves[4]
    folder.write()
    assert "not a continuation" in wrong(folder.path, since=kept)["history"]
    folder.leaves = folder.leaves[:9]
    folder.write()
    assert "shorter" in wrong(folder.path, since=kept)["history"]


answers = st.dictionaries(
    st.sampled_from(["quality", "on_time", "communication", "unknown"]), st.booleans(), max_size=4
)
entries = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(["2026-11", "2026-01", "2024-12", "2024-11", "2026-12"]),
        answers,
        st.sampled_from(["published", "upheld", "contested", "struck"]),
    ),
    max_size=25,
)


@given(entries, st.integers(100, 10_000), st.sampled_from(["1.96", "1", "2.5758"]))
@settings(deadline=None)
def test_two_implementations_agree(drawn: Any, share_bps: int, z: str) -> None:
    """The server's formula and the verifier's, written apart, give the same digits."""
    mine = msgspec.structs.replace(RULES, max_share_per_counterparty_bps=share_bps, confidence_z=z)
    said = [
        (statement(n, author_owner=f"owner-{who}", period=period, answers=given_), standing)
        for n, (who, period, given_, standing) in enumerate(drawn)
    ]
    server = rules.score(
        [
            rules.Entry(
                commitment=str(n), owner=one["subject_owner"],
                counterparty=one["author_owner"], contract=one["contract"],
                period=one["period"], answers=one["answers"],
                standing="published" if standing == "upheld" else standing,
            )
            for n, (one, standing) in enumerate(said)
        ],
        "freelancer", mine, "2026-11",
    )  # fmt: skip
    again = verify.recompute(said, "freelancer", msgspec.to_builtins(mine), "2026-11", set())
    assert {"subject": "m", "side": "freelancer", **again} == rules.published(
        server, "freelancer", "m"
    )


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_roots_and_rounding_agree(good: int, more: int) -> None:
    weight = Fraction(good + more)
    bound = rules.wilson_lower(Fraction(good), weight, "1.96")
    p, z = Fraction(good) / weight, Fraction("1.96")
    inner = p * (1 - p) / weight + z * z / (4 * weight * weight)
    lower = (p + z * z / (2 * weight) - z * verify._root_of(inner)) / (1 + z * z / weight)
    assert abs(bound - Decimal(lower.numerator) / Decimal(lower.denominator)) < Decimal("1e-25")
