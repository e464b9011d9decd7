"""Rows of drafting: a member's template, clients' own papers, and what was asked of reps."""

import base64
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from guild.contracts import commands as contracts
from guild.contracts.models import ContractPaper
from guild.contracts.schemas import SendIn
from guild.contracts.schemas.papers import AskRepIn, PaperIn
from guild.contracts.schemas.templates import TemplateIn
from guild.core.ids import ContractId
from tests.conftest import NOON
from tests.features.contracts.pdfs import CLEAN, NASTY, pdf_of

LINES = [{"title": "Drawings", "net": "900.00", "due_on": str(NOON.date() + timedelta(days=60))}]
FORM = {
    "title": "Six posters", "kind": "milestones", "m0_title": "Posters", "m0_net": "900.00",
    "m0_due": LINES[0]["due_on"], "hours_estimate": "20",
}  # fmt: skip

CLIENT = {
    "row_version": "1", "name": "Voorbeeld bv", "kind": "company", "country": "BE",
    "street": "Kade 1", "postcode": "9000", "city": "Gent", "email": "books@voorbeeld.example",
    "language": "nl",
}  # fmt: skip


def paper_in(lines: tuple[str, ...]) -> PaperIn:
    """A client's document with these lines."""
    return PaperIn(name="terms.pdf", content=base64.b64encode(pdf_of(lines)).decode())


async def make_drafts(world: Any) -> None:
    """Mira's template, two drafts with a nasty paper (a rep was asked about one), and an offer
    that stands on a clean paper."""
    owner = world.people["owner"]
    client = await world._client()
    async with world.as_("owner") as work:
        kept = await contracts.save_template(
            work, TemplateIn(name="My posters", contract_id=world.rows["draft"])
        )
    world.rows |= {"template": kept.id}
    for name, lines in (("papered", NASTY), ("asked", NASTY), ("offered_paper", CLEAN)):
        draft = await world.make.contract(owner, client, title=f"Drawings, {name}")
        world.rows[name] = draft.id
        await _paper(world, draft.id, lines)
    async with world.as_("owner") as work:
        asked = await contracts.ask_rep(work, world.rows["asked"], AskRepIn(kind="own_paper"))
        world.rows["rep_task"] = asked.id
        said = SendIn(typed_name=owner.legal_name, consent=True, version=1)
        sent = await contracts.send_contract(work, world.rows["offered_paper"], said)
    world.links["paper_offer"] = await world.make.link(
        sent.contact_id, sent.id, purpose="contract", hours=24 * 30
    )


async def _paper(world: Any, contract_id: ContractId, lines: tuple[str, ...]) -> None:
    async with world.as_("owner") as work:
        await contracts.upload_paper(work, contract_id, paper_in(lines))
    async with world.as_house() as work:
        paper_id = await work.session.scalar(
            select(ContractPaper.id).where(ContractPaper.contract_id == contract_id)
        )
        await contracts.read_stored_paper(work, paper_id)


def asks(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requests of these doors that differ from the defaults."""
    draft, papered = {"contract_id": rows["draft"]}, {"contract_id": rows["papered"]}
    task, own = {"task_id": rows["rep_task"]}, {"name": rows["template"]}
    pair = {"client_id": str(rows["client"]), "contact_id": str(rows["contact"])}
    who = {"who": f"{rows['client']}/{rows['contact']}"}
    contact = {"contact_id": rows["contact"]}
    content = paper_in(CLEAN)
    upload = {"name": content.name, "content": content.content}
    answer = {"outcome": "no", "answer": "Ask for payment within 30 days first."}
    return {
        "POST /clients/new": {"data": {
            **CLIENT, "name": "Nieuw bv", "contact_name": "An",
            "contact_email": "an@nieuw.example"}},
        "POST /clients/{organisation_id}": {"data": CLIENT},
        "POST /clients/{organisation_id}/contacts": {"data": {
            "new_name": "An Other", "new_email": "an@firm.example", "new_language": "nl"}},
        "POST /contacts/{contact_id}": {"path": contact, "data": {"name": "An", "language": "nl"}},
        "PATCH /api/v1/contacts/{contact_id}": {"path": contact, "json": {"name": "An"}},
        "POST /api/v1/contract-templates": {
            "json": {"name": "Another", "contract_id": str(rows["draft"])}},
        "GET /api/v1/contract-templates/{name}": {"path": own},
        "PATCH /api/v1/contract-templates/{name}": {
            "path": own, "json": {"version": 1, "name": "My best posters"}},
        "DELETE /api/v1/contract-templates/{name}": {"path": own},
        "GET /contract-templates/{name}": {"path": own},
        "POST /contract-templates/{name}": {
            "path": own, "data": {"version": "1", "name": "My best posters"}},
        "POST /contract-templates/{name}/away": {"path": own},
        "POST /api/v1/contracts/from-template": {"json": {
            "template": "illustration", **pair, "title": "Six posters", "milestones": LINES}},
        "POST /api/v1/contract-previews": {"json": {
            **pair, "title": "Six posters", "summary": "Six posters", "milestones": LINES,
            "hours_estimate": 20, "payment_term_days": 30}},
        "POST /contracts/new": {"data": {"template": "illustration", **who, **FORM}},
        "POST /contracts/{contract_id}/draft": {"path": draft, "data": FORM},
        "POST /contracts/{contract_id}/keep": {"path": draft, "data": {"name": "Kept"}},
        "POST /contracts/{contract_id}/send": {"path": draft, "data": {
            "typed_name": "Mira Member", "consent": "yes", "version": "1"}},
        "GET /contracts/{contract_id}/draft": {"path": {"contract_id": rows["offered_paper"]}},
        "POST /api/v1/contracts/{contract_id}/paper": {"path": draft, "json": upload},
        "GET /api/v1/contracts/{contract_id}/paper": {"path": papered},
        "DELETE /api/v1/contracts/{contract_id}/paper": {"path": papered},
        "GET /api/v1/contracts/{contract_id}/paper/file": {"path": papered},
        "GET /contracts/{contract_id}/paper": {"path": papered},
        "POST /contracts/{contract_id}/paper": {
            "path": draft, "files": {"file": ("terms.pdf", pdf_of(CLEAN), "application/pdf")}},
        "POST /contracts/{contract_id}/paper/remove": {"path": papered},
        "POST /api/v1/contracts/{contract_id}/rep-tasks": {
            "path": papered, "json": {"kind": "own_paper"}},
        "POST /contracts/{contract_id}/ask": {"path": papered, "data": {"kind": "own_paper"}},
        "POST /api/v1/rep-tasks/{task_id}/withdraw": {"path": task},
        "POST /rep-tasks/{task_id}/withdraw": {"path": task},
        "POST /api/v1/rep-tasks/{task_id}/answer": {"path": task, "json": answer},
        "POST /rep-tasks/{task_id}/answer": {"path": task, "data": answer},
    }  # fmt: skip


__all__ = ["asks", "make_drafts"]
