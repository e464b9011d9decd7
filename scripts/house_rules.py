"""The rules of the house that no linter knows, as a program.

Each rule names the place and the mend. `make check` runs it, and
`tests/system/test_house_rules.py` feeds it a breach of each.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
ROOMS: Final = frozenset(
    [
        "__init__",
        "errors",
        "rules",
        "events",
        "schemas",
        "models",
        "access",
        "queries",
        "commands",
        "jobs",
        "reactions",
        "routes",
        "pages",
        "sheets",
        "chart",
    ]
)
"""The rooms that a feature's package may have; a room may be a file or a folder."""
OWN_ROOMS: Final = {
    "translog": frozenset({"merkle", "checkpoint", "verify"}),
    "contracts": frozenset({"verify", "eid"}),
    "invoicing": frozenset({"einvoice"}),
    "exchange": frozenset({"gateway"}),
    "treasury": frozenset({"providers"}),
}
FEATURES: Final = [
    "ledger",
    "translog",
    "members",
    "governance",
    "contracts",
    "invoicing",
    "receivables",
    "exchange",
    "treasury",
    "mutual_fund",
    "reputation",
    "compliance",
    "webhooks",
    "exports",
]
COMMITTERS: Final = frozenset({"core/work.py", "core/transaction.py", "worker.py"})
CLOCKS: Final = frozenset({"core/clock.py", "core/ids.py"})
ENVIRONS: Final = frozenset(
    {"core/settings.py", "cli/main.py", "supervisor.py", "documents/pool.py"}
)
"""Settings are read in one place; the others hand an environment on to processes or logging."""
LINES_MAX: Final = 450
WHOLE: Final = {"translog/verify.py": 650}
"""Files that must stay one: people copy the verifier and run it without the house."""
FUNCTION_LINES_MAX: Final = 70
UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def breaches(root: Path) -> Iterator[str]:
    """Each breach of a house rule below `root`, as `place: what is wrong; how to mend it`."""
    yield from strange_rooms(root / "guild")
    for path in sorted((root / "guild").rglob("*.py")):
        name = path.relative_to(root / "guild").as_posix()
        text = path.read_text(encoding="utf-8")
        yield from (f"guild/{name}{breach}" for breach in of_file(name, text))


def strange_rooms(guild: Path) -> Iterator[str]:
    """Files in a feature's package whose name is no room."""
    for feature in FEATURES:
        allowed = ROOMS | OWN_ROOMS.get(feature, frozenset())
        for path in sorted((guild / feature).glob("*")):
            is_room = path.suffix == ".py" or (path / "__init__.py").exists()
            if is_room and path.stem not in allowed:
                yield f"guild/{feature}/{path.name}: no such room; say where its lines belong"


def of_file(name: str, text: str) -> Iterator[str]:
    """The breaches of one file."""
    lines = text.splitlines()
    if len(lines) > WHOLE.get(name, LINES_MAX):
        yield f": {len(lines)} lines; split the room by subject"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield f":{number}: unfinished; do it, or say it in an issue"
    if name.startswith("migrations/versions/"):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno
            if length > FUNCTION_LINES_MAX:
                yield f":{node.lineno}: {node.name} has {length} lines; part it"
        if isinstance(node, ast.Attribute) and node.attr == "environ" and name not in ENVIRONS:
            yield f":{node.lineno}: environ has one place in the house"
        if isinstance(node, ast.Call):
            yield from of_call(name, node)


def of_call(name: str, call: ast.Call) -> Iterator[str]:
    """The breaches of one call."""
    place, called = f":{call.lineno}: ", call.func
    method = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if method == "commit" and name not in COMMITTERS:
        yield f"{place}commits; only begin_work does"
    if method in {"now", "utcnow", "today"} and _is_clock(called) and name not in CLOCKS:
        yield f"{place}reads the clock; ask work.now"
    if method == "getenv":
        yield f"{place}reads the environment; settings are handed down"
    if method == "Environment" and not any(one.arg == "autoescape" for one in call.keywords):
        yield f"{place}templates without autoescape; a typed word could become markup"


def _is_clock(called: ast.expr) -> bool:
    """Whether it is asked of `datetime` or `date`, however they were imported."""
    if not isinstance(called, ast.Attribute):
        return False
    of = called.value
    return (of.attr if isinstance(of, ast.Attribute) else getattr(of, "id", "")) in {
        "datetime",
        "date",
    }


def strange_words() -> Iterator[str]:
    """Addresses of package registries and paths of a machine in tracked files."""
    pattern = r"(--index-url|files\.pythonhosted|registry\.npmjs|/home/[a-z]+/|/ro" + r"ot/)"
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", ".", ":!scripts/house_rules.py", ":!tests/system"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    yield from (f"{line[:140]}: no hosts, no machine's paths" for line in found.stdout.splitlines())


def main() -> int:
    """Print every breach; 1 when there is one."""
    found = [*breaches(ROOT), *strange_words()]
    for breach in found:
        sys.stdout.write(f"{breach}\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
