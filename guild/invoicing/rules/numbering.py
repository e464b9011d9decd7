"""How an invoice number is written.

The number itself comes from the counter row of its series and year, taken in the transaction
that issues the document (art. 226(2) of Directive 2006/112/EC: sequential, unique). Drafts have
none, so an abandoned draft leaves no gap. The format is the charter's, fixed for a series and year
by its first number.
"""

from typing import Final

SERIES_PREFIX: Final = {
    "invoice": "",
    "credit_note": "CN-",
    "self_bill": "SB-",
    "self_bill_credit": "SBC-",
}
"""Each kind has a series of its own, told apart at a glance."""


def number_text(kind: str, number_format: str, year: int, number: int) -> str:
    """`2026-0001`, `CN-2026-0001`; beyond 9999 the number simply grows longer.

    `number_format` is a Python format with `year` and `number`, which the charter has checked.
    """
    assert number > 0, "a series starts at one"
    return SERIES_PREFIX[kind] + number_format.format(year=year, number=number)
