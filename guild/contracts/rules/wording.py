"""The clauses that follow from the terms, in words.

The page that the client signs and the sealed PDF take their sentences from here, so both say
exactly the same. A change of wording is a new `WORDING` and a new template version.
"""

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from guild.contracts.rules.terms import Clause, Party, Service, Terms
from guild.core.money import Money

WORDING: Final = "Guild wording"
WORDING_VERSION: Final = 1

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
"""Spelled out, because signed bytes must not depend on a machine's locale."""


COUNTRIES: Final = Path(__file__).parent.parent / "data" / "countries.json"
"""English names as CLDR has them, kept here for the same reason."""


def money_words(minor: int, currency: str) -> str:
    """1,210.00 EUR."""
    return f"{Money(minor, currency).decimal:,f} {currency}"


def day_words(day: date) -> str:
    """23 November 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_words(moment: datetime) -> str:
    """23 November 2026, 12:00 UTC."""
    utc = moment.astimezone(UTC)
    return f"{day_words(utc.date())}, {utc:%H:%M} UTC"


@cache
def _countries() -> dict[str, str]:
    return msgspec.json.decode(COUNTRIES.read_bytes(), type=dict[str, str])


def country_words(code: str, region: str = "") -> str:
    """Belgium, the United States (US-NY); the code itself where no name is known."""
    name = _countries().get(code, code)
    return f"{name} ({region})" if region else name


def hundredths_words(value: int) -> str:
    """750 → 7.5; also basis points as percent."""
    whole, rest = divmod(value, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def rate_words(service: Service, currency: str) -> str:
    """How the value of a service comes about."""
    if service.method == "fixed" or service.rate_minor is None:
        return "fixed price"
    quantity = hundredths_words(service.quantity_hundredths or 0)
    return f"{quantity} × {money_words(service.rate_minor, currency)} per {service.method}"


def clauses(terms: Terms, coop: str) -> tuple[Clause, ...]:
    """Every clause in order: who, the work, accepting, paying, rights, stopping, law, and more."""
    return (
        _who(terms, coop),
        _work(terms),
        _accepting(terms),
        _paying(terms),
        _rights(terms),
        _stopping(terms),
        _law(terms),
        *terms.clauses,
    )


def _address(party: Party) -> str:
    place = f"{party.postcode} {party.city}".strip()
    country = country_words(party.country, party.region)
    parts = (party.name, party.street, place, country, party.email, party.phone)
    return ", ".join(part for part in parts if part)


def _who(terms: Terms, coop: str) -> Clause:
    return Clause(
        heading="Who",
        text=f"Freelancer: {_address(terms.member)}. Client: {_address(terms.client)}. {coop}, of "
        "which the freelancer is a member, invoices the work and receives the payment.",
        practice="The client deals with one supplier, the co-op, which pays the freelancer.",
    )


def _work(terms: Terms) -> Clause:
    services = "; ".join(
        f"{s.text}: {money_words(s.value_minor, terms.currency)} ({rate_words(s, terms.currency)})"
        for s in terms.services
    )
    start = f" The work starts on {day_words(terms.starts_on)}." if terms.starts_on else ""
    began = f" It began on {day_words(terms.work_began_on)}." if terms.work_began_on else ""
    summary = f"{terms.summary.rstrip('.')}. " if terms.summary else ""
    return Clause(
        heading="The work",
        text=f"{summary}Services: {services}.{start}{began} The price is "
        f"{money_words(terms.net_minor, terms.currency)}; VAT is added where the law asks for it.",
    )


def _accepting(terms: Terms) -> Clause:
    rounds = {0: "Rounds of changes are not in the price.",
              1: "One round of changes is in the price of each delivery."}.get(
        terms.revision_rounds,
        f"{terms.revision_rounds} rounds of changes are in the price of each delivery.",
    )  # fmt: skip
    return Clause(
        heading="Accepting the work",
        text=f"The client accepts each delivery or asks for changes within "
        f"{terms.acceptance_silence_days} days of it. {rounds} After that time without an answer "
        "the delivery counts as accepted.",
        practice="The client is reminded twice before silence counts.",
    )


def _paying(terms: Terms) -> Clause:
    payment = terms.payment
    if payment.term_days is None:
        due = "is due on the day that the law sets"
    else:
        start = "its date" if payment.counts_from == "invoice" else "the work is completed"
        due = f"is due {payment.term_days} days after {start}"
    parts = [f"Each invoice follows an accepted delivery and {due}."]
    if payment.long_term_agreed:
        parts.append("Both sides expressly agree to this term.")
    if payment.long_term_reason:
        parts.append(f"Reason for the longer term: {payment.long_term_reason.rstrip('.')}.")
    if payment.services_list_due:
        listed = payment.services_list_due.rstrip(".")
        parts.append(f"The freelancer hands in the list of services rendered: {listed}.")
    parts.append(
        "No interest is owed on late payment."
        if payment.interest_excluded
        else "On late payment the client owes the interest and compensation that the law gives."
    )
    cap = terms.expenses_cap_minor
    limit = f", up to {money_words(cap, terms.currency)}" if cap is not None else ""
    expenses = terms.expenses.rstrip(".") or "none beyond the price"
    parts.append(f"Expenses: {expenses}{limit}.")
    return Clause(heading="Paying", text=" ".join(parts))


def _rights(terms: Terms) -> Clause:
    scope = terms.rights.scope.rstrip(".")
    text = {
        "transfer_on_payment": f"The freelancer’s rights of use pass to the client for {scope}, "
        "for each delivery once its invoice is paid.",
        "licence_on_payment": f"The client may use the work for {scope}, for each delivery once "
        "its invoice is paid.",
        "stays_with_member": "All rights stay with the freelancer.",
    }[terms.rights.kind]
    return Clause(heading="Using the work", text=f"{text} The freelancer stays the author.")


def _stopping(terms: Terms) -> Clause:
    return Clause(
        heading="Stopping early",
        text=f"Either side may stop with {terms.notice_days} days’ notice. Accepted work is paid. "
        f"If the client stops, it owes {hundredths_words(terms.kill_fee_bps)} % of the price of "
        "work not yet begun.",
    )


def _law(terms: Terms) -> Clause:
    return Clause(
        heading="Law",
        text=f"The law of {country_words(terms.law.country, terms.law.region)} governs this "
        "contract. No clause takes away what that law gives the freelancer.",
    )
