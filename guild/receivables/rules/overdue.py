"""The buckets of an ageing report. Pure."""

from datetime import date
from typing import Final, Literal

Bucket = Literal["not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90"]
BUCKETS: Final[tuple[Bucket, ...]] = (
    "not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90",
)  # fmt: skip


def bucket_of(due_on: date, as_of: date) -> Bucket:
    """Where an open amount stands: by days since the due day; the due day itself is not late."""
    late = (as_of - due_on).days
    if late <= 0:
        return "not_due"
    if late <= 30:
        return "days_1_30"
    if late <= 60:
        return "days_31_60"
    return "days_61_90" if late <= 90 else "days_over_90"


def line_gross(net_minor: int, rate_milli: int | None) -> int:
    """A line with its VAT, rounded half up; `rate_milli` is thousandths of a percent."""
    return (net_minor * (100_000 + (rate_milli or 0)) * 2 + 100_000) // 200_000
