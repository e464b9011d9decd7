"""Free lines in a form: some rows of text, quantity and price, as the API takes them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from guild.core.errors import Invalid
from guild.invoicing.schemas.drafts import LineIn

ROWS: Final = 6
"""Free lines that a form has room for at first; the API takes 200."""
FIELDS: Final = ("text", "quantity", "unit_price")


def lines_of(data: Mapping[str, str], before: Sequence[LineIn] = ()) -> list[dict[str, Any]]:
    """The lines that were typed; what a form does not show is kept from the line before.

    Raises Invalid with the field.
    """
    lines: list[dict[str, Any]] = []
    at = 0
    while f"lines.{at}.text" in data:
        text, quantity, price = (data.get(f"lines.{at}.{name}", "").strip() for name in FIELDS)
        if text or price:
            kept = msgspec.to_builtins(before[at]) if at < len(before) else {}
            lines.append({**kept, **_line(at, text, quantity, price)})
        at += 1
    return lines


def _line(at: int, text: str, quantity: str, price: str) -> dict[str, str]:
    if not text:
        raise Invalid("Say what the line is for.", field=f"lines.{at}.text")
    return {
        "text": text,
        "quantity": _number(quantity or "1", f"lines.{at}.quantity"),
        "unit_price": _number(price, f"lines.{at}.unit_price"),
    }


def _number(typed: str, field: str) -> str:
    """A number with a comma or a point, at most four decimals."""
    try:
        number = Decimal(typed.replace(" ", "").replace(",", "."))
        exponent = number.normalize().as_tuple().exponent
    except InvalidOperation:
        exponent = None
    if not isinstance(exponent, int) or exponent < -4 or abs(number) >= 10**9:
        raise Invalid(
            f"“{typed[:20]}” is no number with at most four decimals." if typed
            else "Give the price before tax.",
            field=field,
        )  # fmt: skip
    if number < 0 and field.endswith("unit_price"):
        raise Invalid("A price is not negative; a negative quantity takes back.", field=field)
    return f"{number.normalize():f}"


def typed_of(lines: Sequence[LineIn]) -> dict[str, str]:
    """Lines as the form shows them."""
    return {
        f"lines.{at}.{name}": getattr(line, name)
        for at, line in enumerate(lines)
        for name in FIELDS
    }
