"""What is kept: a member's own templates, and contracts until their time is over."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.errors import TemplateNameTaken
from guild.contracts.pages.client import _page
from guild.contracts.pages.drafting import KINDS, PROFESSIONS, Form
from guild.contracts.pages.forms import Faults
from guild.contracts.rules.keeping import GONE_NAMES, rule_names, unread_rules
from guild.contracts.rules.law import rule_sets
from guild.contracts.schemas.templates import TemplateChange, TemplateIn
from guild.core.errors import Invalid, StaleVersion
from guild.core.ids import ContractId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, get, post
from guild.core.work import Work

DRAFT = Permission.CONTRACTS_DRAFT


@post("/contracts/{contract_id:uuid}/keep", permission=DRAFT, include_in_schema=False,
      status_code=303)  # fmt: skip
async def keep(work: Work, contract_id: UUID, data: Form) -> Redirect:
    """Keep the contract as a template of one's own, and show it."""
    wanted = msgspec.convert(
        {"name": data.get("name", "").strip()[:200] or "Template", "contract_id": contract_id},
        TemplateIn,
    )
    kept = await commands.save_template(work, wanted)
    return Redirect(f"/contract-templates/{kept.id}", status_code=303)


@get("/contract-templates/{name:str}", permission=DRAFT, include_in_schema=False)
async def template_page(work: Work, name: str) -> Response[str]:
    """What a template brings; one's own can be changed here."""
    return await _shown(work, name, {}, [])


async def _shown(work: Work, name: str, form: dict[str, str], errors: Faults) -> Response[str]:
    template = await queries.template(work, name)
    contracts = await queries.copyable(work) if template.own else []
    headings = {one.id: one for one in queries.clause_library("en")}
    body = template.body
    chosen = [one.id for one in body.library] if body.library is not None else [
        one.id for one in headings.values() if one.use != "optional"
    ]  # fmt: skip
    return _page(
        work, "contracts/template.html", status=422 if errors else 200, section="/contracts",
        one_of=template, body=body, kinds=KINDS, professions=dict(PROFESSIONS),
        clauses=[headings[one] for one in chosen if one in headings], contracts=contracts,
        form=form, errors=errors,
    )  # fmt: skip


@post("/contract-templates/{name:str}", permission=DRAFT, include_in_schema=False,
      status_code=303)  # fmt: skip
async def change(work: Work, name: str, data: Form) -> Response[Any]:
    """Rename it, or begin its next version from a contract."""
    await queries.template_row(work, name)
    version = data.get("version", "")
    wanted: dict[str, Any] = {"version": int(version) if version.isdecimal() else 0}
    if data.get("name", "").strip():
        wanted["name"] = data["name"].strip()
    if data.get("contract_id"):
        wanted["contract_id"] = data["contract_id"]
    try:
        await commands.change_template(work, name, msgspec.convert(wanted, TemplateChange))
    except (TemplateNameTaken, StaleVersion, Invalid) as refusal:
        text = f"{refusal.detail} {refusal.mend}".strip()
        return await _shown(work, name, data, [{"field": refusal.field or "name", "text": text}])
    except msgspec.ValidationError:
        text = "Write a name of at most 200 letters, or choose a contract."
        return await _shown(work, name, data, [{"field": "name", "text": text}])
    return Redirect(f"/contract-templates/{name}", status_code=303)


@post("/contract-templates/{name:str}/away", permission=DRAFT, include_in_schema=False,
      status_code=303)  # fmt: skip
async def put_away(work: Work, name: str) -> Redirect:
    """It is offered no longer; contracts made from it stay."""
    await commands.retire_template(work, name)
    return Redirect("/contracts/new", status_code=303)


@get("/contract-erasures", permission=Permission.CONTRACTS_READ, include_in_schema=False)
async def erasures_page(work: Work, cursor: Cursor | None = None) -> Response[str]:
    """The contracts whose time was over: what went, when, by which rule, and the proof."""
    found = await queries.erasures(work, cursor=cursor, limit=50)
    return _page(
        work, "contracts/erasures.html", section="/contracts", erasures=found.items,
        next_cursor=found.next_cursor, gone=gone_in_words, rule_names=rule_names(rule_sets()),
        unread=unread_rules(rule_sets()),
    )  # fmt: skip


def gone_in_words(rows: dict[str, int], files: int) -> str:
    """What went besides the text, as the rest of a sentence: , 2 deliveries and 1 file."""
    counted = [(count, *GONE_NAMES.get(name, (name, name))) for name, count in rows.items()]
    counted += [(files, "stored file", "stored files")] if files else []
    said = [f"{count} {one if count == 1 else many}" for count, one, many in counted]
    if not said:
        return ""
    return ", " + " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))


@post("/contracts/{contract_id:uuid}/erasure", permission=DRAFT, include_in_schema=False,
      status_code=303)  # fmt: skip
async def erase(work: Work, contract_id: UUID) -> Redirect:
    """Erase a contract whose time is over, and show the proof."""
    await commands.erase_contract(work, ContractId(contract_id))
    return Redirect("/contract-erasures", status_code=303)


PAGES = [keep, template_page, change, put_away, erasures_page, erase]
