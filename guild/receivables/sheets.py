"""Printed sheets of receivables as data: reminder, note of interest, statement of account."""

import datetime as dt

import msgspec

from guild.documents.schemas import Addressee, Language, Letterhead


class ReminderSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder letter: total less settled less disputed is what is asked for, minor units."""

    lang: Language
    seller: Letterhead
    to: Addressee
    number: str
    subject: str
    title: str
    written_on: dt.date
    issued_on: dt.date
    due_on: dt.date
    currency: str
    total_minor: int
    settled_minor: int
    """Paid, credited or given up before the letter."""
    disputed_minor: int
    asked_minor: int
    paragraphs: tuple[str, ...]
    beneficiary: str
    iban: str
    bic: str
    reference: str


class InterestRow(msgspec.Struct, frozen=True, kw_only=True):
    """Days in a row at one rate on one sum."""

    first: dt.date
    last: dt.date
    days: int
    principal_minor: int
    percent: str
    minor: int


class InterestSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A note of statutory interest. It is not an invoice and carries no VAT."""

    lang: Language
    seller: Letterhead
    to: Addressee
    invoice_number: str
    invoice_on: dt.date
    due_on: dt.date
    claimed_on: dt.date
    currency: str
    rows: tuple[InterestRow, ...]
    interest_minor: int
    compensation_minor: int
    total_minor: int
    law: str
    compensation_law: str
    shares: str
    beneficiary: str
    iban: str
    bic: str
    reference: str


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of a client's account."""

    on: dt.date
    kind: str
    document: str
    minor: int
    balance_minor: int


class StatementSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A client's account over a period."""

    lang: Language
    seller: Letterhead
    to: Addressee
    since: dt.date
    until: dt.date
    currency: str
    opening_minor: int
    rows: tuple[StatementRow, ...]
    closing_minor: int
