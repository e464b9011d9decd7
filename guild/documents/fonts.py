"""The faces of printed sheets, the order in which they stand in for each other, and what they can
set.

A character that no face covers becomes `.notdef`, which breaks PDF/A (ISO 19005-3, 6.2.11.8) and
shows a box to the reader. So commands ask `uncovered_characters` at input, before anything is
issued.
"""

import json
import unicodedata
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "fonts"

MARK = "\ufffd"
"""Stands for a character that no face covers."""

_WIDE = ("latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "greek-ext", "vietnamese")
_NARROW = ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")


class Face(NamedTuple):
    """One font file under its own family name: a family of several files would hide all but one."""

    family: str
    weight: int
    style: str
    file: str


def _faces(package: str, subsets: tuple[str, ...], weight: int, style: str) -> tuple[Face, ...]:
    return tuple(
        Face(f"{package} {subset}", weight, style, f"{package}-{subset}-{weight}-{style}.woff2")
        for subset in subsets
    )


_SANS = _faces("source-sans-3", _WIDE, 400, "normal")
_SANS_BOLD = _faces("source-sans-3", _WIDE, 600, "normal")
_SERIF_BOLD = _faces("source-serif-4", _NARROW, 600, "normal")
_SERIF_ITALIC = _faces("source-serif-4", _NARROW, 400, "italic")
_CODE = _faces("source-code-pro", ("latin", "latin-ext"), 400, "normal")
_NOTO = _faces("noto-sans", _WIDE, 400, "normal")
_NOTO_BOLD = _faces("noto-sans", _WIDE, 600, "normal")
_NOTO_ITALIC = _faces("noto-sans", _WIDE, 400, "italic")
_MATH = _faces("noto-sans-math", ("latin",), 400, "normal")

# What can be asked for in the style sheets, with the faces that fill each request in order.
STYLES: tuple[tuple[Face, ...], ...] = (
    (*_SANS, *_NOTO, *_MATH),
    (*_SANS_BOLD, *_NOTO_BOLD, *_MATH),
    (*_SERIF_BOLD, *_NOTO_BOLD, *_MATH),
    (*_SERIF_ITALIC, *_NOTO_ITALIC, *_MATH),
    (*_CODE, *_NOTO, *_MATH),
)
STACKS = {
    "--sans": STYLES[0],
    "--serif": STYLES[2],
    "--code": STYLES[4],
}

# Characters that mean no more than their plain neighbours, and that the faces lack.
_PLAIN = str.maketrans(
    {
        "\u202f": "\u00a0",
        "\u2007": "\u00a0",
        "\u2002": " ",
        "\u2003": " ",
        "\u2010": "-",
        "\u2011": "-",
    }
)


def plain(text: str) -> str:
    """Composed (NFC), with exotic spaces and hyphens replaced by the ones that the faces hold."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def uncovered_characters(text: str) -> list[str]:
    """The characters of `text` that a printed sheet cannot show, each once, in order of appearance.

    Line breaks and tabs are fine. Invisible format characters (direction overrides, zero-width
    spaces) are refused although some faces hold them: they make a text read other than it is.
    """
    covered = _coverage()
    wanted = dict.fromkeys(plain(text))
    return [c for c in wanted if ord(c) not in covered and c not in "\n\r\t"]


def printable(text: str) -> str:
    """`plain`, with a replacement mark for what cannot be printed; invisible characters go.

    The last resort for texts that were stored before a check: an issued invoice must be printable,
    and its XML carries the true text. New input is refused instead (`uncovered_characters`).
    """
    text = plain(text)
    marks = {
        ord(c): None if unicodedata.category(c) in ("Cc", "Cf") else MARK
        for c in uncovered_characters(text)
    }
    return text.translate(marks) if marks else text


def face_css(address: str) -> str:
    """The @font-face rules; `address` is what stands before the name of each file."""
    unique = dict.fromkeys(chain.from_iterable(STYLES))
    return "\n".join(
        f'@font-face {{ font-family: "{f.family}"; font-weight: {f.weight}; '
        f"font-style: {f.style}; src: url({address}{f.file})"
        # Serif figures are proportional by default: columns of amounts need tabular ones.
        + ('; font-feature-settings: "tnum"' if f.family.startswith("source-serif") else "")
        + " }"
        for f in unique
    )


def with_stacks(css: str) -> str:
    """Replaces `var(--sans)`, `var(--serif)`, `var(--code)` by the families.

    Done once at start, because resolving CSS variables for each element costs time on every sheet.
    """
    for name, faces in STACKS.items():
        families = ", ".join(f'"{f.family}"' for f in faces)
        css = css.replace(f"var({name})", families)
    return css


@cache
def _coverage() -> frozenset[int]:
    ranges = json.loads((FOLDER / "coverage.json").read_text())
    return frozenset(chain.from_iterable(range(first, last + 1) for first, last in ranges))


def measure_coverage() -> list[list[int]]:
    """Reads the font files: the code points that every style can set, as inclusive ranges."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 -- slow, and only this tool needs it

    def points(face: Face) -> set[int]:
        with TTFont(FOLDER / face.file) as font:
            return set(font.getBestCmap())

    known = {face: points(face) for face in dict.fromkeys(chain.from_iterable(STYLES))}
    common = set.intersection(*(set().union(*(known[f] for f in style)) for style in STYLES))
    kept = sorted(p for p in common if unicodedata.category(chr(p)) not in ("Cc", "Cf", "Co", "Cn"))
    starts = [kept[0], *(b for a, b in pairwise(kept) if b != a + 1)]
    ends = [*(a for a, b in pairwise(kept) if b != a + 1), kept[-1]]
    return [list(pair) for pair in zip(starts, ends, strict=True)]


if __name__ == "__main__":
    (FOLDER / "coverage.json").write_text(json.dumps(measure_coverage()) + "\n")
