"""Judging new entries and writing them: payouts that they settle, rules, invoices they may pay."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import chain
from typing import Any, NamedTuple

from guild.core.ids import BankEntryId, InvoiceId, OrganisationId, StatementId, new_ids
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.events import PaidTwiceSuspected
from guild.ledger.chart import Account, Line
from guild.ledger.commands import post
from guild.treasury.commands.appends import ENTRY_COLUMNS, SUGGESTIONS, USES, suggestion_row
from guild.treasury.commands.settling import Settled, settle_from_statement
from guild.treasury.models import BANK_ENTRY, SEALED_PAYER, BankStatement, CoopBankAccount
from guild.treasury.queries.interest import claims_named
from guild.treasury.queries.invoices import invoices_named
from guild.treasury.queries.ruling import Ruling, client_candidates, rulings
from guild.treasury.rules.entries import ReadEntry
from guild.treasury.rules.interest import suggests
from guild.treasury.rules.matching import (
    Candidate,
    Incoming,
    InvoiceIndex,
    OpenInvoice,
    names_of,
    preselected,
)

IBAN_INDEX = "bank_entry.iban"
"""Purpose of the blind index over the other sides' account numbers."""


class Judged(NamedTuple):
    """An entry with what is known about it before it is written."""

    id: BankEntryId
    entry: ReadEntry
    iban_index: bytes | None
    candidates: tuple[Candidate, ...]
    settled: Settled | None
    rule: Ruling | None
    twice: OpenInvoice | None
    """The paid invoice that it names, when it seems to pay it once more."""
    interest: bool = False
    """Whether it seems to pay late interest that was claimed."""


async def judge(work: Work, account: CoopBankAccount, entries: Sequence[ReadEntry]) -> list[Judged]:
    """For each entry: the payout it settles or returns, the rule it meets, or its invoices.

    An invoice that the payer named comes before any rule.
    """
    incoming = [entry for entry in entries if entry.amount_minor > 0]
    names = {entry.reference: names_of(entry.structured, entry.text) for entry in incoming}
    every = set(chain.from_iterable(names.values()))
    minors = {entry.amount_minor for entry in incoming}
    invoices = await invoices_named(work, every, minors) if incoming else []
    by_id = {invoice.invoice_id: invoice for invoice in invoices}
    index = InvoiceIndex(invoices)
    claims = await claims_named(work, every, minors) if incoming else []
    settled = await settle_from_statement(work, account, entries)
    indexes = _indexes(work, entries)
    ruling = await rulings(work)
    judged = []
    for entry_id, entry in zip(new_ids(len(entries)), entries, strict=True):
        came_of = settled.get(entry.reference)
        iban_index = indexes.get(entry.counterparty_iban)
        candidates: tuple[Candidate, ...] = ()
        rule: Ruling | None = None
        interest = False
        money_in = came_of is None and entry.amount_minor > 0
        if money_in and (claims or index.may_know(entry.amount_minor, names[entry.reference])):
            read = incoming_of_read(entry, account.currency)
            candidates = index.candidates(read, names[entry.reference])
            interest = bool(claims) and suggests(read, claims)
        known = interest or preselected(candidates) is not None
        if came_of is None and ruling and entry.amount_minor and not known:
            rule = ruling.first(entry, account, iban_index)
            if rule is not None and rule.client_id is not None and entry.amount_minor > 0:
                candidates = await client_candidates(work, rule, entry, account.currency)
        best = preselected(candidates)
        twice = by_id.get(best.invoice_id) if best and best.verdict == "paid_twice" else None
        judged.append(
            Judged(BankEntryId(entry_id), entry, iban_index, candidates, came_of, rule, twice,
                   interest)
        )  # fmt: skip
    return judged


def incoming_of_read(entry: ReadEntry, currency: str) -> Incoming:
    """A read entry as the matching rules see it."""
    return Incoming(
        amount_minor=entry.amount_minor,
        currency=currency,
        structured=entry.structured,
        text=entry.text,
        counterparty=entry.counterparty,
    )


def _indexes(work: Work, entries: Sequence[ReadEntry]) -> dict[str, bytes]:
    """Blind indexes by account number; a payer comes many times in one file."""
    numbers = {entry.counterparty_iban for entry in entries} - {""}
    return {iban: work.keyring.blind_index(iban, purpose=IBAN_INDEX) for iban in numbers}


async def post_days(
    work: Work, account: CoopBankAccount, statement: BankStatement, judged: Sequence[Judged]
) -> None:
    """One ledger entry for each day of the statement, between the bank and suspense.

    Money in and money out stay apart. Who paid and why is in the statement's entries alone: the
    books are kept for ever, and hold no names of payers. What a rule explains leaves suspense.
    """
    days: dict[date, list[int]] = defaultdict(list)
    for one in judged:
        days[one.entry.booked_on].append(one.entry.amount_minor)
    for day, minors in days.items():
        both = (sum(m for m in minors if m > 0), sum(m for m in minors if m < 0))
        amounts = [Money(minor, account.currency) for minor in both if minor]
        if not amounts:
            continue
        await post(
            work,
            kind="bank_statement",
            text=f"Bank statement {statement.number or statement.bank_reference}",
            lines=[
                *(Line(Account("bank", account.id), amount) for amount in amounts),
                *(Line(Account("suspense"), -amount) for amount in amounts),
            ],
            subject=statement.id,
            occurred_on=day,
        )
    await post_rules(work, account, judged)


async def post_rules(work: Work, account: CoopBankAccount, judged: Sequence[Judged]) -> None:
    """What a rule explains leaves suspense."""
    for one in judged:
        if one.rule is not None and one.rule.account is not None:
            await post_to(work, one.id, Money(one.entry.amount_minor, account.currency),
                          one.rule.account, one.rule.words, one.entry.booked_on)  # fmt: skip


async def post_to(
    work: Work, entry_id: BankEntryId, amount: Money, account: str, words: str, day: date
) -> None:
    """Move an entry out of suspense to an account without an owner."""
    await post(
        work,
        kind="bank_entry_booked",
        text=words[:500],
        lines=[Line(Account("suspense"), amount), Line(Account(account), -amount)],
        subject=entry_id,
        occurred_on=day,
    )


async def write_entries(
    work: Work, account: CoopBankAccount, statement_id: StatementId, judged: Sequence[Judged],
    *, inside: BankEntryId | None = None,
) -> None:  # fmt: skip
    """The entries as the bank reports them, and what is suggested for each.

    `inside` is the batch whose payments they are, where that was booked before.
    """
    await work.copy(
        "bank_entry",
        ENTRY_COLUMNS,
        [_entry_row(work, account, statement_id, one, inside) for one in judged],
    )
    for one in judged:
        for candidate in one.candidates:
            work.append(SUGGESTIONS, **suggestion_row(one.id, candidate))
        if one.rule is not None:
            work.append(
                USES, entry_id=one.id, round=0, rule_id=one.rule.rule_id, applied_at=work.now
            )


def _entry_row(
    work: Work, account: CoopBankAccount, statement_id: StatementId, judged: Judged,
    inside: BankEntryId | None,
) -> tuple[Any, ...]:  # fmt: skip
    """An entry in the order of `ENTRY_COLUMNS`."""
    entry = judged.entry
    state, words = _first_state(judged)
    iban = entry.counterparty_iban
    sealed = None
    if iban:
        sealed = work.keyring.seal(iban.encode(), context=SEALED_PAYER.context(judged.id))
    return (
        judged.id, statement_id, account.id, entry.reference, entry.amount_minor,
        account.currency, entry.booked_on, entry.valued_on, entry.structured, entry.text,
        entry.counterparty, sealed, iban[-4:], entry.end_to_end_id, entry.return_reason,
        state, words[:500], work.actor.id if words else None, work.now if words else None,
        entry.code[:60], entry.mandate_id, entry.reversal, entry.undivided, judged.iban_index,
        inside,
    )  # fmt: skip


async def suspect_paid_twice(work: Work, judged: Judged, twice: OpenInvoice, currency: str) -> None:
    """State that an invoice on which nothing is open seems to be paid again."""
    await work.emit(
        PaidTwiceSuspected(
            entry_id=judged.id,
            invoice_id=InvoiceId(twice.invoice_id),
            client_id=OrganisationId(twice.client_id),
            amount_minor=judged.entry.amount_minor,
            currency=currency,
            iban_last4=judged.entry.counterparty_iban[-4:],
        )
    )


def _first_state(judged: Judged) -> tuple[str, str]:
    """The state an entry begins in, and the explanation where the import itself knows it."""
    if judged.settled:
        return "confirmed", judged.settled.words
    if not judged.entry.amount_minor:
        return "explained", "An entry without an amount"
    if judged.rule is not None and judged.rule.state:
        return judged.rule.state, judged.rule.words
    if judged.rule is not None and judged.candidates:
        return "suggested", ""
    offered = judged.interest or preselected(judged.candidates) is not None
    return ("suggested" if offered else BANK_ENTRY.initial), ""
