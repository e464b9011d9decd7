"""Each rule of the house notices its breach, names the place, and lets what is allowed pass."""

import subprocess
from pathlib import Path

import pytest

from scripts import house_rules

LONG = "x = 1\n" * (house_rules.LINES_MAX + 1)
FUNCTION = "def long():\n" + "    x = 1\n" * (house_rules.FUNCTION_LINES_MAX + 2)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("members/queries.py", LONG, "split the room"),
        ("members/queries.py", "x = 1  # TO" + "DO: later\n", "unfinished"),
        ("members/queries.py", "# FIX" + "ME\n", "unfinished"),
        ("members/queries.py", FUNCTION, "part it"),
        ("members/commands.py", "async def f(s):\n    await s.commit()\n", "commits"),
        ("members/commands.py", "import datetime\nx = datetime.now()\n", "reads the clock"),
        ("members/commands.py", "x = datetime.datetime.now(UTC)\n", "reads the clock"),
        ("members/rules.py", "x = date.today()\n", "reads the clock"),
        ("members/rules.py", "x = datetime.utcnow()\n", "reads the clock"),
        ("members/pages.py", "e = jinja2.Environment()\n", "without autoescape"),
        ("members/pages.py", "e = Environment()\n", "without autoescape"),
        ("members/pages.py", "x = os.environ['A']\n", "environ has one place"),
        ("members/pages.py", "x = os.environ.get('A')\n", "environ has one place"),
        ("members/pages.py", "x = os.getenv('A')\n", "reads the environment"),
    ],
)
def test_a_breach_is_named(name: str, text: str, words: str) -> None:
    assert any(words in found for found in house_rules.of_file(name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("core/work.py", "async def f(s):\n    await s.commit()\n"),
        ("core/clock.py", "x = datetime.now(UTC)\n"),
        ("core/settings.py", "x = os.environ['A']\n"),
        ("core/pages.py", "e = Environment(autoescape=True)\n"),
        ("members/queries.py", "x = work.now\ny = row.today()\n"),
        ("migrations/versions/0001_founding.py", FUNCTION),
    ],
)
def test_what_is_allowed_passes(name: str, text: str) -> None:
    assert list(house_rules.of_file(name, text)) == []


def test_strange_rooms_are_named(tmp_path: Path) -> None:
    package = tmp_path / "guild" / "members"
    package.mkdir(parents=True)
    for room in ("commands.py", "helpers.py", "utils"):
        path = package / room
        if path.suffix:
            path.write_text("")
        else:
            path.mkdir()
            (path / "__init__.py").write_text("")
    (package / "templates").mkdir()
    found = [line.split(":")[0] for line in house_rules.breaches(tmp_path)]
    assert found == ["guild/members/helpers.py", "guild/members/utils"]


def test_a_breach_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "guild" / "members"
    package.mkdir(parents=True)
    monkeypatch.setattr(house_rules, "ROOT", tmp_path)
    monkeypatch.setattr(house_rules, "strange_words", lambda: iter(()))
    assert house_rules.main() == 0
    (package / "helpers.py").write_text("")
    assert house_rules.main() == 1
    assert "guild/members/helpers.py" in capsys.readouterr().out


def test_paths_of_machines_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "notes.md").write_text("see /ro" + "ot/secret\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "notes.md"], check=True)
    monkeypatch.setattr(house_rules, "ROOT", tmp_path)
    assert [line.split(":")[0] for line in house_rules.strange_words()] == ["notes.md"]
