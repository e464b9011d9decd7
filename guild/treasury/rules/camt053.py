"""Reads ISO 20022 bank statements (camt.053.001.08, and .02 of older banks), with suspicion.

A statement moves the books, so a forged or broken one must not pass: no DTD, no entities, no
network; validated against the schema; every sum in the file is checked against the entries, and
opening balance + booked entries must be the closing balance. Pending entries are kept apart from
booked ones. The reader is our own because the packages on the index lose the reference, the
counterparty or the amounts of batched payments.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import msgspec
from lxml import etree

from guild.core.money import Money
from guild.treasury.errors import (
    StatementDoesNotAdd,
    StatementTooLarge,
    StatementUnreadable,
)
from guild.treasury.rules.numbers import plain_reference

MAX_BYTES = 5_000_000
MAX_ENTRIES = 20_000
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
VERSIONS = ("08", "02")


class ReadEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One movement on the account; of a batch, one payment. Credits positive, in minor units."""

    reference: str
    """Unique within the account: the bank's own reference where it gives one."""
    amount_minor: int
    booked_on: date
    valued_on: date
    structured: str
    """Structured remittance reference in plain form, or empty."""
    text: str
    """Free remittance text, or empty."""
    counterparty: str
    counterparty_iban: str
    end_to_end_id: str
    batch_id: str
    """The payment information id of a payment file of ours, or empty."""
    return_reason: str
    """Why the bank sent a payment back (ISO external code such as AC04), or empty."""


class ReadStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement whose sums hold. Amounts in minor units of `currency`."""

    statement_id: str
    number: str
    """Electronic or legal sequence number, or empty."""
    iban: str
    currency: str
    opening_minor: int
    closing_minor: int
    from_on: date
    to_on: date
    entries: tuple[ReadEntry, ...]
    pending: int
    """How many entries the bank has announced but not booked; they are not in `entries`."""


def read_statements(content: bytes) -> tuple[ReadStatement, ...]:
    """The statements of a file, in the file's order.

    Raises StatementTooLarge, StatementUnreadable or StatementDoesNotAdd.
    """
    root = _parsed(content)
    version = root.tag.removeprefix("{" + NAMESPACE).partition("}")[0]
    if version not in VERSIONS or not root.tag.startswith("{" + NAMESPACE):
        raise StatementUnreadable(
            "The file is not a camt.053.001.08 or camt.053.001.02 statement.",
            mend="Download the statement from the bank again, as camt.053 XML.",
        )
    schema, flatten = _schema(version), _flattener(version)
    try:
        schema.assertValid(root)
    except etree.DocumentInvalid as broken:
        raise StatementUnreadable(f"The file breaks the camt.053 schema: {broken}"[:400]) from None
    statements = list(root[0].iterchildren("{" + NAMESPACE + version + "}Stmt"))
    rows = [line.split("\t") for line in str(flatten(root)).split("\n")[:-1]]
    starts = [place for place, row in enumerate(rows) if row[0] == "S"]
    return tuple(
        _Reader(statement, version).read(rows[start + 1 : end])
        for statement, start, end in zip(statements, starts, [*starts[1:], len(rows)], strict=True)
    )


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
def _schema(version: str) -> etree.XMLSchema:
    """The compiled schema; compiling costs more than reading a statement, so once per process."""
    return etree.XMLSchema(etree.fromstring(_data("xsd", f"camt.053.001.{version}.xsd")))


_CLOSED = etree.XSLTAccessControl(  # type: ignore[call-arg]  # the stubs lack them
    read_file=False, write_file=False, create_dir=False, read_network=False, write_network=False
)
"""The stylesheet touches nothing but the document it is given."""


@cache
def _flattener(version: str) -> etree.XSLT:
    """The stylesheet that turns entries into lines, for the namespace of that version."""
    stylesheet = _data("camt053_rows.xsl").replace(
        f"{NAMESPACE}08".encode(), f"{NAMESPACE}{version}".encode()
    )
    return etree.XSLT(etree.fromstring(stylesheet), access_control=_CLOSED)


class _Entry(NamedTuple):
    """An `E` line of `camt053_rows.xsl`."""

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


class _Payment(NamedTuple):
    """A `P` line of `camt053_rows.xsl`."""

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


NO_PAYMENT = _Payment(*[""] * len(_Payment._fields))


class _Reader:
    """Reads one `Stmt` element; holds what all its entries share."""

    def __init__(self, statement: etree._Element, version: str) -> None:
        self.statement = statement
        self.ns = {"c": NAMESPACE + version}
        self.id = self._text("Id")
        self.currency = self._text("Acct/Ccy")
        self.seen: dict[str, int] = {}

    def read(self, rows: list[list[str]]) -> ReadStatement:
        """The statement, once its sums were checked."""
        opening, opened_on = self._balance("OPBD", "PRCD")
        closing, closed_on = self._balance("CLBD")
        booked: list[ReadEntry] = []
        whole: list[int] = []
        pending: list[int] = []
        for number, (entry, payments) in enumerate(_grouped(rows), 1):
            amount = self._signed(entry.amount, entry.currency, entry.direction)
            if entry.status == "BOOK":
                whole.append(amount)
                booked.extend(self._payments(entry, payments, amount, number))
            else:
                pending.append(amount)
        if len(booked) > MAX_ENTRIES:
            raise StatementTooLarge(f"One import takes at most {MAX_ENTRIES} entries.")
        if opening + sum(whole) != closing:
            raise StatementDoesNotAdd(
                f"Opening balance {self._written(opening)} and entries {self._written(sum(whole))} "
                f"make {self._written(opening + sum(whole))}, "
                f"but the closing balance says {self._written(closing)}."
            )
        self._check_totals(whole, pending)
        first, last = self._text("FrToDt/FrDtTm"), self._text("FrToDt/ToDtTm")
        return ReadStatement(
            statement_id=self.id,
            number=self._text("ElctrncSeqNb") or self._text("LglSeqNb"),
            iban=self._text("Acct/Id/IBAN"),
            currency=self.currency,
            opening_minor=opening,
            closing_minor=closing,
            from_on=_day(first) if first else min(opened_on, closed_on),
            to_on=_day(last) if last else closed_on,
            entries=tuple(booked),
            pending=len(pending),
        )

    # -- the statement as a whole ---------------------------------------------------------------

    def _text(self, path: str, within: etree._Element | None = None) -> str:
        steps = "/".join("c:" + step for step in path.split("/"))
        root = self.statement if within is None else within
        return (root.findtext(steps, default="", namespaces=self.ns) or "").strip()

    def _balance(self, *codes: str) -> tuple[int, date]:
        for code in codes:
            for balance in self.statement.iterfind("c:Bal", self.ns):
                if self._text("Tp/CdOrPrtry/Cd", balance) == code:
                    amount = balance.find("c:Amt", self.ns)
                    assert amount is not None, "the schema demands it"
                    minor = self._signed(
                        amount.text or "",
                        amount.get("Ccy", ""),
                        self._text("CdtDbtInd", balance),
                    )
                    return minor, _day(
                        self._text("Dt/Dt", balance) or self._text("Dt/DtTm", balance)
                    )
        raise StatementUnreadable(f"The statement has no {' or '.join(codes)} balance.")

    def _check_totals(self, booked: list[int], pending: list[int]) -> None:
        """`TxsSummry`, where a bank sends it: counts and sums, of booked or of all entries."""
        kinds: tuple[tuple[str, Callable[[int], bool]], ...] = (
            ("TtlNtries", lambda _: True),
            ("TtlCdtNtries", lambda minor: minor >= 0),
            ("TtlDbtNtries", lambda minor: minor < 0),
        )
        for name, counts in kinds:
            number = self._text(f"TxsSummry/{name}/NbOfNtries")
            total = self._text(f"TxsSummry/{name}/Sum")
            lists = ([m for m in rows if counts(m)] for rows in (booked, booked + pending))
            if not any(self._says(number, total, rows) for rows in lists):
                raise StatementDoesNotAdd(
                    f"The statement's own totals ({name}: {number or 'some'} entries, sum "
                    f"{total or 'not given'}) are not those of its entries."
                )

    def _says(self, number: str, total: str, rows: list[int]) -> bool:
        if number and int(number) != len(rows):
            return False
        try:
            return not total or Money.parse(total, self.currency).minor == sum(map(abs, rows))
        except ValueError:
            return False

    def _signed(self, amount: str, currency: str, direction: str) -> int:
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

    def _written(self, minor: int) -> str:
        return Money(minor, self.currency).text

    # -- entries --------------------------------------------------------------------------------

    def _payments(
        self, entry: _Entry, payments: list[_Payment], amount: int, number: int
    ) -> list[ReadEntry]:
        """The payments of one entry: itself, or each of a batch that gives all amounts.

        A batch whose payments do not add up to the entry is refused. One that hides some of the
        amounts, or reports them in another currency, stays one entry, which a person explains.
        """
        key = entry.bank_reference or f"{self.id}/{entry.reference or number}"
        if len(payments) < 2:
            payment = payments[0] if payments else NO_PAYMENT
            return [self._entry(entry, payment, amount, self._unique(key))]
        if any(payment.currency != self.currency for payment in payments):
            return [self._entry(entry, NO_PAYMENT, amount, self._unique(key))]
        parts = [
            self._signed(one.amount, one.currency, one.direction or entry.direction)
            for one in payments
        ]
        if sum(parts) != amount:
            raise StatementDoesNotAdd(
                f"The payments of batch {key} make {self._written(sum(parts))}, "
                f"the entry says {self._written(amount)}."
            )
        return [
            self._entry(entry, payment, part, self._unique(f"{key}:{place}"))
            for place, (payment, part) in enumerate(zip(payments, parts, strict=True), 1)
        ]

    def _unique(self, key: str) -> str:
        """Some banks give a payment and its charge the same reference; the second is `key#2`."""
        times = self.seen[key] = self.seen.get(key, 0) + 1
        return key if times == 1 else f"{key}#{times}"

    def _entry(self, entry: _Entry, payment: _Payment, amount: int, key: str) -> ReadEntry:
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
            booked_on=_day(booked),
            valued_on=_day(entry.valued or booked),
            structured=plain_reference(payment.structured) if payment.structured else "",
            text=payment.text or payment.more or entry.text,
            counterparty=name,
            counterparty_iban=iban,
            end_to_end_id="" if payment.end_to_end_id == "NOTPROVIDED" else payment.end_to_end_id,
            batch_id=payment.batch_id or entry.batch_id,
            return_reason=payment.return_reason,
        )


def _grouped(rows: list[list[str]]) -> Iterator[tuple[_Entry, list[_Payment]]]:
    """Each entry with its payments."""
    entry: _Entry | None = None
    payments: list[_Payment] = []
    for row in rows:
        if row[0] == "P":
            payments.append(_Payment._make(row[1:]))
            continue
        if entry is not None:
            yield entry, payments
        entry, payments = _Entry._make(row[1:]), []
    if entry is not None:
        yield entry, payments


@lru_cache(maxsize=64)
def _day(written: str) -> date:
    """The day of an ISO date or date and time, as the bank wrote it."""
    return date.fromisoformat(written[:10])
