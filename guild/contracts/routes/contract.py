"""Contracts over HTTP: the member's side, and the client's side through a personal link."""

from datetime import date
from typing import Annotated, Literal

from litestar import MediaType, Response
from litestar.params import QueryParameter
from msgspec import Meta

from guild.contracts import commands, queries
from guild.contracts.access import OFFER_LINK
from guild.contracts.schemas import (
    AnswerDeliveryIn,
    AnsweredOut,
    ChangesIn,
    ChecksOut,
    CodeOut,
    ContractChange,
    ContractIn,
    ContractOut,
    ContractSummary,
    DeclineIn,
    DeliveriesOut,
    DeliveryChangesIn,
    DeliveryIn,
    DeliveryOut,
    EventOut,
    MilestoneOut,
    OfferIn,
    OfferOut,
    SendIn,
    SignedOut,
    SignIn,
    TerminateIn,
    WithdrawIn,
)
from guild.core.ids import ContractId, MilestoneId, OrganisationId
from guild.core.permissions import Permission
from guild.core.wire import CurrencyCode, Cursor, Page, PageSize, get, patch, post, post_once
from guild.core.work import Work

State = Literal[
    "draft", "sent", "changes_requested", "declined", "expired", "withdrawn", "signed",
    "completed", "terminated", "applied", "suspended", "void",
]  # fmt: skip
Minor = Annotated[int, Meta(ge=0, le=10**15)]
Search = Annotated[str, Meta(max_length=100)]
NO_STORE = {"Cache-Control": "no-store"}
DELIVERY_MAX_BYTES = 16_200_000
"""The files of a delivery in base64, and its text."""


@post("/contracts", permission=Permission.CONTRACTS_DRAFT, tags=["contracts"],
      summary="Draft a contract")  # fmt: skip
async def draft_contract(work: Work, data: ContractIn) -> ContractOut:
    """Begin a contract with one of your clients. Nothing is sent yet."""
    contract = await commands.draft_contract(work, data)
    return await queries.contract_view(work, contract.id)


@get("/contracts", permission=Permission.CONTRACTS_READ, tags=["contracts"],
     summary="List contracts")  # fmt: skip
async def list_contracts(
    work: Work,
    contract_state: Annotated[State | None, QueryParameter(name="state")] = None,
    client_id: OrganisationId | None = None,
    drafted_from: date | None = None,
    drafted_to: date | None = None,
    at_least: Minor | None = None,
    at_most: Minor | None = None,
    currency: CurrencyCode | None = None,
    search: Search = "",
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[ContractSummary]:
    """Your contracts, newest first; a rep sees all that were ever sent.

    `search` looks for beginnings of words in title, number and terms, the client's name among
    them; `at_least` and `at_most` are net prices in minor units (cents).
    """
    sieve = queries.Sieve(
        state=contract_state, client_id=client_id, drafted_from=drafted_from,
        drafted_to=drafted_to, at_least_minor=at_least, at_most_minor=at_most,
        currency=currency, search=search,
    )  # fmt: skip
    return await queries.list_contracts(work, sieve, cursor=cursor, limit=limit)


@get("/contracts/{contract_id:uuid}", permission=Permission.CONTRACTS_READ, tags=["contracts"],
     summary="A contract")  # fmt: skip
async def read_contract(work: Work, contract_id: ContractId) -> ContractOut:
    """A contract in full, with its milestones once it is signed."""
    return await queries.contract_view(work, contract_id)


@patch("/contracts/{contract_id:uuid}", permission=Permission.CONTRACTS_DRAFT, tags=["contracts"],
       summary="Change a draft")  # fmt: skip
async def edit_contract(work: Work, contract_id: ContractId, data: ContractChange) -> ContractOut:
    """Change a draft. After the client asked for changes this begins the next version."""
    await commands.edit_contract(work, contract_id, data)
    return await queries.contract_view(work, contract_id)


@post("/contracts/{contract_id:uuid}/checks", permission=Permission.CONTRACTS_READ,
      tags=["contracts"], summary="Check a contract", status_code=200)  # fmt: skip
async def check_contract(work: Work, contract_id: ContractId) -> ChecksOut:
    """What the law of the place asks for, and the effective hourly rate. Not legal advice."""
    return await queries.checks_of(work, await queries.contract_row(work, contract_id))


@post_once("/contracts/{contract_id:uuid}/send", permission=Permission.CONTRACTS_DRAFT,
           tags=["contracts"], summary="Sign and send an offer", status_code=200)  # fmt: skip
async def send_contract(work: Work, contract_id: ContractId, data: SendIn) -> ContractOut:
    """Sign by sending: the client gets a personal link by mail, which nobody else ever sees."""
    await commands.send_contract(work, contract_id, data)
    return await queries.contract_view(work, contract_id)


@post("/contracts/{contract_id:uuid}/resend-link", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="Mail a new link", status_code=200)  # fmt: skip
async def resend_link(work: Work, contract_id: ContractId) -> ContractOut:
    """Mail a new personal link to the same address; the earlier one stops working."""
    await commands.resend_link(work, contract_id)
    return await queries.contract_view(work, contract_id)


@post("/contracts/{contract_id:uuid}/withdraw", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="Withdraw an offer", status_code=200)  # fmt: skip
async def withdraw_contract(work: Work, contract_id: ContractId, data: WithdrawIn) -> ContractOut:
    """Take back a draft or an offer that is not signed."""
    await commands.withdraw_contract(work, contract_id, data)
    return await queries.contract_view(work, contract_id)


@post("/contracts/{contract_id:uuid}/terminate", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="End a signed contract early", status_code=200)  # fmt: skip
async def terminate_contract(work: Work, contract_id: ContractId, data: TerminateIn) -> ContractOut:
    """End a signed contract early, with a reason. Accepted work stays payable."""
    await commands.terminate_contract(work, contract_id, data)
    return await queries.contract_view(work, contract_id)


@get("/contracts/{contract_id:uuid}/document", permission=Permission.CONTRACTS_READ,
     tags=["contracts"], summary="The text of a contract", media_type=MediaType.HTML)  # fmt: skip
async def read_document(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The exact bytes that the client reads and signs, as an HTML fragment."""
    html = await queries.document_html(work, contract_id)
    return Response(html, media_type="text/html; charset=utf-8", headers=NO_STORE)


@get("/contracts/{contract_id:uuid}/pdf", permission=Permission.CONTRACTS_READ,
     tags=["contracts"], summary="The sealed file", media_type="application/pdf")  # fmt: skip
async def read_pdf(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The sealed PDF with certificate and evidence; 404 until it is made after signing."""
    return await pdf_answer(work, contract_id)


async def pdf_answer(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The sealed file as a download."""
    name, content = await queries.sealed_pdf(work, contract_id)
    return Response(
        content,
        media_type="application/pdf",
        headers={**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'},
    )


@get("/contracts/{contract_id:uuid}/events", permission=Permission.CONTRACTS_READ,
     tags=["contracts"], summary="What happened to a contract")  # fmt: skip
async def read_events(work: Work, contract_id: ContractId) -> list[EventOut]:
    """The chain of evidence in order, each entry with its fingerprint."""
    return await queries.contract_events(work, contract_id)


@post("/milestones/{milestone_id:uuid}/deliveries", permission=Permission.CONTRACTS_DRAFT,
      tags=["contracts"], summary="Deliver work",
      request_max_body_size=DELIVERY_MAX_BYTES)  # fmt: skip
async def deliver_milestone(work: Work, milestone_id: MilestoneId, data: DeliveryIn) -> DeliveryOut:
    """Hand work over. The client's days to accept run from now; silence counts as acceptance."""
    delivery = await commands.deliver_milestone(work, milestone_id, data)
    return await queries.delivery_by_id(work, delivery.id)


@get("/offer", permission=Permission.LINK, tags=["offer"], summary="The offer")
async def read_offer(work: Work) -> OfferOut:
    """The offer behind the client's link. Reading changes nothing."""
    view, _ = await queries.offer_view(work)
    return view


@get("/offer/document", permission=Permission.LINK, tags=["offer"], media_type=MediaType.HTML,
     summary="The text of the offer")  # fmt: skip
async def read_offer_document(work: Work) -> Response[bytes]:
    """The exact bytes that are signed; their SHA-256 is `shown_sha256` of the offer."""
    _, html = await queries.offer_view(work)
    return Response(html, media_type="text/html; charset=utf-8", headers=NO_STORE)


@get("/offer/pdf", permission=Permission.LINK, tags=["offer"], media_type="application/pdf",
     summary="The client's copy of the sealed file")  # fmt: skip
async def read_offer_pdf(work: Work) -> Response[bytes]:
    """The sealed PDF with certificate and evidence; 404 until it is made after signing."""
    contract = await queries.linked_row(work, OFFER_LINK)
    return await pdf_answer(work, contract.id)


@post("/offer/code", permission=Permission.LINK, tags=["offer"], summary="Ask for a code")
async def request_code(work: Work, data: OfferIn) -> CodeOut:
    """Mail a one-time code to the address that the link went to."""
    offer = await commands.request_code(work, data)
    return await queries.code_view(work, offer)


@post("/offer/sign", permission=Permission.LINK, tags=["offer"], summary="Sign")
async def sign_offer(work: Work, data: SignIn) -> SignedOut:
    """Sign with typed name, consent and code. Wrong codes are counted; five end the link."""
    contract, evidence = await commands.sign_contract(work, data)
    return SignedOut(
        number=contract.number, state=contract.state, signed_at=work.now,
        evidence_sha256=evidence.body_sha256,
    )  # fmt: skip


@post("/offer/request-changes", permission=Permission.LINK, tags=["offer"],
      summary="Ask for changes")  # fmt: skip
async def request_changes(work: Work, data: ChangesIn) -> AnsweredOut:
    """Ask for another version; the one you read is void from now on."""
    contract = await commands.request_contract_changes(work, data)
    return AnsweredOut(number=contract.number, state=contract.state)


@post("/offer/decline", permission=Permission.LINK, tags=["offer"], summary="Decline")
async def decline_offer(work: Work, data: DeclineIn) -> AnsweredOut:
    """Say no, with a reason. Nothing is published."""
    contract = await commands.decline_contract(work, data)
    return AnsweredOut(number=contract.number, state=contract.state)


@get("/deliveries", permission=Permission.LINK, tags=["offer"], summary="Deliveries to answer")
async def list_deliveries(work: Work) -> DeliveriesOut:
    """What was delivered under the contract of the client's link."""
    return await queries.deliveries_view(work)


@post("/milestones/{milestone_id:uuid}/accept", permission=Permission.LINK, tags=["offer"],
      summary="Accept a delivery", status_code=200)  # fmt: skip
async def accept_milestone(
    work: Work, milestone_id: MilestoneId, data: AnswerDeliveryIn
) -> MilestoneOut:
    """Accept the delivery that you saw; it is invoiced next."""
    milestone = await commands.accept_milestone(work, milestone_id, data.delivery_id)
    return await queries.milestone_by_row(work, milestone)


@post("/milestones/{milestone_id:uuid}/request-changes", permission=Permission.LINK,
      tags=["offer"], summary="Ask for another round", status_code=200)  # fmt: skip
async def request_milestone_changes(
    work: Work, milestone_id: MilestoneId, data: DeliveryChangesIn
) -> MilestoneOut:
    """Ask for changes to a delivery. Rounds beyond the agreed ones may cost more."""
    milestone = await commands.request_milestone_changes(work, milestone_id, data)
    return await queries.milestone_by_row(work, milestone)


ROUTES = [
    draft_contract, list_contracts, read_contract, edit_contract, check_contract, send_contract,
    resend_link, withdraw_contract, terminate_contract, read_document, read_pdf, read_events,
    deliver_milestone, read_offer, read_offer_document, read_offer_pdf, request_code,
    sign_offer, request_changes, decline_offer, list_deliveries, accept_milestone,
    request_milestone_changes,
]  # fmt: skip
