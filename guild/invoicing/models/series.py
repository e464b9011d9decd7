"""The counter of each series of numbers, and the serials of payment references."""

from datetime import date
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Sequence,
    SmallInteger,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base

REFERENCE_SERIAL: Final = Sequence("invoice_reference_serial")
"""Serials of structured payment references. Gaps mean nothing: this is not the invoice number."""


SERIES_KINDS: Final = ("invoice", "credit_note", "self_bill", "self_bill_credit")
"""Each kind has a series of its own in each year."""


class NumberSeries(Base):
    """The counter of one kind of document in one year; its row is the queue for the next number.

    It is moved on in the transaction that issues, so a rollback leaves no gap. The format is fixed
    with the first number of the year.
    """

    __tablename__ = "number_series"
    __table_args__ = (
        CheckConstraint(f"kind IN {SERIES_KINDS!r}", name="kind_known"),
        CheckConstraint("next >= 1", name="starts_at_one"),
    )

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    next: Mapped[int]
    last_date: Mapped[date]
    number_format: Mapped[str] = mapped_column(String(60))
