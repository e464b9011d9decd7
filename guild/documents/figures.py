"""The drawings on printed sheets, as SVG: the payment code, and the bars that say where money goes.

Plain paths and text only: PDF/A knows nothing of gradients, and images would be interpolated.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

import segno.helpers
from markupsafe import Markup, escape

# The first tone carries white, the others carry ink, each at 7:1 or more.
TONES = ("#0B5D4E", "#8FB5AD", "#C0D8D3", "#D9D6CB", "#EFEDE6")
_INK, _PALE = "#1B1F1D", "#F3EFD9"
_UPPER, _LOWER = (0.0, 9.0), (13.5, 6.75)  # top and height of the two rows of an opened bar
_GAP = 0.3  # millimetres of white between pieces: told apart in grey print too


class Piece(NamedTuple):
    """One part of a bar: its letter, its words, its amount as number and as text."""

    key: str
    name: str
    minor: int
    text: str


def payment_code(
    *, name: str, iban: str, bic: str, reference: str, minor: int, title: str
) -> Markup:
    """The EPC QR code of a SEPA credit transfer in euro (EPC069-12, version 2).

    Only a creditor reference of ISO 11649 (RF…) may stand in the structured field, without its
    spaces; anything else, also a Belgian +++…+++, is free text, which Belgian banking apps
    recognise. Rows of dark modules are drawn as strokes: half the commands of squares.
    """
    structured = reference.startswith("RF")
    code = segno.helpers.make_epc_qr(
        name[:70],
        iban.replace(" ", ""),
        Decimal(minor).scaleb(-2),
        reference=reference.replace(" ", "") if structured else None,
        text=None if structured else reference,
        bic=bic or None,
        encoding="utf-8",
    )
    runs = []
    for y, row in enumerate(code.matrix):
        x = 0
        for dark, modules in groupby(row):
            length = len(list(modules))
            if dark:
                runs.append(f"M{x} {y}.5h{length}")
            x += length
    size = len(code.matrix)
    return _svg(
        "27mm", "27mm", f"{size} {size}", title, f'<path stroke="#000" d="{"".join(runs)}"/>'
    )


def bar(minors: Sequence[int], width: float, height: float, title: str) -> Markup:
    """Shares of a whole, side by side, in the order given. Lengths are in millimetres."""
    whole, x, parts = sum(minors) or 1, 0.0, []
    for minor, tone in zip(minors, _tones(len(minors)), strict=True):
        part = width * minor / whole
        parts.append(_block(tone, x, 0, part, height))
        x += part
    return _svg(f"{width}mm", f"{height}mm", f"{width} {height}", title, "".join(parts))


def opened_bar(pieces: Sequence[Piece], width: float, title: str) -> Markup:
    """The whole in one bar; below it the small shares, opened out to the full width."""
    first, rest = pieces[0], pieces[1:]
    small = sum(p.minor for p in rest)
    if not small or not first.minor:
        return _svg(
            f"{width}mm", "9mm", f"{width} 9", title, _piece(first, TONES[0], 0, width, _UPPER)
        )
    letters = f"{rest[0].key}\u2013{rest[-1].key}" if len(rest) > 1 else rest[0].key
    cut = width * first.minor / (first.minor + small)
    parts = [
        f'<path fill="{_PALE}" d="M{cut:.2f} 9H{width}V13.5H0z"/>',
        _piece(first, TONES[0], 0, cut, _UPPER),
        _piece(Piece(letters, "", small, ""), TONES[1], cut, width - cut + _GAP, _UPPER),
    ]
    x = 0.0
    for piece, tone in zip(rest, _tones(len(pieces))[1:], strict=True):
        part = (width + _GAP) * piece.minor / small
        parts.append(_piece(piece, tone, x, part, _LOWER))
        x += part
    return _svg(f"{width}mm", "20.25mm", f"{width} 20.25", title, "".join(parts))


def _tones(count: int) -> list[str]:
    return [TONES[0], *(TONES[1 + i % (len(TONES) - 1)] for i in range(count - 1))]


def _block(tone: str, x: float, y: float, part: float, height: float) -> str:
    return f'<path fill="{tone}" d="M{x:.2f} {y}h{max(part - _GAP, _GAP):.2f}v{height}H{x:.2f}z"/>'


def _piece(piece: Piece, tone: str, x: float, part: float, row: tuple[float, float]) -> str:
    y, height = row
    words = [piece.key, piece.name, piece.text]
    # 1.75 mm is a wide letter at this size: the name goes first, then the amount; the letter stays.
    while len("  ".join(words)) * 1.75 > part and len(words) > 1:
        words.pop(1)
    label = escape("\u00a0\u00a0\u00a0".join(w for w in words if w))
    ink = "#fff" if tone == TONES[0] else _INK
    return (
        _block(tone, x, y, part, height)
        + f'<text x="{x + 1.5:.2f}" y="{y + height / 2 + 1.1}" font-family="source-sans-3 latin, '
        f'source-sans-3 latin-ext" font-weight="600" font-size="3.26" fill="{ink}">{label}</text>'
    )


def _svg(width: str, height: str, box: str, title: str, content: str) -> Markup:
    # The title becomes the alternative text of the figure in the tagged PDF.
    return Markup(  # noqa: S704 -- made of numbers and escaped words only
        f'<svg class="drawing" width="{width}" height="{height}" viewBox="0 0 {box}">'
        f"<title>{escape(title)}</title>{content}</svg>"
    )
