"""The rules that are switched on, as the import applies them."""

from typing import NamedTuple

import msgspec
from sqlalchemy import select

from guild.core.ids import BankRuleId, OrganisationId
from guild.core.work import Work
from guild.invoicing.models import OPEN_STATES, Invoice
from guild.members.models import Organisation
from guild.treasury.models import BankEntry, BankRule, CoopBankAccount
from guild.treasury.queries.invoices import matchable
from guild.treasury.rules.bank_rules import Movement, RuleAction, RuleConditions, fits
from guild.treasury.rules.entries import ReadEntry
from guild.treasury.rules.matching import MOST_CANDIDATES, Candidate

RULE_POINTS = 30


class Ruling(NamedTuple):
    """What a rule says about one entry."""

    rule_id: BankRuleId
    words: str
    state: str
    """`explained` or `set_aside`; empty for a suggestion."""
    account: str | None
    client_id: OrganisationId | None


class Rulebook:
    """The rules in order; the first that fits decides."""

    def __init__(self, rules: list[BankRule]) -> None:
        self.rules = [
            (
                rule,
                msgspec.convert(rule.conditions, RuleConditions),
                msgspec.convert(rule.action, RuleAction),
            )
            for rule in rules
        ]

    def __bool__(self) -> bool:
        return bool(self.rules)

    def first(
        self, entry: ReadEntry, account: CoopBankAccount, iban_index: bytes | None
    ) -> Ruling | None:
        """The ruling on an entry that is being read."""
        seen = Movement(
            amount_minor=entry.amount_minor,
            currency=account.currency,
            account_id=account.id,
            counterparty=entry.counterparty,
            text=entry.text,
            structured=entry.structured,
            code=entry.code,
            iban_last4=entry.counterparty_iban[-4:],
            iban_index=iban_index,
        )
        for rule, conditions, action in self.rules:
            if fits(conditions, rule.iban_index, seen):
                return _ruling(rule, action)
        return None


def _ruling(rule: BankRule, action: RuleAction) -> Ruling:
    states = {"book": "explained", "set_aside": "set_aside", "suggest_client": ""}
    return Ruling(
        rule_id=rule.id,
        words=f"{action.note} (rule “{rule.name}”, version {rule.version})",
        state=states[action.do],
        account=action.account if action.do == "book" else None,
        client_id=action.client_id if action.do == "suggest_client" else None,
    )


async def rulings(work: Work) -> Rulebook:
    """The rules that are on, in their order."""
    rows = await work.session.scalars(
        select(BankRule).where(BankRule.state == "on").order_by(BankRule.position, BankRule.series)
    )
    return Rulebook(list(rows))


async def client_candidates(
    work: Work, rule: Ruling, entry: ReadEntry, currency: str
) -> tuple[Candidate, ...]:
    """Open invoices of the client that a rule names: the one of that amount, then the oldest."""
    rows = await work.session.execute(
        select(Invoice, Organisation.name)
        .join(Organisation, Organisation.id == Invoice.client_id)
        .where(
            Invoice.client_id == rule.client_id,
            Invoice.kind == "invoice",
            Invoice.state.in_(OPEN_STATES),
            Invoice.currency == currency,
        )
        .order_by(Invoice.due_on, Invoice.id)
        .limit(50)
    )
    found = [matchable(invoice, name) for invoice, name in rows]
    found.sort(key=lambda one: one.open_minor != entry.amount_minor)
    return tuple(
        Candidate(
            invoice_id=invoice.invoice_id,
            amount_minor=min(entry.amount_minor, invoice.open_minor),
            score=RULE_POINTS - place,
            verdict="possible",
            reasons=(f"a rule says that {invoice.client_name} pays: {rule.words}",),
        )
        for place, invoice in enumerate(found[:MOST_CANDIDATES])
    )


def movement_of(entry: BankEntry) -> Movement:
    """A booked entry as rules see it."""
    return Movement(
        amount_minor=entry.amount_minor,
        currency=entry.currency,
        account_id=entry.account_id,
        counterparty=entry.counterparty,
        text=entry.text,
        structured=entry.structured,
        code=entry.code,
        iban_last4=entry.iban_last4,
        iban_index=entry.iban_index,
    )
