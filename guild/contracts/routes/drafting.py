"""Drafting over HTTP: the panel, previews, the clause library, templates, papers, reps' answers."""

from typing import Annotated, Literal

from litestar import Response
from litestar.params import QueryParameter

from guild.contracts import commands, queries
from guild.contracts.rules.library import Language
from guild.contracts.schemas import ContractIn, ContractOut
from guild.contracts.schemas.panel import PanelOut, PreviewOut
from guild.contracts.schemas.papers import (
    AnswerTaskIn,
    AskRepIn,
    PaperIn,
    PaperOut,
    RepTaskOut,
    WaiverCount,
)
from guild.contracts.schemas.templates import (
    ClauseOut,
    FromTemplateIn,
    TemplateChange,
    TemplateIn,
    TemplateName,
    TemplateOut,
    TemplateSummary,
)
from guild.core.ids import ContractId, RepTaskId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, delete, get, patch, post
from guild.core.work import Work

TAGS = ["contracts"]
NO_STORE = {"Cache-Control": "no-store"}
UPLOAD_MAX_BYTES = 14_000_000
"""A file of 10 MB in base64, with the rest of the request."""


@get("/contracts/{contract_id:uuid}/panel", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="The panel of a draft")  # fmt: skip
async def contract_panel(work: Work, contract_id: ContractId) -> PanelOut:
    """What an hour brings against the floor, the law, the guarantee, and what reaches you."""
    return await queries.panel_of(work, await queries.contract_row(work, contract_id))


@post("/contract-previews", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Try a draft", status_code=200)  # fmt: skip
async def preview_contract(work: Work, data: ContractIn) -> PreviewOut:
    """The panel and the text of a draft that is not saved. Nothing is written."""
    return await commands.preview_contract(work, data)


@get("/clauses", permission=Permission.PUBLIC, tags=TAGS, summary="The clause library")
async def list_clauses(language: Language = "en") -> list[ClauseOut]:
    """Every clause with its plain words, its blanks and their limits, and what it does."""
    return queries.clause_library(language)


@get("/contract-templates", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
     summary="Templates")  # fmt: skip
async def list_templates(work: Work) -> list[TemplateSummary]:
    """Your own templates, and those of the house by trade."""
    return await queries.templates(work)


@get("/contract-templates/{name:str}", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
     summary="A template")  # fmt: skip
async def read_template(work: Work, name: TemplateName) -> TemplateOut:
    """A template of the house by its name, or one of yours by its id."""
    return await queries.template(work, name)


@post("/contract-templates", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Keep a template")  # fmt: skip
async def save_template(work: Work, data: TemplateIn) -> TemplateOut:
    """Keep a template of your own, or copy one of your contracts into one."""
    saved = await commands.save_template(work, data)
    return await queries.template(work, str(saved.id))


@patch("/contract-templates/{name:str}", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
       summary="Change a template")  # fmt: skip
async def change_template(work: Work, name: TemplateName, data: TemplateChange) -> TemplateOut:
    """Begin the next version of one of your templates; earlier ones stay."""
    changed = await commands.change_template(work, name, data)
    return await queries.template(work, str(changed.id))


@delete("/contract-templates/{name:str}", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
        summary="Put a template away")  # fmt: skip
async def retire_template(work: Work, name: TemplateName) -> None:
    """It is no longer offered; contracts made from it stay as they are."""
    await commands.retire_template(work, name)


@post("/contracts/from-template", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Draft from a template")  # fmt: skip
async def draft_from_template(work: Work, data: FromTemplateIn) -> ContractOut:
    """Begin a contract from a template: name the client, the price and the days."""
    contract = await commands.draft_from_template(work, data)
    return await queries.contract_view(work, contract.id)


@post("/contracts/{contract_id:uuid}/paper", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Upload the client's document", request_max_body_size=UPLOAD_MAX_BYTES)  # fmt: skip
async def upload_paper(work: Work, contract_id: ContractId, data: PaperIn) -> PaperOut:
    """Take the client's own contract; its clauses are checked in the background."""
    await commands.upload_paper(work, contract_id, data)
    return await queries.paper_view(work, contract_id)


@get("/contracts/{contract_id:uuid}/paper", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="The clause check of the client's document")  # fmt: skip
async def read_paper(work: Work, contract_id: ContractId) -> PaperOut:
    """Lights, rules, and the passages that were found. Not legal advice."""
    return await queries.paper_view(work, contract_id)


@delete("/contracts/{contract_id:uuid}/paper", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
        summary="Take the client's document off")  # fmt: skip
async def take_off_paper(work: Work, contract_id: ContractId) -> None:
    """The draft stands on its own text again."""
    await commands.take_off_paper(work, contract_id)


@get("/contracts/{contract_id:uuid}/paper/file", permission=Permission.CONTRACTS_READ, tags=TAGS,
     summary="The client's document", media_type="application/pdf")  # fmt: skip
async def paper_file(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The PDF as it was uploaded."""
    return pdf(*await queries.paper_file(work, contract_id))


@get("/offer/paper", permission=Permission.LINK, tags=["offer"],
     summary="The document that an offer stands on", media_type="application/pdf")  # fmt: skip
async def offered_paper(work: Work) -> Response[bytes]:
    """The client's own PDF, whose SHA-256 stands in the contract."""
    return pdf(*await queries.offered_paper(work))


def pdf(name: str, content: bytes) -> Response[bytes]:
    """A file to keep: never shown inside a page of ours."""
    kept = "".join(sign for sign in name if sign.isascii() and sign not in '"\\;') or "contract.pdf"
    return Response(
        content,
        media_type="application/pdf",
        headers={
            **NO_STORE,
            "Content-Disposition": f'attachment; filename="{kept}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@post("/contracts/{contract_id:uuid}/rep-tasks", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Ask a union representative")  # fmt: skip
async def ask_rep(work: Work, contract_id: ContractId, data: AskRepIn) -> RepTaskOut:
    """Ask for advice on the client's document, or for a waiver of the floor."""
    return await queries.task_view(work, await commands.ask_rep(work, contract_id, data))


@get("/rep-tasks", permission=Permission.REVIEWS_READ, tags=TAGS, summary="Asked of reps")
async def list_rep_tasks(
    work: Work,
    task_state: Annotated[
        Literal["requested", "answered", "withdrawn"] | None, QueryParameter(name="state")
    ] = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[RepTaskOut]:
    """What you asked; a rep sees what everybody asked."""
    return await queries.rep_tasks(work, state=task_state, cursor=cursor, limit=limit)


@post("/rep-tasks/{task_id:uuid}/answer", permission=Permission.REVIEWS_CONDUCT, tags=TAGS,
      summary="Answer as a rep", status_code=200)  # fmt: skip
async def answer_task(work: Work, task_id: RepTaskId, data: AnswerTaskIn) -> RepTaskOut:
    """Clear a client's document or not; waive the floor until a day, or not."""
    return await queries.task_view(work, await commands.answer_task(work, task_id, data))


@post("/rep-tasks/{task_id:uuid}/withdraw", permission=Permission.CONTRACTS_DRAFT, tags=TAGS,
      summary="Take a question back", status_code=200)  # fmt: skip
async def withdraw_task(work: Work, task_id: RepTaskId) -> RepTaskOut:
    """Take back what you asked, while nobody has answered."""
    return await queries.task_view(work, await commands.withdraw_task(work, task_id))


@get("/floor-waivers", permission=Permission.PUBLIC, tags=TAGS, summary="Waivers of the floor")
async def floor_waivers(work: Work) -> list[WaiverCount]:
    """How often reps waived the floor, by quarter."""
    return await queries.waivers_by_quarter(work)


ROUTES = [
    contract_panel, preview_contract, list_clauses, list_templates, read_template, save_template,
    change_template, retire_template, draft_from_template, upload_paper, read_paper,
    take_off_paper, paper_file, offered_paper, ask_rep, list_rep_tasks, answer_task, withdraw_task,
    floor_waivers,
]  # fmt: skip
