"""The member's pages for drafting: a new contract, its terms and clauses, the panel, sending.

No page needs a script: each button saves, and the panel beside the form is as fresh as the last
save. A form that is refused is shown again with what was typed.
"""

import base64
from typing import Annotated, Any, Final, get_args
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.errors import (
    ConsentMissing,
    ContractNotFound,
    FloorRate,
    NameMissing,
    ProtectionsMissing,
    SameAddress,
    TermsInvalid,
)
from guild.contracts.models import Contract
from guild.contracts.pages import forms
from guild.contracts.pages.client import _page, document_markup
from guild.contracts.pages.forms import Faults, drafted, faults_of
from guild.contracts.routes.drafting import UPLOAD_MAX_BYTES, pdf
from guild.contracts.rules.library import LANGUAGES, library
from guild.contracts.rules.terms import Profession, terms_from
from guild.contracts.rules.wording import spoken_clause
from guild.contracts.schemas import SendIn
from guild.contracts.schemas.papers import AskRepIn, PaperIn, TaskKind
from guild.contracts.schemas.signing import PrepareSendingIn
from guild.core.errors import Invalid
from guild.core.ids import ContactId, ContractId
from guild.core.permissions import Permission
from guild.core.wire import In, get, post
from guild.core.work import Work
from guild.documents.reader import BYTES_MAX
from guild.members import queries as members
from guild.members.queries import passkeys_of

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
REFUSALS: Final = (Invalid, TermsInvalid, msgspec.ValidationError)
"""What is raised before anything is written, so that the form may be shown in the same Work."""
SEND_REFUSALS: Final = (ConsentMissing, NameMissing, SameAddress, ProtectionsMissing, FloorRate)
PROFESSIONS: Final = [(one, one.replace("_", " ").capitalize()) for one in get_args(Profession)]
LANGUAGE_NAMES: Final = [("en", "English"), ("fr", "French"), ("nl", "Dutch")]
KINDS: Final = {
    "milestones": "Several deliveries, each with its price",
    "fixed": "One delivery at a fixed price",
    "time": "By the hour or day",
    "retainer": "The same amount each month or quarter",
    "licence": "A licence for existing work",
}


class Upload(In, frozen=True):
    """A form with one file."""

    file: UploadFile
    csrf_token: str = ""


@get("/contracts/new", permission=Permission.CONTRACTS_DRAFT, include_in_schema=False)
async def new_page(work: Work, template: str = "") -> Response[str]:
    """First the template, then client, price and days."""
    return await _new(work, template, {}, [])


async def _new(work: Work, name: str, form: dict[str, str], errors: Faults) -> Response[str]:
    chosen = await queries.template(work, name) if name else None
    found = await members.organisations_page(work, cursor=None, size=100)
    contacts = [
        (f"{client.id}/{contact.id}", f"{client.name}, {contact.name}")
        for client in found.items
        for contact in client.contacts
    ]
    return _page(
        work, "contracts/new.html", status=422 if errors else 200, section="/contracts",
        templates=await queries.templates(work), chosen=chosen, contacts=contacts, form=form,
        errors=errors, kinds=KINDS, rows=forms.ROWS, rate_cards=await queries.rate_choices(work),
    )  # fmt: skip


@post("/contracts/new", permission=Permission.CONTRACTS_DRAFT, include_in_schema=False,
      status_code=303)  # fmt: skip
async def begin(work: Work, data: Form) -> Response[Any]:
    """Begin the draft; the next page shows how it stands."""
    name = data.get("template", "")
    client, _, contact = data.get("who", "").partition("/")
    try:
        language = await _language(work, contact)
        body = msgspec.to_builtins((await queries.template(work, name, language)).body)
        body.pop("kind")
        whole = drafted(data, {**body, "client_id": client, "contact_id": contact})
        contract = await commands.draft_contract(work, whole)
    except REFUSALS as refusal:
        faults = faults_of(refusal)
        if not contact:
            faults = [{"field": "who", "text": "Choose a client."}]
        return await _new(work, name, data, faults)
    return Redirect(f"/contracts/{contract.id}/draft", status_code=303)


async def _language(work: Work, contact: str) -> str:
    """What the client's contact reads; English while nobody is chosen."""
    if not contact:
        return "en"
    return (await members.contact_of(work, msgspec.convert(contact, ContactId))).language


@get("/contracts/{contract_id:uuid}/draft", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def draft_page(work: Work, contract_id: UUID, kind: str = "") -> Response[str]:
    """The draft with its panel; a rep who was asked reads it too.

    With `kind` the form offers the prices and days of another kind; saving makes it that kind.
    """
    if kind not in KINDS:
        return await _draft(work, ContractId(contract_id), None, [])
    row = await _own(work, contract_id)
    form = {**forms.shown(row.draft), "kind": kind}
    return await _draft(work, row.id, form, [])


async def _own(work: Work, contract_id: UUID) -> Contract:
    """The acting member's own contract; what a rep may read is not hers to write."""
    row = await queries.contract_row(work, ContractId(contract_id))
    if not work.actor.is_member(row.member_id):
        raise ContractNotFound
    return row


async def _draft(
    work: Work, contract_id: ContractId, form: dict[str, str] | None, errors: Faults
) -> Response[str]:
    row = await queries.contract_row(work, contract_id)
    view = await queries.contract_view(work, contract_id)
    papers = [await queries.paper_view(work, contract_id)] if row.paper_id else []
    return _page(
        work, "contracts/draft.html", status=422 if errors else 200, section="/contracts",
        contract=view, panel=await queries.panel_of(work, row), errors=errors,
        form=forms.shown(row.draft) if form is None else form, professions=PROFESSIONS,
        languages=LANGUAGE_NAMES, rows=forms.ROWS, kinds=KINDS,
        own=work.actor.is_member(row.member_id), clauses=_clauses(row.terms, work),
        passkeys=bool(await passkeys_of(work)), consent=await queries.member_consent(work, row),
        rate_cards=await queries.rate_choices(work), papers=papers,
        tasks=await queries.tasks_about(work, contract_id),
        document=document_markup(await queries.document_html(work, contract_id)),
    )  # fmt: skip


def _clauses(stored: dict[str, Any], work: Work) -> list[dict[str, Any]]:
    """Each clause of the library as it stands or would stand in this draft."""
    terms = terms_from(stored)
    chosen = {one.id: one for one in terms.library}
    made = []
    for name, clause in library().items():
        one = chosen.get(name)
        newest = max(clause.versions, key=lambda version: version.version)
        version = clause.at(one.version) if one else newest
        values = one.values if one else {v.name: v.default for v in newest.own}
        missing = [lang for lang in LANGUAGES if version.missing(lang)]
        said = None
        if terms.language not in missing:
            filled = {key: value for key, value in values.items() if value is not None}
            said = spoken_clause(terms, version, filled, name, work.settings.coop.name)
        made.append({
            "id": name, "use": clause.use, "chosen": one is not None, "said": said,
            "does": version.does, "version": version.version, "missing": missing,
            "blanks": [(v, values.get(v.name)) for v in version.own],
        })  # fmt: skip
    return made


@post("/contracts/{contract_id:uuid}/draft", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def save_draft(work: Work, contract_id: UUID, data: Form) -> Response[Any]:
    """Save the draft as the form has it."""
    row = await _own(work, contract_id)
    try:
        await commands.rewrite_contract(work, row.id, drafted(data, row.draft))
    except REFUSALS as refusal:
        return await _draft(work, row.id, data, faults_of(refusal))
    return Redirect(f"/contracts/{contract_id}/draft", status_code=303)


@post("/contracts/{contract_id:uuid}/send", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def send(work: Work, contract_id: UUID, data: Form) -> Response[Any]:
    """Sign by sending."""
    await _own(work, contract_id)
    version = data.get("version", "")
    given = {
        "typed_name": data.get("typed_name", "").strip() or " ",
        "consent": data.get("consent") == "yes",
        "version": int(version) if version.isascii() and version.isdigit() else 0,
    }
    try:
        if data.get("way") == "passkey":
            prepared = msgspec.convert(given, PrepareSendingIn)
            await commands.prepare_sending(work, ContractId(contract_id), prepared)
            return Redirect(f"/contracts/{contract_id}/send-with-passkey", status_code=303)
        await commands.send_contract(work, ContractId(contract_id), msgspec.convert(given, SendIn))
    except SEND_REFUSALS as refusal:
        return await _draft(work, ContractId(contract_id), None, faults_of(refusal))
    except msgspec.ValidationError:
        faults = [{"field": "typed_name", "text": "Type your full name."}]
        return await _draft(work, ContractId(contract_id), None, faults)
    return Redirect(f"/contracts/{contract_id}", status_code=303)


@post("/contracts/{contract_id:uuid}/paper", permission=Permission.CONTRACTS_DRAFT,
      request_max_body_size=UPLOAD_MAX_BYTES, include_in_schema=False,
      status_code=303)  # fmt: skip
async def add_paper(
    work: Work,
    contract_id: UUID,
    data: Annotated[Upload, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Upload the client's own document."""
    await _own(work, contract_id)
    content = await data.file.read(BYTES_MAX + 1)
    try:
        paper = msgspec.convert(
            {"name": (data.file.filename or "Document.pdf")[:200],
             "content": base64.b64encode(content).decode()}, PaperIn,
        )  # fmt: skip
        await commands.upload_paper(work, ContractId(contract_id), paper)
    except REFUSALS as refusal:
        text = refusal.detail if isinstance(refusal, Invalid) else "Choose a PDF."
        return await _draft(work, ContractId(contract_id), None, [{"field": "file", "text": text}])
    return Redirect(f"/contracts/{contract_id}/draft#paper", status_code=303)


@post("/contracts/{contract_id:uuid}/paper/remove", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def remove_paper(work: Work, contract_id: UUID) -> Redirect:
    """Take the client's document off."""
    await commands.take_off_paper(work, ContractId(contract_id))
    return Redirect(f"/contracts/{contract_id}/draft#paper", status_code=303)


@get("/contracts/{contract_id:uuid}/paper", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def paper_download(work: Work, contract_id: UUID) -> Response[bytes]:
    """The client's document, as a file."""
    return pdf(*await queries.paper_file(work, ContractId(contract_id)))


@get("/offer/paper", permission=Permission.LINK, include_in_schema=False)
async def offer_paper(work: Work) -> Response[bytes]:
    """The client's own document, as the offer names it."""
    return pdf(*await queries.offered_paper(work))


@post("/contracts/{contract_id:uuid}/ask", permission=Permission.CONTRACTS_DRAFT,
      include_in_schema=False, status_code=303)  # fmt: skip
async def ask(work: Work, contract_id: UUID, data: Form) -> Redirect:
    """Ask a rep."""
    kind: TaskKind = "floor_waiver" if data.get("kind") == "floor_waiver" else "own_paper"
    question = data.get("question", "")[:5000]
    await commands.ask_rep(work, ContractId(contract_id), AskRepIn(kind=kind, question=question))
    return Redirect(f"/contracts/{contract_id}/draft#reps", status_code=303)


PAGES = [
    new_page, begin, draft_page, save_draft, send, add_paper, remove_paper, paper_download,
    offer_paper, ask,
]  # fmt: skip
