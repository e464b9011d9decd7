"""Doors about clients: account, ageing, profile, credit, refunds, insolvency, reminder rules."""

from datetime import date
from typing import Literal
from uuid import UUID

from litestar import Response

from guild.core.ids import OrganisationId, RefundId
from guild.core.permissions import Permission
from guild.core.wire import CurrencyCode, Cursor, Page, PageSize, get, post, post_once, put
from guild.core.work import Work
from guild.receivables import commands, queries
from guild.receivables.routes.files import STATEMENT_TYPES, csv_file, pdf_file, plain_file
from guild.receivables.schemas import (
    AgeingOut,
    AppliedOut,
    ApplyCreditIn,
    InsolvencyIn,
    InsolvencyOut,
    ProfileOut,
    ProfileSettleIn,
    ReasonIn,
    RefundIn,
    RefundOut,
    RefundSourceOut,
    ReminderRuleIn,
    ReminderRuleOut,
    StatementOut,
)

P = Permission
TAGS = ["receivables"]
CSV_ROWS = 10_000


@get("/receivables/ageing", permission=P.INVOICES_READ, tags=TAGS, summary="Ageing report")
async def ageing(
    work: Work, as_of: date | None = None, cursor: Cursor | None = None, limit: PageSize = 50
) -> AgeingOut:
    """What clients owe by how late it is, per currency; a member's own, all for the treasury."""
    return await queries.ageing(work, as_of=as_of, cursor=cursor, limit=limit)


@get("/receivables/ageing/csv", permission=P.INVOICES_READ, tags=TAGS,
     summary="Ageing report as a table", media_type="text/csv")  # fmt: skip
async def ageing_csv(work: Work, as_of: date | None = None) -> Response[bytes]:
    """Every client in one file, the largest debts first."""
    shown = await queries.ageing(work, as_of=as_of, limit=CSV_ROWS)
    return csv_file(f"ageing-{shown.as_of.isoformat()}.csv", queries.ageing_csv(shown))


@get("/clients/{client_id:uuid}/statement", permission=P.INVOICES_READ, tags=TAGS,
     summary="A client's account")  # fmt: skip
async def statement(
    work: Work,
    client_id: OrganisationId,
    since: date | None = None,
    until: date | None = None,
    currency: CurrencyCode = "EUR",
) -> StatementOut:
    """What it was asked, paid and owes, over a period; a year unless you say."""
    return await queries.statement_of(work, client_id, currency, since, until)


@get("/clients/{client_id:uuid}/statement/{kind:str}", permission=P.INVOICES_READ, tags=TAGS,
     summary="A client's account as a file", files=STATEMENT_TYPES)  # fmt: skip
async def statement_file(
    work: Work,
    client_id: OrganisationId,
    kind: Literal["csv", "pdf"],
    since: date | None = None,
    until: date | None = None,
    currency: CurrencyCode = "EUR",
) -> Response[bytes]:
    """The same as PDF or CSV."""
    shown = await queries.statement_of(work, client_id, currency, since, until)
    if kind == "csv":
        return csv_file("statement.csv", queries.statement_csv(shown))
    client = await queries.visible_client(work, client_id)
    return pdf_file("statement.pdf", await queries.statement_pdf(work, shown, client.language))


@get("/clients/{client_id:uuid}/payment-profile", permission=P.INVOICES_READ, tags=TAGS,
     summary="How a client pays")  # fmt: skip
async def profile(work: Work, client_id: OrganisationId) -> ProfileOut:
    """Facts of all members' invoices, only where enough of them stand behind a figure."""
    return await queries.payment_profile(work, client_id)


@post("/clients/{client_id:uuid}/payment-profile/settle", permission=P.RECEIVABLES_MANAGE,
      tags=TAGS, status_code=200, summary="Settle contested payment figures")  # fmt: skip
async def settle_profile(
    work: Work, client_id: OrganisationId, data: ProfileSettleIn
) -> ProfileOut:
    """Reckoned anew after something was mended, or confirmed; the client reads the reason."""
    await commands.settle_profile(work, client_id, data)
    return await queries.payment_profile(work, client_id)


@post_once("/receivables/credit", permission=P.RECEIVABLES_MANAGE, tags=TAGS, status_code=200,
           summary="Use a client's credit")  # fmt: skip
async def apply_credit(work: Work, data: ApplyCreditIn) -> AppliedOut:
    """Pay an invoice out of what the same client has on account, with its consent."""
    return await commands.apply_credit(work, data)


@post_once("/clients/{client_id:uuid}/refunds", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
           summary="Propose a refund")  # fmt: skip
async def propose_refund(work: Work, client_id: OrganisationId, data: RefundIn) -> RefundOut:
    """Give back what a client has on account; another person decides."""
    made = await commands.propose_refund(work, client_id, data)
    return await _refund(work, made)


@get("/clients/{client_id:uuid}/refund-sources", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
     summary="Payments that a refund can go back to")  # fmt: skip
async def refund_sources(
    work: Work, client_id: OrganisationId, currency: CurrencyCode = "EUR"
) -> list[RefundSourceOut]:
    """The client's latest payments by its bank: a refund goes back to the account of one."""
    return await queries.refund_sources(work, client_id, currency)


@get("/refunds", permission=P.INVOICES_READ, tags=TAGS, summary="Refunds to clients")
async def refunds(
    work: Work, *, waiting: bool = False, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[RefundOut]:
    """Newest first; `waiting` for those that need their second person."""
    return await queries.refunds(work, waiting=waiting, cursor=cursor, limit=limit)


@post_once("/refunds/{refund_id:uuid}/approve", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
           status_code=200, summary="Approve a refund")  # fmt: skip
async def approve_refund(work: Work, refund_id: RefundId) -> RefundOut:
    """As a treasurer who did not propose it and whose client it is not."""
    await commands.decide_refund(work, refund_id, approve=True)
    return await _refund(work, refund_id)


@post("/refunds/{refund_id:uuid}/refuse", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
      status_code=200, summary="Refuse a refund")  # fmt: skip
async def refuse_refund(work: Work, refund_id: RefundId, data: ReasonIn) -> RefundOut:
    """The money stays on the client's account."""
    await commands.decide_refund(work, refund_id, approve=False, note=data.reason)
    return await _refund(work, refund_id)


async def _refund(work: Work, refund_id: UUID) -> RefundOut:
    return (await queries.refunds(work, refund_id=refund_id)).items[0]


@post("/clients/{client_id:uuid}/insolvency", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
      summary="Flag a client as insolvent")  # fmt: skip
async def flag(work: Work, client_id: OrganisationId, data: InsolvencyIn) -> InsolvencyOut:
    """With evidence. Reminders rest, no new guarantee is given, members are told the fact."""
    await commands.flag_insolvent(work, client_id, data)
    return await queries.insolvency(work, client_id)


@get("/clients/{client_id:uuid}/insolvency", permission=P.INVOICES_READ, tags=TAGS,
     summary="The insolvency of a client")  # fmt: skip
async def insolvency(work: Work, client_id: OrganisationId) -> InsolvencyOut:
    """The newest flag, with its evidence."""
    return await queries.insolvency(work, client_id)


@get("/clients/{client_id:uuid}/insolvency/proofs", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
     summary="The proofs against an insolvent client",
     media_type="application/zip")  # fmt: skip
async def proofs(work: Work, client_id: OrganisationId) -> Response[bytes]:
    """A ZIP of contracts, acceptances, invoices, reminders and the statement of account."""
    name, content = await queries.proof_bundle(work, client_id)
    return plain_file(name, "application/zip", content)


@post("/clients/{client_id:uuid}/insolvency/lift", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
      status_code=200, summary="Lift an insolvency")  # fmt: skip
async def lift(work: Work, client_id: OrganisationId, data: ReasonIn) -> InsolvencyOut:
    """As another treasurer than the one who flagged it."""
    await commands.lift_insolvency(work, client_id, data.reason)
    return await queries.insolvency(work, client_id)


@get("/receivables/reminder-rules", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
     summary="Changes to reminders")  # fmt: skip
async def rules(work: Work) -> list[ReminderRuleOut]:
    """Stops and shifts for the house, clients and invoices."""
    return await queries.reminder_rules(work)


@put("/receivables/reminder-rules", permission=P.RECEIVABLES_MANAGE, tags=TAGS,
     summary="Stop or change reminders")  # fmt: skip
async def set_rule(work: Work, data: ReminderRuleIn) -> ReminderRuleOut:
    """For the house (id of zeros), a client or an invoice; it replaces the former change."""
    return queries.rule_out(await commands.set_rule(work, data))


ROUTES = [
    ageing, ageing_csv, statement, statement_file, profile, settle_profile, apply_credit,
    propose_refund, refund_sources, refunds,
    approve_refund, refuse_refund, flag, insolvency, proofs, lift, rules, set_rule,
]  # fmt: skip
