"""What one reads of the series of numbers."""

from datetime import date
from typing import Literal

from guild.core.wire import Out


class SeriesOut(Out, frozen=True):
    """One series: how many documents it counts, from which to which, and whether it is whole.

    `problems` says each gap, each number that is there twice, each date that goes back; an empty
    list is the proof that the series is complete.
    """

    kind: Literal["invoice", "credit_note", "self_bill", "self_bill_credit"]
    year: int
    documents: int
    first_number: str | None
    last_number: str | None
    first_date: date | None
    last_date: date | None
    counter: int
    """The next number to be given."""
    totals: dict[str, str]
    """What the documents ask for, by currency."""
    complete: bool
    problems: list[str]
