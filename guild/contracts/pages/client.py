"""Pages of contracts in force: the client answers deliveries, the member reads her contracts.

Offers are answered in `offer.py`; whoever holds a sealed file asks `web/verify.py`.
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from markupsafe import Markup

from guild.contracts import commands, queries
from guild.contracts.routes import NO_STORE, pdf_answer
from guild.contracts.schemas import (
    DeliveryChangesIn,
)
from guild.contracts.schemas.contract import AcceptPartIn
from guild.core.ids import ContractId, DeliveryId, MilestoneId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work

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
    """What was delivered, and two answers to what waits."""
    return await _deliveries_page(work, "", [])


async def _deliveries_page(work: Work, wishes: str, errors: list[dict[str, str]]) -> Response[str]:
    view = await queries.deliveries_view(work)
    return _page(
        work, "contracts/deliveries.html", status=422 if errors else 200, view=view,
        items=view.items, wishes=wishes, errors=errors,
    )  # fmt: skip


@post("/deliveries/answer", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def answer_delivery(work: Work, data: Form) -> Response[str] | Redirect:
    """Accept a delivery or ask for changes to it."""
    wishes = data.get("wishes", "").strip()
    milestone_id = MilestoneId(msgspec.convert(data.get("milestone_id", ""), UUID))
    delivery_id = DeliveryId(msgspec.convert(data.get("delivery_id", ""), UUID))
    if data.get("answer") == "accept":
        await commands.accept_milestone(work, milestone_id, delivery_id)
    elif data.get("answer") == "part" and 0 < len(wishes) <= 5000:
        part = {
            "delivery_id": delivery_id, "missing": wishes,
            "accepted_net": data.get("accepted_net", "").strip(),
        }  # fmt: skip
        await commands.accept_part(work, milestone_id, msgspec.convert(part, AcceptPartIn))
    elif data.get("answer") == "change" and 0 < len(wishes) <= 5000:
        asked = msgspec.convert({"delivery_id": delivery_id, "wishes": wishes}, DeliveryChangesIn)
        await commands.request_milestone_changes(work, milestone_id, asked)
    else:
        missing = data.get("answer") not in ("change", "part")
        field, text = (
            ("answer", "Choose an answer.")
            if missing
            else ("wishes", "Write what should be done differently, in at most 5000 characters.")
        )
        return await _deliveries_page(work, wishes, [{"field": field, "text": text}])
    return Redirect("/deliveries", status_code=303)


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
