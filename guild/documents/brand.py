"""The cooperative's own colour and logo on printed sheets.

A colour must carry white text at 4.5:1 (WCAG 2.2, 1.4.3). A logo is an SVG of plain shapes: PDF/A
knows no gradients, and nothing may be fetched or run, so anything else in it is refused.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from lxml import etree
from markupsafe import Markup

DEFAULT_COLOUR: Final = "#0B5D4E"
SHAPES: Final = frozenset(
    ["svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "title"]
)
LOGO_BYTES_MAX: Final = 64 * 1024
CONTRAST: Final = 4.5
_SVG: Final = "{http://www.w3.org/2000/svg}"
_ATTRIBUTES: Final = frozenset(
    ["viewBox", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width",
     "height", "points", "fill", "fill-rule", "clip-rule", "stroke", "stroke-width",
     "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "transform", "version"]
)  # fmt: skip


class BrandWrong(Exception):
    """The colour or the logo cannot be used; the message says why."""


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a sheet the cooperative's own; an empty logo leaves the house's mark."""

    colour: str = DEFAULT_COLOUR
    logo: str = ""


def brand_of(colour: str, logo_file: str) -> Brand:
    """The brand of the settings, checked; raises BrandWrong."""
    if not re.fullmatch("#[0-9A-Fa-f]{6}", colour):
        raise BrandWrong("coop.colour must be # and six hexadecimal digits")
    if _contrast_with_white(colour) < CONTRAST:
        raise BrandWrong("coop.colour is too light to carry white: 4.5:1 is needed")
    return Brand(colour=colour.upper(), logo=_logo(logo_file) if logo_file else "")


@lru_cache(maxsize=8)
def _logo(path: str) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError:
        raise BrandWrong("coop.logo_file cannot be read") from None
    if len(content) > LOGO_BYTES_MAX:
        raise BrandWrong("coop.logo_file is larger than 64 kB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise BrandWrong("coop.logo_file is no SVG") from None
    if root.tag != f"{_SVG}svg" or not root.get("viewBox"):
        raise BrandWrong("coop.logo_file must be an svg with a viewBox")
    for element in root.iter():
        tag = str(element.tag).removeprefix(_SVG)
        if tag not in SHAPES:
            raise BrandWrong(f"coop.logo_file holds <{tag}>; only plain shapes can be printed")
        strange = sorted(set(map(str, element.attrib)) - _ATTRIBUTES)
        if strange or any("url(" in value for value in element.attrib.values()):
            raise BrandWrong(f"coop.logo_file has attributes that are not printed: {strange}")
    root.attrib.pop("width", "")
    root.attrib.pop("height", "")
    root.set("class", "mark")
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="unicode")


def _contrast_with_white(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def branded(html: str, brand: Brand) -> str:
    """The sheet in the cooperative's colour, with its logo in place of the mark."""
    if brand.colour != DEFAULT_COLOUR:
        style = (
            f"<style>.figure {{ color: {brand.colour} }} "
            f".tone1 {{ background: {brand.colour} }}</style></head>"
        )
        html = html.replace(DEFAULT_COLOUR, brand.colour).replace("</head>", style, 1)
    return html


def mark(brand: Brand, name: str) -> Markup:
    """The logo, or the house's mark: a square ruled like a ledger."""
    if brand.logo:
        return Markup(brand.logo)  # noqa: S704 -- an operator's file of plain shapes, checked
    return Markup(
        '<svg class="mark" viewBox="0 0 9 9"><title>{}</title><path fill="#0B5D4E" '
        'd="M0 0h9v9H0z"/><path stroke="#fff" stroke-width=".45" d="M0 3h9M0 6h9M6.2 0v9"/></svg>'
    ).format(name)
