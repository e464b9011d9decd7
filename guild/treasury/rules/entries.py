"""What every reader of bank files makes of them: statements, entries, notifications."""

from datetime import date

import msgspec

from guild.core.money import Money

MAX_BYTES = 5_000_000
MAX_ENTRIES = 20_000


class ReadEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One movement on the account; of a batch, one payment. Credits positive, in minor units."""

    reference: str
    """Unique within the file: the bank's own reference where it gives one."""
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
    reversal: bool = False
    """The bank takes back an earlier booking: a chargeback, a returned debit."""
    code: str = ""
    """Transaction code as the bank gives it: `PMNT RCDT ESCT` (ISO 20022), `00150000` (CODA)."""
    mandate_id: str = ""
    undivided: bool = False
    """A batch of which the file hides the payments; a notification (camt.054) may name them."""


class ReadStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement whose sums hold. Amounts in minor units of `currency`."""

    statement_id: str
    number: str
    """Electronic or legal sequence number, or empty."""
    iban: str
    currency: str
    opening_minor: int | None
    """None in a file without balances (CSV)."""
    closing_minor: int | None
    from_on: date
    to_on: date
    entries: tuple[ReadEntry, ...]
    pending: tuple[ReadEntry, ...] = ()
    """What the bank has announced but not booked; not in `entries`."""
    source: str = "camt.053"
    """`camt.053`, `coda` or `csv`."""


class ReadNotification(msgspec.Struct, frozen=True, kw_only=True):
    """The payments inside one booking (camt.054). Nothing is booked from it."""

    iban: str
    currency: str
    reference: str
    """The bank's reference of the booking, as on the statement."""
    amount_minor: int
    booked_on: date
    parts: tuple[ReadEntry, ...]


def movement(minor: int, currency: str) -> str:
    """An amount for a sentence."""
    return Money(minor, currency).text


class Numbered:
    """Keeps references unique within a file: some banks give a payment and its charge the same."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def unique(self, key: str) -> str:
        """The key, or `key#2` the second time."""
        times = self._seen[key] = self._seen.get(key, 0) + 1
        return key if times == 1 else f"{key}#{times}"
