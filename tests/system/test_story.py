"""Stories: each kind of step is explained, the example is sound, and wrong ones are refused."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from guild.demo import bank, story
from guild.demo.player import play
from guild.demo.run import DEEDS
from guild.demo.story import Step, Story, StoryWrong, Tale, read_story
from guild.treasury.rules.camt053 import read_statements

ROOT = Path(__file__).parent.parent.parent
DOC = (ROOT / "docs/stories.md").read_text(encoding="utf-8")
FIRST_MONTH = ROOT / "examples/first-month"
XSD = ROOT / "guild/treasury/data/xsd/camt.053.001.08.xsd"
KINDS = sorted(Step.__subclasses__(), key=lambda kind: str(kind.__struct_config__.tag))


def chapter(kind: type[Step]) -> str:
    """What the documentation says under the heading of a step."""
    tag = kind.__struct_config__.tag
    found = re.search(rf"^### `{tag}`$(.*?)(?=^##|\Z)", DOC, re.MULTILINE | re.DOTALL)
    assert found, f"docs/stories.md has no section `{tag}`"
    return found[1]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__struct_config__.tag))
def test_each_step_is_explained_with_all_its_fields(kind: type[Step]) -> None:
    said = chapter(kind)
    own = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    del own["at"]
    named = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", said, re.MULTILINE))
    assert named == {name: "yes" if field.required else "no" for name, field in own.items()}


def test_no_step_is_explained_that_does_not_exist() -> None:
    tags = {str(kind.__struct_config__.tag) for kind in KINDS}
    part = DOC.split("## Steps")[1].split("\n## ")[0]
    assert set(re.findall(r"^### `(\w+)`$", part, re.MULTILINE)) == tags


@pytest.mark.parametrize("kind", [story.Officer, story.Freelancer, story.Client, story.Milestone])
def test_people_are_explained_with_all_their_fields(kind: type[Tale]) -> None:
    for field in msgspec.structs.fields(kind):
        assert f"`{field.encode_name}`" in DOC, f"{kind.__name__}.{field.encode_name}"


def test_each_step_can_be_played() -> None:
    assert DEEDS
    unknown = play.registry[object]
    for kind in KINDS:
        assert play.dispatch(kind) is not unknown, f"nobody plays {kind.__name__}"


def test_the_example_in_the_docs_is_a_story(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n# story\.toml\n(.*?)```", DOC, re.DOTALL)
    (tmp_path / "story.toml").write_text(example, encoding="utf-8")
    assert read_story(tmp_path).step


# ── The example that `make demo` plays ───────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def first_month() -> Story:
    return read_story(FIRST_MONTH)


def test_the_first_month_uses_every_kind_of_step(first_month: Story) -> None:
    assert {type(step) for step in first_month.step} == set(KINDS)


def test_the_first_month_names_only_who_it_introduced(first_month: Story) -> None:
    members = {*first_month.officers, *first_month.freelancers}
    contracts = {s.contract for s in first_month.step if isinstance(s, story.Offer)}
    for step in first_month.step:
        told = msgspec.structs.asdict(step)
        who = told.get("who", [])
        assert {*(who if isinstance(who, list) else [who])} <= members, step
        assert told.get("contract", "website") in contracts, step
        if isinstance(step, story.Offer):
            assert step.client in first_month.clients
        if isinstance(step, story.Statement):
            assert (FIRST_MONTH / step.file).is_file()


class FakeBank:
    """A bank to which any invoice is known, with two payouts that it has carried out."""

    def __init__(self, told: Story) -> None:
        self.story = told
        self.members = {short: f"id-of-{short}" for short in told.freelancers}
        self.invoices: dict[str, dict[str, Any]] = defaultdict(
            lambda: {"total": "121.00", "reference": "+++090/9337/55493+++", "number": "2026-0001"}
        )
        self.payouts = {
            number: {
                "id": f"0199{number}-0000-7000-8000-00000000000{number[-1]}",
                "member_id": self.members[short],
                "member_name": told.freelancers[short].name,
                "amount": "250.10",
            }
            for number, short in zip(("0001", "0002"), told.freelancers, strict=False)
        }
        self.closings = ["12000.00"]


@pytest.mark.parametrize(
    "template", sorted(FIRST_MONTH.glob("*.xml")), ids=lambda path: str(path.name)
)
def test_a_filled_statement_is_valid_camt(first_month: Story, template: Path) -> None:
    content = bank.fill(FakeBank(first_month), template)
    schema = etree.XMLSchema(etree.parse(XSD))
    schema.assertValid(etree.fromstring(content))
    (statement,) = read_statements(content)
    assert statement.opening_minor == 1_200_000
    assert statement.iban == first_month.cooperative.iban
    assert statement.entries


def test_a_payout_stands_on_one_statement_only(first_month: Story) -> None:
    playing = FakeBank(first_month)
    (first,) = read_statements(bank.fill(playing, FIRST_MONTH / "statement-2.xml"))
    (second,) = read_statements(bank.fill(playing, FIRST_MONTH / "statement-3.xml"))
    assert (len(first.entries), len(second.entries)) == (2, 0)


# ── What is refused, with a sentence that names the place ────────────────────────────────────────


def spoilt(folder: Path, old: str, new: str) -> Path:
    """The first month with one thing changed."""
    text = (FIRST_MONTH / "story.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "story.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('trade = "graphic designer"', 'trde = "graphic designer"', "trde.*freelancers"),
        ('do = "endow"', 'do = "endoww"', "step 3: .*endoww"),
        ("milestone = 1\n", 'milestone = "first"\n', "step 23: .*milestone"),
        ('opening_balance = "12000.00"\n', "", "step 3: .*opening_balance"),
        ("at = 2026-09-02T09:00:00Z", "at = 2026-08-02T09:00:00Z", "step 4 goes back in time"),
        ('who = "tariq"', 'who = "tarik"', "step 3 names tarik"),
        ('client = "lumiere"', 'client = "lumen"', "step 5 names the client lumen"),
        ('"statement-1.xml"', '"../statement-1.xml"', "no file beside it"),
        ("[officers]", "[officers", "line"),
        ("[freelancers]", "[freelancers]\nUPPER = {}", r"\$\.freelancers"),
    ],
)
def test_a_wrong_story_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(StoryWrong, match=said) as refusal:
        read_story(spoilt(tmp_path, old, new))
    assert "story.toml" in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_missing_story_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(StoryWrong, match=r"nowhere/story\.toml cannot be read"):
        read_story(tmp_path / "nowhere")


def test_a_missing_statement_is_refused_before_anything_is_played(tmp_path: Path) -> None:
    with pytest.raises(StoryWrong, match=r"statement-1\.xml"):
        read_story(spoilt(tmp_path, "title = ", "title = "))
