"""Faces, and the characters that must be refused at input."""

import json
from itertools import chain

import pytest

from guild.documents.fonts import (
    FOLDER,
    MARK,
    STYLES,
    measure_coverage,
    plain,
    printable,
    uncovered_characters,
)


@pytest.mark.parametrize(
    "text",
    [
        "Łukasz Šárka Öğün Ştefan Þórður",
        "Ωμέγα Ευαγγελία",
        "Жанна Ђорђе Їжакевич",
        "Nguyễn Thị Ánh",
        "„Anführung“ – “quotes” … € £ zł ₿ → ✓ ≤ ½",
        "line\nbreak\tand tab",
        "Cafe\u0301",
        "12\u202f000 non\u2011breaking",
    ],
)
def test_names_and_signs_of_europe_can_be_printed(text):
    assert uncovered_characters(text) == []


def test_what_cannot_be_printed_is_named_once_and_in_order():
    assert uncovered_characters("漢字漢 😀 ok") == ["漢", "字", "😀"]


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u0000", "\u00ad"])
def test_invisible_characters_are_refused(hidden):
    assert uncovered_characters(f"Ada{hidden}Voorbeeld") == [hidden]


def test_plain_composes_and_replaces_what_the_faces_lack():
    assert plain("Cafe\u0301 12\u202f000 a\u2011b") == "Café 12\u00a0000 a-b"


def test_what_slipped_through_is_marked_and_the_invisible_goes():
    assert printable("A漢\u202ed\u200ba 😀\n") == f"A{MARK}da {MARK}\n"
    assert uncovered_characters(MARK) == []


def test_the_recorded_coverage_is_that_of_the_files():
    assert json.loads((FOLDER / "coverage.json").read_text()) == measure_coverage()


def test_each_face_is_there_with_its_licence():
    for face in set(chain.from_iterable(STYLES)):
        assert (FOLDER / face.file).is_file()
        package = face.family.split()[0]
        assert "SIL Open Font License" in (FOLDER / f"LICENSE-{package}.txt").read_text()


def test_no_file_lies_unused():
    used = {face.file for face in chain.from_iterable(STYLES)}
    assert {path.name for path in FOLDER.glob("*.woff2")} == used
