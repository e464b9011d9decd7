"""The chart of accounts, and the two words every poster of money uses: Account and Line.

Amounts are integer minor units; a debit is positive, a credit negative. An account's id is
computed from its code, owner and currency (UUID version 5), so that posting needs no look-up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from uuid import UUID, uuid5

from guild.core.ids import AccountId, sendable
from guild.core.money import Money

#: Namespace of all computed account ids. It must never change: ids are stored in postings.
NAMESPACE = UUID("6f1c52c3-7c0e-5b0f-9a53-3f6b6d5a7b11")


class Kind(StrEnum):
    """The five kinds of account of double-entry bookkeeping."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    EQUITY = "equity"

    @property
    def sign(self) -> int:
        """+1 where a debit makes the balance grow, -1 where a credit does."""
        return 1 if self in (Kind.ASSET, Kind.EXPENSE) else -1


class Owner(StrEnum):
    """Whose account it is: the table that the owner's id belongs to."""

    NOBODY = "nobody"
    MEMBER = "member"
    ORGANISATION = "organisation"
    BANK_ACCOUNT = "bank_account"
    INVOICE = "invoice"
    SUPPLIER = "supplier"


@dataclass(frozen=True, slots=True)
class AccountType:
    """One line of the chart."""

    code: str
    kind: Kind
    owner: Owner
    title: str


_TYPES = (
    AccountType("bank", Kind.ASSET, Owner.BANK_ACCOUNT, "Money at the bank"),
    AccountType("receivable", Kind.ASSET, Owner.ORGANISATION, "Owed by a client, gross"),
    AccountType("interest_receivable", Kind.ASSET, Owner.ORGANISATION, "Late interest claimed"),
    AccountType("vat_on_bad_debts", Kind.ASSET, Owner.NOBODY, "VAT of what was written off"),
    AccountType("guarantee_advance", Kind.ASSET, Owner.INVOICE, "Paid by the fund for a client"),
    AccountType("suspense", Kind.LIABILITY, Owner.NOBODY, "Bank entries not yet explained"),
    AccountType("client_credit", Kind.LIABILITY, Owner.ORGANISATION, "Overpaid by a client"),
    AccountType("vat_payable", Kind.LIABILITY, Owner.NOBODY, "Value added tax to hand on"),
    AccountType("member_pending", Kind.LIABILITY, Owner.MEMBER, "Invoiced, not yet paid"),
    AccountType("member_available", Kind.LIABILITY, Owner.MEMBER, "Can be paid out"),
    AccountType("benefit_payable", Kind.LIABILITY, Owner.MEMBER, "Benefit granted, not paid yet"),
    AccountType("payout_in_transit", Kind.LIABILITY, Owner.BANK_ACCOUNT, "Ordered at the bank"),
    AccountType("fund_guarantee", Kind.EQUITY, Owner.NOBODY, "Payment guarantee"),
    AccountType("fund_sickness", Kind.EQUITY, Owner.NOBODY, "Sick pay of members"),
    AccountType("fund_solidarity", Kind.EQUITY, Owner.NOBODY, "Solidarity pot"),
    AccountType("fund_operations", Kind.EQUITY, Owner.NOBODY, "Co-op services"),
    AccountType("legal_pool", Kind.EQUITY, Owner.NOBODY, "Legal costs of members"),
    AccountType("opening", Kind.EQUITY, Owner.NOBODY, "Opening balances"),
    AccountType("provider_balance", Kind.ASSET, Owner.BANK_ACCOUNT, "At a payment provider"),
    AccountType("bank_fees", Kind.EXPENSE, Owner.NOBODY, "Bank fees"),
    AccountType("provider_fees", Kind.EXPENSE, Owner.NOBODY, "Fees of payment providers"),
    AccountType("suppliers", Kind.EXPENSE, Owner.NOBODY, "Goods and services bought"),
    AccountType("other_income", Kind.INCOME, Owner.NOBODY, "Other income"),
    AccountType("vat_receivable", Kind.ASSET, Owner.NOBODY, "Value added tax to reclaim"),
    AccountType("payable", Kind.LIABILITY, Owner.SUPPLIER, "Owed to a supplier"),
    AccountType("project_costs", Kind.EXPENSE, Owner.MEMBER, "Bought for a member's project"),
    AccountType("bad_debts", Kind.EXPENSE, Owner.NOBODY, "VAT lost on bad debts"),
    AccountType("interest_income", Kind.INCOME, Owner.NOBODY, "Late interest"),
    AccountType("rounding", Kind.INCOME, Owner.NOBODY, "Rounding differences"),
)

CHART: Mapping[str, AccountType] = {each.code: each for each in _TYPES}

#: The pots of the mutual fund, in the order in which levies are posted.
POTS = ("fund_guarantee", "fund_sickness", "fund_solidarity", "fund_operations")

#: Accounts that may not be drawn below zero ...
FLOORED = ("member_available",)

#: ... except by entries of these kinds: what was released for an invoice that is credited
#: afterwards comes back from the member, even if it has been paid out already; and what a client
#: pays late on an advance that the fund gave up is the fund's, whatever the member owes; and the
#: tax of a self-billed document that is taken back was never hers.
BELOW_FLOOR_KINDS = (
    "invoice_credited",
    "levy_returned",
    "advance_recovered",
    "self_bill_credited",
    "reversal",
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account by its code and owner; the currency comes from the amount posted to it.

    Raises ValueError when the code is not in the chart, or when an owner is missing or too many:
    a programmer's mistake, not a person's.
    """

    code: str
    owner: UUID | None = None

    def __post_init__(self) -> None:
        known = CHART.get(self.code)
        if known is None:
            raise ValueError(f"the chart of accounts has no {self.code!r}")
        if (known.owner is Owner.NOBODY) is not (self.owner is None):
            raise ValueError(f"account {self.code!r} belongs to {known.owner.value}")

    @property
    def kind(self) -> Kind:
        """The kind of account, from the chart."""
        return CHART[self.code].kind

    def id(self, currency: str) -> AccountId:
        """The account's id in one currency: the same on every machine and for ever."""
        return _account_id(self.code, self.owner, currency)


@lru_cache(20_000)
def _account_id(code: str, owner: UUID | None, currency: str) -> AccountId:
    return AccountId(sendable(uuid5(NAMESPACE, f"{code}|{owner or ''}|{currency}").bytes))


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be: a positive amount debits the account, a negative one credits it."""

    account: Account
    amount: Money


def debit(code: str, amount: Money, owner: UUID | None = None) -> Line:
    """A line that debits ``code`` by ``amount``."""
    return Line(Account(code, owner), amount)


def credit(code: str, amount: Money, owner: UUID | None = None) -> Line:
    """A line that credits ``code`` by ``amount``."""
    return Line(Account(code, owner), -amount)
