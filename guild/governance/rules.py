"""The charter as types: every parameter with its unit, and what makes a set of values coherent.

A charter document gives each parameter a value, a one-line reason and a source, so that a member
can ask of every number why it is what it is. Pure: no clock, no SQL.
"""

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from string import Formatter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Bps = Annotated[int, Meta(ge=0, le=10_000)]
"""Hundredths of a percent: 650 is 6.5 %."""
Days = Annotated[int, Meta(ge=0, le=3_650)]
Hours = Annotated[int, Meta(ge=1, le=8_760)]
Minor = Annotated[int, Meta(ge=0, le=10**15)]
"""Money in minor units (cents) of the currency named beside it."""
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
PotName = Annotated[str, Meta(pattern="^fund_[a-z_]{1,40}$")]
Sentence = Annotated[str, Meta(min_length=1, max_length=500)]

WHOLE_BPS = 10_000
GENESIS = b"\x00" * 32
_HASH_DOMAIN = b"guild/charter/v1\x00"


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chapter of the charter: unknown or missing parameters are refused."""


class LevyTerms(_Part, frozen=True, kw_only=True):
    """What the mutual fund takes from each payment, and how it is split."""

    rate_bps: Annotated[int, Meta(ge=0, le=5_000)]
    """Share of the net amount, in basis points."""
    pots: dict[PotName, Bps]
    """Pot account code → basis points of the levy; together 10000."""

    def __post_init__(self) -> None:
        """Refuse pots that do not share out the whole levy."""
        _must_be_whole("levy.pots", self.pots)


class GuaranteeTerms(_Part, frozen=True, kw_only=True):
    """When the fund pays a member before the client does."""

    business_days: Annotated[int, Meta(ge=1, le=120)]
    zone: frozenset[Country]
    currency: Currency
    member_cap_minor: Minor
    client_cap_minor: Minor
    invoice_cap_minor: Minor
    reserve_floor_bps: Bps
    """Fund cash below this share of what was advanced in twelve months stops new guarantees."""


class ClaimTerms(_Part, frozen=True, kw_only=True):
    """What a claim on the mutual fund is worth and who decides it."""

    waiting_days: Days
    jury_size: Annotated[int, Meta(ge=1, le=15)]
    jury_hours: Hours
    daily_minor: Minor
    max_days: Days
    appeal_days: Days
    kinds: dict[str, PotName]
    """Kind of claim → the pot that pays it."""

    def __post_init__(self) -> None:
        """Refuse a jury that can tie."""
        if self.jury_size % 2 == 0:
            raise ValueError("claims.jury_size must be odd, so that a jury cannot tie")


class ReputationTerms(_Part, frozen=True, kw_only=True):
    """The published scoring rules of the reputation ledger."""

    blind_days: Days
    window_months: Annotated[int, Meta(ge=1, le=120)]
    min_projects: Annotated[int, Meta(ge=1, le=100)]
    min_clients: Annotated[int, Meta(ge=1, le=100)]
    weights: dict[Literal["client", "freelancer"], dict[str, Bps]]
    """Side that is rated → dimension → weight in basis points; together 10000 per side."""
    max_share_per_counterparty_bps: Bps
    prior_alpha: Annotated[int, Meta(ge=1, le=100)]
    prior_beta: Annotated[int, Meta(ge=1, le=100)]
    confidence_z: Decimal
    """Standard normal quantile of the Wilson interval: 1.96 for 95 %."""

    def __post_init__(self) -> None:
        """Refuse weights that do not add up, and a missing side."""
        if set(self.weights) != {"client", "freelancer"}:
            raise ValueError("reputation.weights needs both sides: client and freelancer")
        for side, weights in self.weights.items():
            _must_be_whole(f"reputation.weights.{side}", weights)


class FloorRate(_Part, frozen=True, kw_only=True):
    """A least rate for an hour of a trade in a country, or in a region of it."""

    trade: Annotated[str, Meta(pattern="^[a-z_]{1,40}$")]
    """A profession of contracts, or `any`."""
    country: Country
    region: Annotated[str, Meta(pattern=r"^([A-Z]{2}-[A-Z0-9]{1,3})?$")]
    """ISO 3166-2, or empty for the whole country."""
    hourly_minor: Annotated[int, Meta(ge=1, le=10**9)]
    currency: Currency


class ContractTerms(_Part, frozen=True, kw_only=True):
    """Deadlines of offers, signatures and acceptance."""

    acceptance_silence_days: Days
    offer_valid_days: Days
    link_hours: Hours
    max_payment_term_days: Days
    otp_tries: Annotated[int, Meta(ge=1, le=20)]
    otp_minutes: Annotated[int, Meta(ge=1, le=1_440)]
    floor_rates: Annotated[tuple[FloorRate, ...], Meta(max_length=500)]
    """What an hour has to bring at least; the highest that fits counts."""
    floor_blocks: bool
    """Whether a contract below the floor is refused, unless a rep has waived it."""
    waiver_days_max: Annotated[int, Meta(ge=1, le=365)]
    advice_business_days: Annotated[int, Meta(ge=1, le=30)]
    """Within how many working days a rep answers what a member asks about a draft."""


SignatureLevel = Literal["simple", "advanced", "eid"]
"""simple: link, code, typed name; advanced: a passkey as well; eid: a provider of identities."""


class SigningTerms(_Part, frozen=True, kw_only=True):
    """How strong a signature a contract needs, and how long afterwards it can be objected to."""

    advanced_from_minor: dict[Currency, Minor]
    """Currency → from this value on both sides sign with a passkey."""
    eid_from_minor: dict[Currency, Minor]
    """Currency → from this value on the client signs through a provider of identities."""
    other_currencies: SignatureLevel
    """What a contract in a currency needs that neither names."""
    request_minutes: Annotated[int, Meta(ge=2, le=120)]
    """For how long a prepared signature waits for its passkey or provider."""
    objection_days: Annotated[int, Meta(ge=1, le=30)]
    """Days after signing in which a signer may say that she is not the right person."""

    def __post_init__(self) -> None:
        """Refuse that the weaker level is asked of the higher value."""
        for currency, limit in self.eid_from_minor.items():
            if limit < self.advanced_from_minor.get(currency, 0):
                raise ValueError(f"signing.eid_from_minor is below advanced_from_minor: {currency}")

    def level(self, value_minor: int, currency: str) -> SignatureLevel:
        """The level that a contract of this value needs at least."""
        eid = self.eid_from_minor.get(currency)
        advanced = self.advanced_from_minor.get(currency)
        if eid is None and advanced is None:
            return self.other_currencies
        if eid is not None and value_minor >= eid:
            return "eid"
        return "advanced" if advanced is not None and value_minor >= advanced else "simple"


class InvoicingTerms(_Part, frozen=True, kw_only=True):
    """Defaults of invoices."""

    default_due_days: Days
    number_format: Annotated[str, Meta(min_length=1, max_length=60)]
    """Python format with `year` and `number`: `{year}-{number:04d}` gives 2026-0001."""
    self_billing_objection_days: Days = 14
    """For how long a member may object to an invoice that was written in her name."""

    def __post_init__(self) -> None:
        """Refuse a format that does not yield distinct numbers within a year and across years."""
        try:
            named = {name for _, name, _, _ in Formatter().parse(self.number_format) if name}
            made = {self._sample(year, n) for year in (2026, 2027) for n in (1, 2)}
        except (KeyError, IndexError, ValueError, AttributeError) as problem:
            raise ValueError(f"invoicing.number_format cannot be used: {problem}") from problem
        if named != {"year", "number"} or len(made) != 4:
            raise ValueError("invoicing.number_format must hold both year and number, as they are")

    def _sample(self, year: int, number: int) -> str:
        return self.number_format.format(year=year, number=number)


class ApprovalBand(_Part, frozen=True, kw_only=True):
    """Who must agree before an amount leaves: how many persons, and which offices among them."""

    up_to_minor: Minor | None
    """The largest amount of the band; None: without limit, which only the last band is."""
    approvals: Annotated[int, Meta(ge=2, le=7)]
    roles: dict[Literal["treasurer", "secretary"], Annotated[int, Meta(ge=1, le=5)]]
    """Office → how many of the approvals must come from holders of it."""

    def __post_init__(self) -> None:
        """Refuse a band that asks more of the offices than it asks in all."""
        if sum(self.roles.values()) > self.approvals:
            raise ValueError("payouts.bands asks for more offices than approvals")


class PayoutTerms(_Part, frozen=True, kw_only=True):
    """How money leaves."""

    approvals: Annotated[int, Meta(ge=2, le=5)]
    """No band asks for fewer."""
    bands: Annotated[tuple[ApprovalBand, ...], Meta(min_length=1, max_length=10)]
    """Amount → approvals; for payouts, refunds and suppliers alike, in the order of amounts."""
    band_window_days: Annotated[int, Meta(ge=0, le=90)]
    """What one payee gets in so many days counts as one amount: splitting gains nothing."""
    payee_mismatch_extra: Annotated[int, Meta(ge=1, le=3)]
    """More approvals when the bank does not know the payee by the name that we have."""
    payee_unchecked_extra: Annotated[int, Meta(ge=0, le=3)]
    """More approvals when no bank has been asked yet."""
    run_minimum_minor: Minor
    """The smallest sum that an automatic run pays out."""
    prenotification_days: Annotated[int, Meta(ge=1, le=30)]
    """Calendar days between the announcement of a direct debit and the day it is collected."""
    currency: Currency
    bank_change_cooling_off_hours: Annotated[int, Meta(ge=0, le=720)]

    def __post_init__(self) -> None:
        """Refuse bands that leave a gap, overlap, or ask for fewer than the least."""
        tops = [band.up_to_minor for band in self.bands]
        limits = [top for top in tops if top is not None]
        if tops[-1] is not None or len(limits) != len(tops) - 1:
            raise ValueError("payouts.bands: the last band, and no other, is without limit")
        if limits != sorted(set(limits)):
            raise ValueError("payouts.bands must rise from amount to amount")
        if any(band.approvals < self.approvals for band in self.bands):
            raise ValueError("payouts.bands must not ask for fewer than payouts.approvals")


class CostTerms(_Part, frozen=True, kw_only=True):
    """What the co-operative buys for its members' projects."""

    one_pair_of_eyes_minor: Minor
    """Up to this amount, with VAT, whoever accepted a supplier's invoice may book it as well."""


PrincipleCode = Literal[
    "safety", "stability_flexibility", "transparency", "shared_prosperity", "fair_pay",
    "inclusion_input", "support_connection", "growth_development",
]  # fmt: skip
"""The eight principles, as the reviewers' checklist calls them."""


class ComplianceTerms(_Part, frozen=True, kw_only=True):
    """The code that reviewers apply and how long a label holds."""

    principles: Annotated[tuple[Sentence, ...], Meta(min_length=1, max_length=20)]
    label_valid_months: Annotated[int, Meta(ge=1, le=60)]
    label_basic_points: Annotated[int, Meta(ge=1, le=8)]
    """So many of the eight basic points must be met."""
    label_essential: Annotated[tuple[PrincipleCode, ...], Meta(max_length=8)]
    """Principles whose basic point a label cannot do without."""


class ReminderStep(_Part, frozen=True, kw_only=True):
    """One reminder: days after the due day (negative: before it), its tone, and how it goes."""

    days: Annotated[int, Meta(ge=-60, le=365)]
    tone: Literal["friendly", "clear", "firm", "final"]
    channel: Literal["mail", "letter"]


class ReceivablesTerms(_Part, frozen=True, kw_only=True):
    """How clients are asked for what they owe, and who bears what they do not pay."""

    reminders: Annotated[tuple[ReminderStep, ...], Meta(min_length=1, max_length=20)]
    """In the order in which they go out."""
    promise_max_days: Annotated[int, Meta(ge=1, le=180)]
    dispute_answer_days: Annotated[int, Meta(ge=1, le=60)]
    """Days of the member to answer an objection."""
    dispute_reply_days: Annotated[int, Meta(ge=1, le=60)]
    """Days of the client to reply to that answer; silence withdraws the objection."""
    dispute_silence: Literal["mediation", "credited"]
    """What follows when the member does not answer."""
    dispute_mediation_days: Annotated[int, Meta(ge=1, le=90)]
    dispute_advance_bps: Bps
    """Share of the disputed part that the fund still advances."""
    write_off_small_minor: Minor
    """Up to this the member gives up a rest herself; above it, two persons of the treasury."""
    interest_after_days: Days
    """Days late before statutory interest may be claimed; it is counted from the first."""
    interest_split: dict[Annotated[str, Meta(pattern="^(member|legal_pool|fund_[a-z_]+)$")], Bps]
    """Who gets interest that clients pay; together 10000."""
    profile_min_invoices: Annotated[int, Meta(ge=2, le=1000)]
    profile_min_members: Annotated[int, Meta(ge=2, le=1000)]
    profile_window_months: Annotated[int, Meta(ge=1, le=120)]

    def __post_init__(self) -> None:
        """Refuse steps out of order or doubled, and a split that is not whole."""
        days = [step.days for step in self.reminders]
        if days != sorted(set(days)):
            raise ValueError("receivables.reminders must be in order of days, each day once")
        _must_be_whole("receivables.interest_split", self.interest_split)


class BankTerms(_Part, frozen=True, kw_only=True):
    """What the treasury may do with a bank's file without a person."""

    auto_confirm_exact: bool
    """Record a payment by itself when its structured reference is the invoice's and the amount is
    exactly what is open; everything else is only suggested."""
    undo_days: Annotated[int, Meta(ge=1, le=730)]
    """How long a confirmed entry may still be taken back by two persons."""
    meant_otherwise_days: Annotated[int, Meta(ge=1, le=90)]
    """Days of the client, from when its transfer was recorded, to say that it was meant
    otherwise."""


class Charter(_Part, frozen=True, kw_only=True):
    """One version of the charter, ready to be read by code."""

    version: Annotated[int, Meta(ge=1)]
    levy: LevyTerms
    guarantee: GuaranteeTerms
    claims: ClaimTerms
    reputation: ReputationTerms
    contracts: ContractTerms
    signing: SigningTerms
    invoicing: InvoicingTerms
    receivables: ReceivablesTerms
    payouts: PayoutTerms
    bank: BankTerms
    costs: CostTerms
    compliance: ComplianceTerms

    def __post_init__(self) -> None:
        """Refuse claims on pots that the levy does not feed."""
        unfed = sorted(set(self.claims.kinds.values()) - set(self.levy.pots))
        if unfed:
            raise ValueError(f"claims.kinds names pots that the levy does not feed: {unfed}")
        others = {"member", "legal_pool", *self.levy.pots}
        strange = sorted(set(self.receivables.interest_split) - others)
        if strange:
            raise ValueError(f"receivables.interest_split names unknown pots: {strange}")


class Parameter(_Part, frozen=True, kw_only=True):
    """A value with why it was chosen and where the choice comes from."""

    value: Any
    reason: Sentence
    source: Sentence


CharterDocument = dict[str, dict[str, Parameter]]
"""Chapter → parameter name → value, reason, source: what is voted, stored and published."""


def read_document(body: Any) -> CharterDocument:
    """Decode an annotated charter strictly; raises msgspec.ValidationError naming the path."""
    return msgspec.convert(body, CharterDocument)


def read_charter(version: int, body: Any) -> Charter:
    """The typed charter in a document; raises msgspec.ValidationError naming the path."""
    chapters: dict[str, Any] = {
        chapter: {name: parameter.value for name, parameter in parameters.items()}
        for chapter, parameters in read_document(body).items()
    }
    if "version" in chapters:
        raise msgspec.ValidationError("The document must not number itself: `version`")
    return msgspec.convert({**chapters, "version": version}, Charter)


def version_hash(version: int, valid_from: date, body: Any, previous_hash: bytes) -> bytes:
    """SHA-256 that chains a version to the one before it.

    Bytes hashed: domain tag, previous hash, then canonical JSON (sorted keys, no spaces, UTF-8) of
    version, valid_from and body. The body holds no floats, so the encoding is unambiguous.
    """
    content = {"version": version, "valid_from": valid_from.isoformat(), "body": body}
    canonical = msgspec.json.encode(content, order="sorted")
    return hashlib.sha256(_HASH_DOMAIN + previous_hash + canonical).digest()


def day_of(moment: datetime | date) -> date:
    """The calendar day, in UTC, on which a moment falls: versions begin at midnight UTC."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).date()
    return moment


def _must_be_whole(name: str, shares: dict[str, int]) -> None:
    total = sum(shares.values())
    if total != WHOLE_BPS:
        raise ValueError(f"{name} must add up to {WHOLE_BPS} basis points, not {total}")
