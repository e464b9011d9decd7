"""Writing, changing and switching the rules for bank entries."""

import msgspec
from sqlalchemy import func, select

from guild.core.ids import BankRuleId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.treasury.commands.booking import IBAN_INDEX
from guild.treasury.commands.explaining import client_of
from guild.treasury.errors import BankRuleNotFound, RuleRefused
from guild.treasury.events import BankRuleSwitched
from guild.treasury.models import BANK_RULE, BankRule
from guild.treasury.queries.reading import account_of
from guild.treasury.queries.rules import preview_rule, rule_out
from guild.treasury.rules.bank_rules import RuleConditions, checked
from guild.treasury.rules.numbers import checked_iban
from guild.treasury.schemas import BankRuleIn, BankRuleOut, BankRuleSwitchIn

RULES_MAX = 200


async def write_rule(work: Work, data: BankRuleIn) -> BankRuleOut:
    """A new rule, as a draft: it does nothing until it is switched on.

    Raises RuleRefused, IbanRefused, OrganisationNotFound and BankAccountNotFound.
    """
    work.require(Permission.MATCHES_CONFIRM)
    there = await work.session.scalar(
        select(func.count()).select_from(BankRule).where(BankRule.state != "replaced")
    )
    if (there or 0) >= RULES_MAX:
        raise RuleRefused(f"There are {there} rules already.", mend="Replace one that is off.")
    rule_id = BankRuleId(new_id())
    row = await _version(work, data, rule_id, rule_id, 1)
    return await rule_out(work, row)


async def change_rule(work: Work, rule_id: BankRuleId, data: BankRuleIn) -> BankRuleOut:
    """A new version of a rule, as a draft; the one before it is out of force from now on.

    Raises BankRuleNotFound, and what `write_rule` raises.
    """
    work.require(Permission.MATCHES_CONFIRM)
    former = await _locked(work, rule_id)
    row = await _version(
        work, data, BankRuleId(new_id()), former.series, former.version + 1, former
    )
    BANK_RULE.move(former, "replace")
    await work.session.flush()
    return await rule_out(work, row)


async def switch_rule(work: Work, rule_id: BankRuleId, data: BankRuleSwitchIn) -> BankRuleOut:
    """Switch a rule on, having looked at what it would have matched, or off.

    Raises BankRuleNotFound, IllegalMove, and RuleRefused when the preview was not looked at, or
    shows something else by now.
    """
    work.require(Permission.MATCHES_CONFIRM)
    row = await _locked(work, rule_id)
    if data.on:
        seen = await preview_rule(work, row.id)
        if data.matched != seen.matched:
            raise RuleRefused(
                f"On past entries the rule matches {seen.matched}.",
                mend="Look at the preview, then switch it on.",
                field="matched",
            )
    BANK_RULE.move(row, "switch_on" if data.on else "switch_off")
    row.switched_by, row.switched_at = work.actor.member_id, work.now
    await work.session.flush()
    await work.emit(BankRuleSwitched(rule_id=row.id, on=data.on))
    return await rule_out(work, row)


async def _version(
    work: Work,
    data: BankRuleIn,
    rule_id: BankRuleId,
    series: BankRuleId,
    version: int,
    former: BankRule | None = None,
) -> BankRule:
    conditions, index = data.conditions, None
    if conditions.iban:
        iban = checked_iban(conditions.iban)
        index = work.keyring.blind_index(iban, purpose=IBAN_INDEX)
        conditions = msgspec.structs.replace(conditions, iban="", iban_last4=iban[-4:])
    elif former is not None and _last4(former) == conditions.iban_last4:
        # A form that is sent again knows the last four signs only; the number stays.
        index = former.iban_index
    checked(conditions, data.action)
    if data.action.client_id is not None:
        await client_of(work, data.action.client_id)
    if conditions.account_id is not None:
        await account_of(work, conditions.account_id)
    row = BankRule(
        id=rule_id,
        series=series,
        version=version,
        position=data.position,
        name=data.name,
        state=BANK_RULE.initial,
        conditions=msgspec.to_builtins(conditions),
        iban_index=index,
        action=msgspec.to_builtins(data.action),
        written_by=work.actor.member_id,
        written_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    return row


def _last4(rule: BankRule) -> str:
    return msgspec.convert(rule.conditions, RuleConditions).iban_last4


async def _locked(work: Work, rule_id: BankRuleId) -> BankRule:
    row = await work.session.scalar(
        select(BankRule)
        .where(BankRule.id == rule_id, BankRule.state != "replaced")
        .with_for_update()
    )
    if row is None:
        raise BankRuleNotFound
    return row
