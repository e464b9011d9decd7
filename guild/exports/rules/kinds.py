"""The kinds of exports: whom each is for, and which periods it is made of."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

import msgspec

from guild.exports.errors import PeriodWrong

Span = Literal["days", "month_or_quarter", "year"]
Kind = Literal["documents", "vat", "clients_be", "intra_community", "books"]
DAYS_MAX: Final = 366
QUARTER: Final = 3


class ExportKind(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of export is."""

    title: str
    says: str
    span: Span
    for_members: bool
    """Whether a member may ask for her own part; offices ask for the whole house."""


KINDS: Final[Mapping[Kind, ExportKind]] = {
    "documents": ExportKind(
        title="Issued documents",
        says="Every invoice and credit note of the period as UBL, CII and PDF, with a list.",
        span="days",
        for_members=True,
    ),
    "vat": ExportKind(
        title="VAT listing",
        says="Each issued document with its VAT by category and rate, and the sums, as CSV.",
        span="days",
        for_members=True,
    ),
    "clients_be": ExportKind(
        title="Belgian client listing",
        says="The yearly list of Belgian clients with a VAT number (art. 53quinquies CTVA), as the "
        "XML file for Intervat and as CSV.",
        span="year",
        for_members=False,
    ),
    "intra_community": ExportKind(
        title="Intra-Community listing",
        says="Supplies to businesses in other member states (art. 262 of Directive 2006/112/EC), "
        "as CSV, and for a Belgian cooperative as the XML file for Intervat.",
        span="month_or_quarter",
        for_members=False,
    ),
    "books": ExportKind(
        title="The books",
        says="The journal of each year in the period for hledger and beancount, and every posting "
        "of the period as CSV.",
        span="days",
        for_members=False,
    ),
}


def check_period(kind: Kind, first: date, last: date) -> None:
    """Refuse a period that the kind is not made of; raises PeriodWrong."""
    if last < first:
        raise PeriodWrong("The period ends before it begins.", field="last_day")
    if (last - first).days >= DAYS_MAX:
        raise PeriodWrong(
            "A period is a year at most.", mend="Ask for each year by itself.", field="last_day"
        )
    span = KINDS[kind].span
    if span == "year" and (first, last) != (date(first.year, 1, 1), date(first.year, 12, 31)):
        raise PeriodWrong(
            "This listing is made of a calendar year.",
            mend=f"Give {first.year}-01-01 and {first.year}-12-31.",
            field="first_day",
        )
    if span == "month_or_quarter" and not (is_month(first, last) or is_quarter(first, last)):
        raise PeriodWrong(
            "This listing is made of a calendar month or quarter.",
            mend="Give its first and last day.",
            field="first_day",
        )


def is_month(first: date, last: date) -> bool:
    """Whether it is one whole calendar month."""
    return first.day == 1 and last == _month_end(first.year, first.month)


def is_quarter(first: date, last: date) -> bool:
    """Whether it is one whole calendar quarter."""
    begins = first.day == 1 and (first.month - 1) % QUARTER == 0
    return begins and last == _month_end(first.year, first.month + QUARTER - 1)


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
