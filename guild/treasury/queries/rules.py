"""The treasurers' rules, and what they would do to entries that are there already."""

from collections import Counter

import msgspec
from sqlalchemy import func, select

from guild.core.ids import BankRuleId
from guild.core.money import Money
from guild.core.work import Work
from guild.treasury.errors import BankRuleNotFound
from guild.treasury.models import BankEntry, BankRule, RuleUse
from guild.treasury.queries.ruling import movement_of
from guild.treasury.queries.shapes import entry_out
from guild.treasury.rules.bank_rules import RuleAction, RuleConditions, fits
from guild.treasury.schemas import BankRuleOut, BankRulePreviewOut

LOOKED_AT = 5_000
"""Entries that a preview looks at, the latest first."""
SHOWN = 50


async def bank_rules(work: Work) -> list[BankRuleOut]:
    """The present version of each rule, in the order in which they decide."""
    rows = await work.session.scalars(
        select(BankRule)
        .where(BankRule.state != "replaced")
        .order_by(BankRule.position, BankRule.series)
    )
    return [await rule_out(work, row) for row in rows]


async def bank_rule(work: Work, rule_id: BankRuleId) -> BankRuleOut:
    """One version of a rule. Raises BankRuleNotFound."""
    return await rule_out(work, await _rule(work, rule_id))


async def preview_rule(work: Work, rule_id: BankRuleId) -> BankRulePreviewOut:
    """What this version would have matched among past entries. Raises BankRuleNotFound."""
    row = await _rule(work, rule_id)
    conditions = msgspec.convert(row.conditions, RuleConditions)
    entries = list(
        await work.session.scalars(select(BankEntry).order_by(BankEntry.id.desc()).limit(LOOKED_AT))
    )
    matched = [one for one in entries if fits(conditions, row.iban_index, movement_of(one))]
    currency = matched[0].currency if matched else work.settings.coop.currency
    same = [one.amount_minor for one in matched if one.currency == currency]
    return BankRulePreviewOut(
        looked_at=len(entries),
        matched=len(matched),
        by_state=dict(Counter(one.state for one in matched)),
        money_in=Money(sum(minor for minor in same if minor > 0), currency).text,
        money_out=Money(-sum(minor for minor in same if minor < 0), currency).text,
        currency=currency,
        entries=[entry_out(one) for one in matched[:SHOWN]],
    )


async def _rule(work: Work, rule_id: BankRuleId) -> BankRule:
    row = await work.session.get(BankRule, rule_id)
    if row is None:
        raise BankRuleNotFound
    return row


async def rule_out(work: Work, row: BankRule) -> BankRuleOut:
    """A version of a rule as the wire shows it."""
    used = await work.session.scalar(
        select(func.count()).select_from(RuleUse).where(RuleUse.rule_id == row.id)
    )
    return BankRuleOut(
        id=row.id,
        series=row.series,
        version=row.version,
        position=row.position,
        name=row.name,
        state=row.state,
        conditions=msgspec.convert(row.conditions, RuleConditions),
        action=msgspec.convert(row.action, RuleAction),
        written_by=row.written_by,
        written_at=row.written_at,
        used=used or 0,
    )
