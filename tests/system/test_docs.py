"""The docs name what exists: variables, files of law, alarms, decisions, links."""

import json
import re
from pathlib import Path

import pytest

from guild import features
from guild.cli import parser

ROOT = Path(__file__).parent.parent.parent
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_setting() -> None:
    source = (ROOT / "guild/core/settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"(?:given\.get|file)\(\s*\"(\w+)\"", source))
    listed = set(re.findall(r"^\| `GUILD_(\w+)`", README, re.MULTILINE))
    assert {name.lower() for name in listed} == read


def test_the_readme_keeps_its_two_commands() -> None:
    assert "    make demo " in README
    assert "    make test " in README


def test_every_command_that_is_named_exists() -> None:
    known = set(re.findall(r"^    ([a-z-]+) ", parser().format_help(), re.MULTILINE))
    assert {"up", "check", "rotate-keys"} <= known
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"`guild ([a-z-]+)", text))
        named |= set(re.findall(r"^    guild ([a-z-]+)", text, re.MULTILINE))
        assert named <= known, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)\)", text):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    folders, endings = "guild|tests|docs|scripts|examples", "py|json|md|xml|toml|css|html"
    for target in re.findall(rf"`((?:{folders})/[\w./-]+\.(?:{endings}))`", text):
        if not target.endswith("us-il.json"):
            assert (ROOT / target).exists(), target


def test_every_law_is_listed_with_its_first_day() -> None:
    law = (ROOT / "docs/law.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "guild/contracts/data/protections").glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        for version in told["versions"]:
            assert re.search(rf"\| `{re.escape(path.name)}` \|.*{version['valid_from']}", law)
    rates = json.loads((ROOT / "guild/invoicing/data/vat_rates.json").read_text(encoding="utf-8"))
    assert rates["known_until"] in law


def test_every_package_with_invariants_is_explained() -> None:
    said = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for invariant in features.INVARIANTS:
        package = invariant.__module__.split(".")[1]
        assert f"| `{package}` |" in said


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. ")
        for part in ("Context", "Decision", "Consequences"):
            assert f"**{part}.**" in text, f"{path.name}: {part}"
        assert len(text.splitlines()) <= 40
