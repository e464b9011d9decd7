"""The payout statement as data: what a member got, where the rest went, and the journal behind.

Amounts are integers in minor units of `currency`, rates in basis points of the net amount.
"""

import datetime as dt
from typing import Literal

import msgspec

from guild.documents.schemas import Addressee, Language, Letterhead


class PaidInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice whose money is in this payout. `advanced`: the fund paid before the client did."""

    number: str
    client: str
    client_paid_on: dt.date | None
    advanced: bool
    net_minor: int


class PayoutShare(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the net amount. The member's own comes first, the shares sum to `whole_minor`.

    `article` names the rule that set it ("3.2" of the charter); `decided_on` the day of the vote,
    None for founding rules; `rule_url` the public page of that version, or empty.
    """

    code: Literal[
        "member",
        "fund_operations",
        "fund_guarantee",
        "fund_sickness",
        "fund_solidarity",
    ]
    rate_bps: int
    minor: int
    article: str
    decided_on: dt.date | None
    rule_url: str


class JournalMove(msgspec.Struct, frozen=True, kw_only=True):
    """One movement with its journal entry. `subject` fills the words of `kind` (invoice, client).

    Exactly one of `in_minor` and `out_minor` is set, or none for a mere fact such as the sending.
    """

    on: dt.date
    kind: Literal[
        "invoice_issued",
        "client_paid",
        "advance_paid",
        "vat_set_aside",
        "shares_taken",
        "benefit_granted",
        "invoice_credited",
        "correction",
        "paid_out",
    ]
    subject: str
    entry: str
    in_minor: int | None
    out_minor: int | None
    left_minor: int


class YearRow(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over a period, both days included; the last row is the year so far."""

    first: dt.date
    last: dt.date
    invoiced_minor: int
    shares_minor: int
    paid_minor: int


class PayoutSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A whole statement. `iban_masked` shows the country, check digits and the last four only.

    `shares` is empty for a payout without levy (a benefit, a refund); then no bar is printed.
    `approvals` is the number of people who approved it, `object_until` the last day to object.
    """

    lang: Language
    number: str
    currency: str
    seller: Letterhead
    to: Addressee
    paid_on: dt.date
    iban_masked: str
    paid_minor: int
    whole_minor: int
    vat_minor: int
    charter_version: int
    approvals: int
    invoices: tuple[PaidInvoice, ...]
    shares: tuple[PayoutShare, ...]
    moves: tuple[JournalMove, ...]
    year: tuple[YearRow, ...]
    object_until: dt.date


class IncomeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the year; `code` chooses the words, a pot's or a sum's."""

    code: str
    minor: int


class IncomeSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A member's year in one currency. `opening` + the lines of `earned` - `paid_minor` = closing.

    `shares` sum, with what became the member's, to `received_minor`.
    """

    currency: str
    invoiced_minor: int
    received_minor: int
    shares: tuple[IncomeLine, ...]
    own_minor: int
    """What the shares left of the money received."""
    earned: tuple[IncomeLine, ...]
    earned_minor: int
    benefits_minor: int
    opening_minor: int
    paid_minor: int
    closing_minor: int


class YearSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A whole year statement: a part for each currency that anything moved in."""

    lang: Language
    number: str
    year: int
    seller: Letterhead
    to: Addressee
    parts: tuple[IncomeSheet, ...]
    made_on: dt.date
