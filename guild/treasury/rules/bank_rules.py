"""Rules that treasurers write: when an entry meets all conditions, what is done with it.

Pure. A rule never says which member's money an entry is: it books what is the house's own (fees,
suppliers), names a client whose invoices are then offered, or sets an entry aside with a reason.
"""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from guild.core.ids import BankAccountId, OrganisationId
from guild.core.money import Money
from guild.core.wire import Amount, In, OptionalText, ShortText
from guild.treasury.errors import RuleRefused
from guild.treasury.rules.matching import plain_name

BOOKABLE: dict[str, str] = {
    "bank_fees": "Bank fees and interest",
    "provider_fees": "Fees of payment providers",
    "suppliers": "Goods and services bought",
    "other_income": "Other income",
}
"""Accounts of nobody in particular, which a rule may book to."""


class RuleConditions(In, frozen=True, kw_only=True):
    """All that are given must hold; at least one is given."""

    sign: Literal["", "in", "out"] = ""
    counterparty: OptionalText = ""
    """Words that the other side's name has, whatever accents, case and legal form."""
    iban: Annotated[str, Meta(max_length=42, pattern=r"^[A-Za-z0-9 ]*$")] = ""
    """The other side's account number; kept as a blind index and its last four signs."""
    iban_last4: Annotated[str, Meta(max_length=4, pattern=r"^[A-Z0-9]*$")] = ""
    text: OptionalText = ""
    """Words that the remittance text has."""
    code: Annotated[str, Meta(max_length=60, pattern=r"^[A-Z0-9 ]*$")] = ""
    """How the bank's transaction code begins."""
    amount_from: Amount | None = None
    amount_to: Amount | None = None
    """Without sign, in the account's currency."""
    account_id: BankAccountId | None = None
    """Which of the co-operative's accounts; without it, all."""


class RuleAction(In, frozen=True, kw_only=True):
    """What is done with an entry that fits."""

    do: Literal["book", "suggest_client", "set_aside"]
    account: Literal["", "bank_fees", "provider_fees", "suppliers", "other_income"] = ""
    client_id: OrganisationId | None = None
    note: ShortText
    """It stands in the books, beside the suggestion, or as the reason for setting aside."""


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule looks at, of an entry read or booked."""

    amount_minor: int
    currency: str
    account_id: BankAccountId
    counterparty: str
    text: str
    structured: str
    code: str
    iban_last4: str
    iban_index: bytes | None


def checked(conditions: RuleConditions, action: RuleAction) -> None:
    """Raises RuleRefused for a rule that fits everything, or an action that lacks its object."""
    given = msgspec.structs.asdict(conditions)
    if not any(value for name, value in given.items() if name not in {"sign", "account_id"}):
        raise RuleRefused(
            "The rule has no condition beside direction and account: it would take everything.",
            mend="Say what the other side is called, which words stand in the text, or how much.",
            field="conditions",
        )
    low, high = conditions.amount_from, conditions.amount_to
    if low is not None and high is not None and Decimal(low) > Decimal(high):
        raise RuleRefused("The least amount is above the greatest.", field="amount_from")
    if action.do == "book" and not action.account:
        raise RuleRefused("Say which account it is booked to.", field="account")
    if action.do == "suggest_client" and action.client_id is None:
        raise RuleRefused("Say which client it is.", field="client_id")
    if action.do == "suggest_client" and conditions.sign == "out":
        raise RuleRefused("Invoices are paid by money that comes in.", field="sign")


def fits(conditions: RuleConditions, iban_index: bytes | None, entry: Movement) -> bool:
    """Whether an entry meets every condition that is given."""
    amount = abs(Money(entry.amount_minor, entry.currency).decimal)
    said = f"{entry.text} {entry.structured}".casefold()
    name = plain_name(entry.counterparty)
    return (
        (not conditions.sign or (conditions.sign == "in") == (entry.amount_minor > 0))
        and (conditions.account_id is None or conditions.account_id == entry.account_id)
        and (iban_index is None or iban_index == entry.iban_index)
        and (not conditions.iban_last4 or conditions.iban_last4 == entry.iban_last4)
        and (not conditions.code or entry.code.startswith(conditions.code))
        and all(word in name for word in plain_name(conditions.counterparty))
        and all(word in said for word in conditions.text.casefold().split())
        and (conditions.amount_from is None or amount >= Decimal(conditions.amount_from))
        and (conditions.amount_to is None or amount <= Decimal(conditions.amount_to))
    )
