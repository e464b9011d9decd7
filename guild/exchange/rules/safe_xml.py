"""XML from strangers, opened with suspicion.

No document type, no entities, no network, no very deep and no very large trees; numbers and dates
in the forms of XML Schema only. A document type is refused after parsing, since UTF-16 would hide
it from a search in the bytes.
"""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from lxml import etree

from guild.exchange.rules.received import NotReadable

XML_BYTES_MAX: Final = 10_000_000
DEPTH_MAX: Final = 40
ELEMENTS_MAX: Final = 200_000
LINES_MAX: Final = 5_000
TEXT_MAX: Final = 200
LONG_TEXT_MAX: Final = 2_000
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,12})?")
_SPACES: Final = re.compile(r"\s+")
ASK_AGAIN: Final = "Ask the supplier to send the invoice again, as UBL, CII or Factur-X."


def parse(content: bytes) -> etree._Element:
    """The root element of harmless XML; raises NotReadable."""
    if len(content) > XML_BYTES_MAX:
        raise NotReadable(
            "invoice_too_large",
            f"The XML has {len(content)} bytes; at most {XML_BYTES_MAX} are read.",
            "Ask for it without large attachments.",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise NotReadable(
            "invoice_unreadable", f"The file is not well-formed XML: {broken}"[:300], ASK_AGAIN
        ) from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs lack it
        raise NotReadable(
            "invoice_unreadable",
            "The file declares a document type (DTD); electronic invoices never do.",
            ASK_AGAIN,
        )
    _measure(root)
    return root


def _measure(root: etree._Element) -> None:
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > DEPTH_MAX or count > ELEMENTS_MAX:
            raise NotReadable(
                "invoice_too_large",
                "The XML is nested too deeply or has too many parts.",
                ASK_AGAIN,
            )


class Node:
    """An element with short ways to what is in it; a missing element reads as empty."""

    def __init__(self, element: etree._Element | None, spaces: Mapping[str, str]) -> None:
        self.element: Final = element
        self.spaces: Final = spaces

    def one(self, path: str) -> "Node":
        """The first element at the path, or an empty node."""
        found = None if self.element is None else self.element.find(path, dict(self.spaces))
        return Node(found, self.spaces)

    def all(self, path: str) -> list["Node"]:
        """Every element at the path."""
        if self.element is None:
            return []
        return [Node(found, self.spaces) for found in self.element.findall(path, dict(self.spaces))]

    def text(self, path: str = "", limit: int = TEXT_MAX) -> str:
        """The words there, with single spaces, cut at `limit` characters."""
        node = self.one(path) if path else self
        if node.element is None or not node.element.text:
            return ""
        return _SPACES.sub(" ", node.element.text[: limit * 4]).strip()[:limit]

    def attribute(self, name: str, path: str = "") -> str:
        """An attribute there, or an empty string."""
        node = self.one(path) if path else self
        return "" if node.element is None else (node.element.get(name) or "")[:TEXT_MAX].strip()

    def amount(self, path: str, default: Decimal = Decimal(0)) -> Decimal:
        """A decimal number there; raises NotReadable for anything else."""
        words = self.text(path)
        if not words:
            return default
        if not _DECIMAL.fullmatch(words):
            raise NotReadable(
                "invoice_unreadable",
                f"“{words[:40]}” at {_plain(path)} is not a number.",
                ASK_AGAIN,
            )
        return Decimal(words)

    def rate(self, path: str) -> Decimal | None:
        """A percentage there, or None."""
        return self.amount(path) if self.text(path) else None

    def day(self, path: str, form: str = "%Y-%m-%d") -> dt.date | None:
        """A date there, or None; a time zone behind it is ignored, as EN 16931 has none."""
        words = self.text(path)
        if not words:
            return None
        try:
            return dt.datetime.strptime(words[: 10 if "-" in form else 8], form).date()  # noqa: DTZ007
        except ValueError:
            raise NotReadable(
                "invoice_unreadable", f"“{words[:40]}” at {_plain(path)} is not a date.", ASK_AGAIN
            ) from None


def _plain(path: str) -> str:
    return re.sub(r"\w+:", "", path)


def required_day(day: dt.date | None) -> dt.date:
    """The day of issue (BR-03), without which an invoice is none."""
    if day is None:
        raise NotReadable("invoice_unreadable", "The invoice has no date of issue.", ASK_AGAIN)
    return day


def currency_of(code: str) -> str:
    """The currency (BR-05); raises NotReadable."""
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise NotReadable("invoice_unreadable", "The invoice names no currency.", ASK_AGAIN)
    return code


def bounded(lines: list[Node]) -> list[Node]:
    """The lines, unless there are absurdly many."""
    if len(lines) > LINES_MAX:
        raise NotReadable(
            "invoice_too_large", f"The invoice has more than {LINES_MAX} lines.", ASK_AGAIN
        )
    return lines
