"""Rate cards on the wire, and their import from a table."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from guild.core.ids import RateId
from guild.core.wire import Amount, CurrencyCode, In, Out, ShortText

RateUnit = Literal["hour", "day", "unit"]
CsvText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2_000_000,
        pattern=r"^[^\x00]*$",
        examples=["role;unit;rate;currency;valid_from\nIllustrator;hour;65.00;EUR;2026-11-23"],
    ),
]
Column = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]


class RateIn(In, frozen=True):
    """What you ask for an hour, a day or a piece, in a role, from a day on; before VAT."""

    role: ShortText
    unit: RateUnit
    rate: Amount
    currency: CurrencyCode = "EUR"
    valid_from: date | None = None
    """Today where it is left out."""


class RateOut(Out, frozen=True):
    """One of your rates. Of those of one role, unit and currency the newest begun is `in_force`."""

    id: RateId
    role: str
    unit: RateUnit
    rate: str
    currency: str
    valid_from: date
    in_force: bool


class RateImportIn(In, frozen=True):
    """A table of rates. Without a mapping, columns are found by their names."""

    csv: CsvText
    mapping: dict[Column, Column] = field(default_factory=dict)
    dry_run: bool = True
    skip_wrong: bool = False
    """Take what is right although other rows are wrong; otherwise it is all or nothing."""


class RateFaultOut(Out, frozen=True):
    """What is wrong with a field of a row."""

    field: str
    detail: str


class RateRowOut(Out, frozen=True):
    """What becomes of one row; `line` is the line of the spreadsheet."""

    line: int
    role: str
    outcome: Literal["new", "known", "wrong"]
    faults: list[RateFaultOut]


class RateImportOut(Out, frozen=True):
    """What an import would do, or did."""

    dry_run: bool
    header: list[str]
    mapping: dict[str, str]
    new: int
    known: int
    wrong: int
    rows: list[RateRowOut]
