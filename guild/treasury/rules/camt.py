"""What the readers of ISO 20022 bank messages share: a safe parser, schemas, flat lines.

A statement moves the books, so a forged or broken one must not pass: no DTD, no entities, no
network; validated against the schema of its version. The lines come from a stylesheet
(`data/camt_rows.xsl`), because libxslt walks a large file many times faster than Python; schema
and stylesheet run side by side, since libxml2 needs no interpreter.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from lxml import etree

from guild.core.money import Money
from guild.treasury.errors import (
    StatementDoesNotAdd,
    StatementTooLarge,
    StatementUnreadable,
)
from guild.treasury.rules.entries import MAX_BYTES, Numbered, ReadEntry, movement
from guild.treasury.rules.numbers import plain_reference

PREFIX = "urn:iso:std:iso:20022:tech:xsd:"
WRITTEN_FOR = "camt.053.001.08"
MESSAGES = ("camt.053.001.08", "camt.053.001.02", "camt.054.001.08", "camt.054.001.02")
OF_MESSAGE = {"camt.053": "Stmt", "camt.054": "Ntfctn"}


class Message(NamedTuple):
    """A file that its schema accepts: its reports, each with the lines of its entries."""

    name: str
    """`camt.053.001.08`."""
    reports: list[tuple[etree._Element, list[list[str]]]]


class EntryLine(NamedTuple):
    """An `E` line of `camt_rows.xsl`."""

    amount: str
    currency: str
    direction: str
    status: str
    booked: str
    valued: str
    bank_reference: str
    reference: str
    text: str
    batch_id: str
    reversal: str
    code: str
    payments: str


class PaymentLine(NamedTuple):
    """A `P` line of `camt_rows.xsl`."""

    amount: str
    currency: str
    direction: str
    end_to_end_id: str
    batch_id: str
    debtor: str
    debtor_iban: str
    creditor: str
    creditor_iban: str
    structured: str
    text: str
    return_reason: str
    more: str
    mandate_id: str


NO_PAYMENT = PaymentLine(*[""] * len(PaymentLine._fields))


def read_message(content: bytes) -> Message:
    """Parse, validate and flatten. Raises StatementTooLarge and StatementUnreadable."""
    root = _parsed(content)
    name = str(root.tag).removeprefix("{" + PREFIX).partition("}")[0]
    if name not in MESSAGES or not str(root.tag).startswith("{" + PREFIX):
        raise StatementUnreadable(
            "The file is none of the messages that are read here: camt.053.001.08 or .02 "
            "(statements), camt.054.001.08 or .02 (notifications).",
            mend="Download the statement from the bank again, as camt.053 XML.",
        )
    with ThreadPoolExecutor(1) as beside:
        checking = beside.submit(_refused, name, root)
        flat = str(_flattener(name)(root))
        refused = checking.result()
    if refused:
        raise StatementUnreadable(f"The file breaks the {name[:8]} schema: {refused}"[:400])
    rows = [line.split("\t") for line in flat.split("\n")[:-1]]
    starts = [place for place, row in enumerate(rows) if row[0] == "S"]
    reports = root[0].iterchildren(f"{{{PREFIX}{name}}}{OF_MESSAGE[name[:8]]}")
    return Message(
        name,
        [
            (report, rows[start + 1 : end])
            for report, start, end in zip(reports, starts, [*starts[1:], len(rows)], strict=True)
        ],
    )


def _refused(name: str, root: etree._Element) -> str:
    """What the schema says against the file, or nothing."""
    try:
        _schema(name).assertValid(root)
    except etree.DocumentInvalid as broken:
        return str(broken)
    return ""


def _parsed(content: bytes) -> etree._Element:
    """The root element; a DOCTYPE is refused after parsing, since UTF-16 would hide it before."""
    if len(content) > MAX_BYTES:
        raise StatementTooLarge(
            f"The file has {len(content)} bytes; one import takes at most {MAX_BYTES}.",
            mend="Ask the bank for shorter periods.",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise StatementUnreadable(f"The file is not well-formed XML: {broken}"[:300]) from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs lack it
        raise StatementUnreadable("The file declares a document type (DTD); statements never do.")
    return root


def _data(*path: str) -> bytes:
    return resources.files("guild.treasury").joinpath("data", *path).read_bytes()


@cache
def _schema(name: str) -> etree.XMLSchema:
    """The compiled schema; compiling costs more than reading a statement, so once per process."""
    return etree.XMLSchema(etree.fromstring(_data("xsd", f"{name}.xsd")))


_CLOSED = etree.XSLTAccessControl(  # type: ignore[call-arg]  # the stubs lack them
    read_file=False, write_file=False, create_dir=False, read_network=False, write_network=False
)
"""The stylesheet touches nothing but the document it is given."""


@cache
def _flattener(name: str) -> etree.XSLT:
    """The stylesheet that turns entries into lines, for the namespace of that message."""
    stylesheet = _data("camt_rows.xsl").replace(
        f"{PREFIX}{WRITTEN_FOR}".encode(), f"{PREFIX}{name}".encode()
    )
    return etree.XSLT(etree.fromstring(stylesheet), access_control=_CLOSED)


class Report:
    """One `Stmt` or `Ntfctn` element; holds what all its entries share."""

    def __init__(self, element: etree._Element, name: str) -> None:
        self.element = element
        self.ns = {"c": PREFIX + name}
        self.id = self.text("Id")
        self.currency = self.text("Acct/Ccy")
        self.numbered = Numbered()

    def text(self, path: str, within: etree._Element | None = None) -> str:
        """The text of an element, or nothing."""
        steps = "/".join("c:" + step for step in path.split("/"))
        root = self.element if within is None else within
        return (root.findtext(steps, default="", namespaces=self.ns) or "").strip()

    def signed(self, amount: str, currency: str, direction: str) -> int:
        """Minor units, negative for a debit; another currency than the account's is refused."""
        self.currency = self.currency or currency
        if currency != self.currency:
            raise StatementDoesNotAdd(
                f"An amount in {currency} on an account in {self.currency}.",
                mend="Ask the bank to report amounts in the account's currency.",
            )
        try:
            minor = Money.parse(amount.strip(), currency).minor
        except ValueError as refused:
            raise StatementUnreadable(f"{refused}.") from None
        return -minor if direction == "DBIT" else minor

    def written(self, minor: int) -> str:
        """An amount of this account for a sentence."""
        return movement(minor, self.currency)

    def payments(
        self, entry: EntryLine, payments: list[PaymentLine], amount: int, number: int
    ) -> list[ReadEntry]:
        """The payments of one entry: itself, or each of a batch that gives all amounts.

        A batch whose payments do not add up to the entry is refused. One that hides some of the
        amounts, or reports them in another currency, stays one entry, which a person explains.
        """
        key = entry.bank_reference or f"{self.id}/{entry.reference or number}"
        if len(payments) < 2:
            payment = payments[0] if payments else NO_PAYMENT
            return [self.entry(entry, payment, amount, self.numbered.unique(key))]
        if any(payment.currency != self.currency for payment in payments):
            return [self.entry(entry, NO_PAYMENT, amount, self.numbered.unique(key))]
        parts = [
            self.signed(one.amount, one.currency, one.direction or entry.direction)
            for one in payments
        ]
        if sum(parts) != amount:
            raise StatementDoesNotAdd(
                f"The payments of batch {key} make {self.written(sum(parts))}, "
                f"the entry says {self.written(amount)}."
            )
        return [
            self.entry(entry, payment, part, self.numbered.unique(f"{key}:{place}"))
            for place, (payment, part) in enumerate(zip(payments, parts, strict=True), 1)
        ]

    def entry(self, entry: EntryLine, payment: PaymentLine, amount: int, key: str) -> ReadEntry:
        """One movement in the shape that all readers share."""
        booked = entry.booked or entry.valued
        if not booked:
            raise StatementUnreadable(f"Entry {key} is booked but has no date.")
        debtor = (payment.debtor, payment.debtor_iban)
        creditor = (payment.creditor, payment.creditor_iban)
        # The other side pays us or is paid. Of a payment of ours that comes back, banks fill in
        # either side, so whichever is there is taken.
        first, second = (debtor, creditor) if amount > 0 else (creditor, debtor)
        name, iban = first if any(first) else second
        return ReadEntry(
            reference=key,
            amount_minor=amount,
            booked_on=day_of(booked),
            valued_on=day_of(entry.valued or booked),
            structured=plain_reference(payment.structured) if payment.structured else "",
            text=payment.text or payment.more or entry.text,
            counterparty=name,
            counterparty_iban=iban,
            end_to_end_id="" if payment.end_to_end_id == "NOTPROVIDED" else payment.end_to_end_id,
            batch_id=payment.batch_id or entry.batch_id,
            return_reason=payment.return_reason,
            reversal=entry.reversal in {"true", "1"},
            code=entry.code,
            mandate_id=payment.mandate_id,
            undivided=payment is NO_PAYMENT and entry.payments not in {"", "1"},
        )


def grouped(rows: list[list[str]]) -> Iterator[tuple[EntryLine, list[PaymentLine]]]:
    """Each entry with its payments."""
    entry: EntryLine | None = None
    payments: list[PaymentLine] = []
    for row in rows:
        if row[0] == "P":
            payments.append(PaymentLine._make(row[1:]))
            continue
        if entry is not None:
            yield entry, payments
        entry, payments = EntryLine._make(row[1:]), []
    if entry is not None:
        yield entry, payments


@lru_cache(maxsize=64)
def day_of(written: str) -> date:
    """The day of an ISO date or date and time, as the bank wrote it."""
    return date.fromisoformat(written[:10])
