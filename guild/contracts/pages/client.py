"""Pages of contracts in force: the client answers deliveries, the member reads her contracts.

Offers are answered in `offer.py`; whoever holds a sealed file asks `web/verify.py`.
"""

import re
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from markupsafe import Markup

from guild.contracts import commands, queries
from guild.contracts.pages.words import REFUSED, clients_page, fault_at, sayer
from guild.contracts.routes import NO_STORE, pdf_answer
from guild.contracts.rules.amounts import amount
from guild.contracts.rules.keeping import unread_rules
from guild.contracts.rules.law import rule_sets
from guild.contracts.schemas import DeliveryChangesIn
from guild.contracts.schemas.contract import AcceptPartIn
from guild.core.ids import ContractId, DeliveryId, MilestoneId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

PART: Final = r"[0-9]{1,9}(\.[0-9]{1,2})?"
"""A part of a price as the wire writes it."""
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


def _page(work: Work, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    answer = page(work, template, status=status, **context)
    answer.headers.update(NO_STORE)
    return answer


def document_markup(shown: bytes) -> Markup:
    """The frozen document as it stands inside a page: our own template escaped every value."""
    return Markup(shown.decode())  # noqa: S704


@get("/deliveries", permission=Permission.LINK, include_in_schema=False)
async def deliveries_page(work: Work) -> Response[str]:
    """What was delivered, and three answers to what waits."""
    return await _deliveries_page(work, {}, [])


async def _deliveries_page(
    work: Work, form: dict[str, str], errors: list[dict[str, str]]
) -> Response[str]:
    view = await queries.deliveries_view(work)
    return await clients_page(
        work, "contracts/deliveries.html", errors=errors, view=view, items=view.items, form=form
    )


@post("/deliveries/answer", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def answer_delivery(work: Work, data: Form) -> Response[str] | Redirect:
    """Accept a delivery, or a part of it, or ask for changes to it."""
    wrong = _wrong(data)
    if wrong is not None:
        field, key = wrong
        text = sayer(await queries.reader_language(work))(key)
        return await _deliveries_page(work, data, [{"field": field, "text": text}])
    try:
        await _answer_delivery(work, data)
    except (msgspec.ValidationError, *REFUSED) as refusal:
        return await _deliveries_page(
            work, data, [await fault_at(work, refusal, "", "nothing_delivered")]
        )
    return Redirect("/deliveries", status_code=303)


def _wrong(data: dict[str, str]) -> tuple[str, str] | None:
    """The first thing that is missing in the form: its field, and what is said of it."""
    answer = data.get("answer")
    if answer not in ("accept", "part", "change"):
        return "answer", "e_answer"
    if answer == "part" and not re.fullmatch(PART, amount(data.get("accepted_net", "")) or ""):
        return "accepted_net", "e_part"
    if answer != "accept" and not 0 < len(data.get("wishes", "").strip()) <= 5000:
        return "wishes", "e_done_otherwise"
    return None


async def _answer_delivery(work: Work, data: dict[str, str]) -> None:
    wishes = data.get("wishes", "").strip()
    milestone_id = MilestoneId(msgspec.convert(data.get("milestone_id", ""), UUID))
    delivery_id = DeliveryId(msgspec.convert(data.get("delivery_id", ""), UUID))
    if data["answer"] == "accept":
        await commands.accept_milestone(work, milestone_id, delivery_id)
    elif data["answer"] == "part":
        net = amount(data["accepted_net"])
        part = {"delivery_id": delivery_id, "missing": wishes, "accepted_net": net}
        await commands.accept_part(work, milestone_id, msgspec.convert(part, AcceptPartIn))
    else:
        asked = msgspec.convert({"delivery_id": delivery_id, "wishes": wishes}, DeliveryChangesIn)
        await commands.request_milestone_changes(work, milestone_id, asked)


@get("/contracts/{contract_id:uuid}", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def contract_page(work: Work, contract_id: ContractId) -> Response[str]:
    """A contract in full: how it stands, its deliveries, its text, its chain of evidence."""
    view = await queries.contract_view(work, contract_id)
    row = await queries.contract_row(work, contract_id)
    return _page(
        work,
        "contracts/contract.html",
        section="/contracts",
        contract=view,
        events=await queries.contract_events(work, contract_id),
        sealing=await queries.sealing_of(work, row),
        keeping=await queries.keeping_view(work, row),
        unread=unread_rules(rule_sets()),
        signers=await queries.signer_views(work, contract_id, view.version),
        objections=await queries.open_objections(work, contract_id),
        voiding=await queries.voiding_of(work, row),
        document=document_markup(await queries.document_html(work, contract_id)),
    )


@get("/contracts/{contract_id:uuid}/pdf", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def contract_pdf(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The member's copy of the sealed file."""
    return await pdf_answer(work, contract_id)


PAGES = [deliveries_page, answer_delivery, contract_page, contract_pdf]
