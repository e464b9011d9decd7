"""The treasurer's rules for bank entries: write, try on the past, switch on."""

from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import BankRuleId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.forms import FORM, Form, amount, or_again
from guild.treasury.rules.bank_rules import BOOKABLE
from guild.treasury.schemas import BankRuleIn, BankRuleSwitchIn

CONDITIONS: Final = ("sign", "counterparty", "iban", "iban_last4", "text", "code", "amount_from",
                     "amount_to", "account_id")  # fmt: skip
ACTION: Final = ("do", "account", "client_id", "note")


EMPTY: Final = dict.fromkeys(("name", "position", *CONDITIONS, *ACTION), "")


def _rule_in(data: dict[str, str]) -> BankRuleIn:
    """The rule of a form; empty fields are conditions that are not made."""
    given = {name: value.strip() for name, value in data.items() if value.strip()}
    for name in ("amount_from", "amount_to"):
        if name in given:
            given[name] = given[name].replace(",", ".").replace(" ", "")
    said: dict[str, Any] = {
        "name": given.get("name", ""),
        "conditions": {name: given[name] for name in CONDITIONS if name in given},
        "action": {name: given[name] for name in ACTION if name in given},
    }
    if given.get("position", "").isdigit():
        said["position"] = int(given["position"])
    return msgspec.convert(said, BankRuleIn)


async def _rules(
    work: Work, *, status: int = 200, errors: Any = (), entered: dict[str, str] | None = None
) -> Response[str]:
    return page(
        work, "treasury/rules.html", status=status, errors=list(errors), section="/treasury",
        rules=await queries.bank_rules(work), bookable=BOOKABLE,
        entered={**EMPTY, **(entered or {})},
        clients=await queries.clients(work), accounts=await queries.coop_accounts(work),
    )  # fmt: skip


async def _rule(
    work: Work,
    rule_id: BankRuleId,
    *,
    status: int = 200,
    errors: Any = (),
    entered: dict[str, str] | None = None,
) -> Response[str]:
    rule = await queries.bank_rule(work, rule_id)
    shown: dict[str, Any] = {
        "name": rule.name,
        "position": str(rule.position),
        **msgspec.to_builtins(rule.conditions),
        **msgspec.to_builtins(rule.action),
    }
    return page(
        work, "treasury/rule.html", status=status, errors=list(errors), section="/treasury",
        rule=rule, seen=await queries.preview_rule(work, rule_id), amount=amount,
        entered={**EMPTY, **(entered or shown)}, bookable=BOOKABLE,
        clients=await queries.clients(work),
        accounts=await queries.coop_accounts(work),
    )  # fmt: skip


@get("/treasury/rules", permission=Permission.TREASURY_READ, include_in_schema=False)
async def rules_page(work: Work) -> Response[str]:
    """The rules in the order in which they decide, and a form for another."""
    return await _rules(work)


@post("/treasury/rules", permission=Permission.MATCHES_CONFIRM, **FORM)
async def write_rule(work: Work, data: Form) -> Redirect:
    """Write a rule; it is a draft until it was tried and switched on."""
    made: list[BankRuleId] = []

    async def write() -> None:
        made.append((await commands.write_rule(work, _rule_in(data))).id)

    async def again(**shown: Any) -> Response[str]:
        return await _rules(work, entered=data, **shown)

    gone = await or_again(write(), "/treasury/rules", again)
    return Redirect(f"/treasury/rules/{made[0]}", status_code=303) if made else gone


@get("/treasury/rules/{rule_id:uuid}", permission=Permission.TREASURY_READ, include_in_schema=False)
async def rule_page(work: Work, rule_id: BankRuleId) -> Response[str]:
    """A rule, what it would have matched, and a form for its next version."""
    return await _rule(work, rule_id)


@post("/treasury/rules/{rule_id:uuid}/change", permission=Permission.MATCHES_CONFIRM, **FORM)
async def change_rule(work: Work, rule_id: BankRuleId, data: Form) -> Redirect:
    """Write the next version of a rule."""
    made: list[BankRuleId] = []

    async def change() -> None:
        made.append((await commands.change_rule(work, rule_id, _rule_in(data))).id)

    async def again(**shown: Any) -> Response[str]:
        return await _rule(work, rule_id, entered=data, **shown)

    gone = await or_again(change(), "/treasury/rules", again)
    return Redirect(f"/treasury/rules/{made[0]}", status_code=303) if made else gone


@post("/treasury/rules/{rule_id:uuid}/switch", permission=Permission.MATCHES_CONFIRM, **FORM)
async def switch_rule(work: Work, rule_id: BankRuleId, data: Form) -> Redirect:
    """Switch a rule on as it was seen, or off."""

    async def switch() -> None:
        matched = data.get("matched", "")
        said = BankRuleSwitchIn(
            on=data.get("to") == "on", matched=int(matched) if matched.isdigit() else None
        )
        await commands.switch_rule(work, rule_id, said)

    async def again(**shown: Any) -> Response[str]:
        return await _rule(work, rule_id, **shown)

    return await or_again(switch(), "/treasury/rules", again)


PAGES = [rules_page, write_rule, rule_page, change_rule, switch_rule]
