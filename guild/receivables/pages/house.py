"""Pages of the member and the treasury: who owes what, how late, and what is done about it."""

from collections import defaultdict
from datetime import timedelta
from typing import Any, Literal

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.ids import (
    InterestClaimId,
    InvoiceId,
    ObjectionId,
    OrganisationId,
    RefundId,
    WriteOffId,
)
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import Cursor, get, post
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.receivables import commands, queries
from guild.receivables.pages.forms import FORM, Form, or_again, said
from guild.receivables.queries.standing import HOUSE
from guild.receivables.routes.files import csv_file, pdf_file
from guild.receivables.rules.overdue import BUCKETS
from guild.receivables.schemas import (
    AnswerIn,
    ConcedeIn,
    InsolvencyIn,
    PromiseIn,
    ReasonIn,
    ReminderRuleIn,
    WriteOffIn,
)

P = Permission
HEADS = {
    "not_due": "Not due", "days_1_30": "1–30 days", "days_31_60": "31–60 days",
    "days_61_90": "61–90 days", "days_over_90": "over 90",
}  # fmt: skip
WHY = [
    ("small_rest", "A small rest"),
    ("insolvent", "The client is insolvent"),
    ("uncollectable", "Collecting it has failed"),
    ("settlement", "Agreed with the client"),
    ("statute_barred", "Too old to be claimed"),
]


async def shown_desk(
    work: Work, *, status: int = 200, errors: Any = (), cursor: str | None = None
) -> Response[str]:
    """The desk, after a form on it was refused too."""
    return page(
        work, "receivables/desk.html", status=status, errors=list(errors),
        section="/receivables", heads=HEADS, buckets=BUCKETS,
        ageing=await queries.ageing(work, cursor=cursor, limit=20),
        objections=await queries.objections(work, held=True, limit=20),
        next_run=await queries.next_run(work, days=7, limit=20),
        write_offs=await queries.write_offs(work, waiting=True, limit=20),
        refunds=await queries.refunds(work, waiting=True, limit=20),
        claims=await queries.interest_claims(work, limit=10),
        house=await queries.reminder_rule(work, "house", HOUSE),
    )  # fmt: skip


@get("/receivables", permission=P.INVOICES_READ, include_in_schema=False)
async def desk(work: Work, cursor: Cursor | None = None) -> Response[str]:
    """What clients owe, by how late it is; objections; what goes out this week."""
    return await shown_desk(work, cursor=cursor)


@get("/receivables/ageing.csv", permission=P.INVOICES_READ, include_in_schema=False)
async def ageing_table(work: Work) -> Response[bytes]:
    """The report as a table."""
    shown = await queries.ageing(work, limit=10_000)
    return csv_file(f"ageing-{shown.as_of.isoformat()}.csv", queries.ageing_csv(shown))


async def _desk_doing(work: Work, doing: Any) -> Redirect:
    async def again(**shown: Any) -> Response[str]:
        return await shown_desk(work, **shown)

    return await or_again(doing, "/receivables", again)


@post("/receivables/write-offs/{write_off_id:uuid}/{step:str}", permission=P.RECEIVABLES_MANAGE,
      **FORM)  # fmt: skip
async def decide_write_off(
    work: Work, write_off_id: WriteOffId, step: Literal["approve", "refuse"]
) -> Redirect:
    """A second person decides a write-off."""
    doing = commands.decide_write_off(work, write_off_id, approve=step == "approve")
    return await _desk_doing(work, doing)


@post("/receivables/refunds/{refund_id:uuid}/{step:str}", permission=P.RECEIVABLES_MANAGE,
      **FORM)  # fmt: skip
async def decide_refund(
    work: Work, refund_id: RefundId, step: Literal["approve", "refuse"]
) -> Redirect:
    """A second person decides a refund."""
    doing = commands.decide_refund(work, refund_id, approve=step == "approve")
    return await _desk_doing(work, doing)


# -- one invoice ---------------------------------------------------------------------


async def shown_invoice(
    work: Work, invoice_id: InvoiceId, *, status: int = 200, errors: Any = (),
    entered: dict[str, str] | None = None,
) -> Response[str]:  # fmt: skip
    """One invoice's page, after a form on it was refused too. Raises InvoiceNotFound."""
    one = await queries.receivable(work, invoice_id)
    try:
        interest = await queries.preview_interest(work, invoice_id)
    except GuildError:
        interest = None
    charter = await charter_at(work)
    return page(
        work, "receivables/invoice.html", status=status, errors=list(errors),
        section="/receivables", entered=defaultdict(str, entered or {}), one=one, why=WHY,
        interest=interest,
        reminders=await queries.reminders(work, invoice_id),
        claims=(await queries.interest_claims(work, invoice_id=invoice_id)).items,
        write_offs=await queries.write_offs_of(work, invoice_id),
        small=charter.receivables.write_off_small_minor,
        split=charter.receivables.interest_split,
        latest=work.today + timedelta(days=charter.receivables.promise_max_days),
    )  # fmt: skip


@get("/receivables/invoices/{invoice_id:uuid}", permission=P.INVOICES_READ,
     include_in_schema=False)  # fmt: skip
async def invoice_page(work: Work, invoice_id: InvoiceId) -> Response[str]:
    """How one invoice stands, and what can be done about it."""
    return await shown_invoice(work, invoice_id)


async def _doing(work: Work, invoice_id: InvoiceId, data: dict[str, str], doing: Any) -> Redirect:
    async def again(**shown: Any) -> Response[str]:
        return await shown_invoice(work, invoice_id, entered=data, **shown)

    return await or_again(doing, f"/receivables/invoices/{invoice_id}", again)


@post("/receivables/invoices/{invoice_id:uuid}/interest", permission=P.INVOICES_CREDIT, **FORM)
async def claim_by_form(work: Work, invoice_id: InvoiceId) -> Redirect:
    """Claim interest."""
    return await _doing(work, invoice_id, {}, commands.claim_interest(work, invoice_id))


@post("/receivables/invoices/{invoice_id:uuid}/interest/{interest_id:uuid}/waive",
      permission=P.INVOICES_CREDIT, **FORM)  # fmt: skip
async def waive_by_form(
    work: Work, invoice_id: InvoiceId, interest_id: InterestClaimId, data: Form
) -> Redirect:
    """Give up a claim."""

    async def doing() -> None:
        wanted = msgspec.convert({"reason": data.get("reason", "")}, ReasonIn)
        await commands.waive_interest(work, interest_id, wanted.reason)

    return await _doing(work, invoice_id, data, doing())


@post("/receivables/invoices/{invoice_id:uuid}/write-off", permission=P.INVOICES_CREDIT, **FORM)
async def write_off_by_form(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Give up what is open."""

    async def doing() -> None:
        wanted = msgspec.convert(said(data, "reason_code", "reason", "amount"), WriteOffIn)
        await commands.ask_write_off(work, invoice_id, wanted)

    return await _doing(work, invoice_id, data, doing())


@post("/receivables/invoices/{invoice_id:uuid}/promise", permission=P.RECEIVABLES_MANAGE, **FORM)
async def promise_by_form(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Note what the client promised."""

    async def doing() -> None:
        wanted = msgspec.convert(said(data, "pay_by", "note"), PromiseIn)
        await commands.promise_payment(work, invoice_id, wanted)

    return await _doing(work, invoice_id, data, doing())


@post("/receivables/invoices/{invoice_id:uuid}/reminders", permission=P.RECEIVABLES_MANAGE, **FORM)
async def stop_by_form(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Stop the reminders of an invoice, or let them run again."""

    async def doing() -> None:
        told = {
            "scope": "invoice", "subject_id": invoice_id, "reason": data.get("reason", ""),
            "stopped": data.get("stopped") == "yes",
        }  # fmt: skip
        await commands.set_rule(work, msgspec.convert(told, ReminderRuleIn))

    return await _doing(work, invoice_id, data, doing())


@post("/receivables/invoices/{invoice_id:uuid}/objections/{objection_id:uuid}/{step:str}",
      permission=P.OBJECTIONS_READ, **FORM)  # fmt: skip
async def objection_by_form(
    work: Work, invoice_id: InvoiceId, objection_id: ObjectionId,
    step: Literal["answer", "credit", "mediate", "redeliver"], data: Form,
) -> Redirect:  # fmt: skip
    """Answer an objection, credit it, ask for mediation, or deliver anew."""
    note = data.get("note", "")

    async def doing() -> None:
        if step == "answer":
            wanted = msgspec.convert({"answer": note}, AnswerIn)
            await commands.answer_objection(work, objection_id, wanted.answer)
        elif step == "credit":
            agreed = msgspec.convert({"reason": note}, ConcedeIn)
            await commands.concede(work, objection_id, agreed.reason)
        else:
            await commands.rule_on(work, objection_id, step, note)

    return await _doing(work, invoice_id, data, doing())


# -- objections for representatives --------------------------------------------------


@get("/objections", permission=P.OBJECTIONS_READ, include_in_schema=False)
async def objections_page(work: Work) -> Response[str]:
    """Objections of clients that have not ended, for members and representatives."""
    return await _objections(work)


async def _objections(work: Work, *, status: int = 200, errors: Any = ()) -> Response[str]:
    shown = await queries.objections(work, held=True)
    return page(
        work, "receivables/objections.html", status=status, errors=list(errors),
        section="/objections", objections=shown.items,
    )  # fmt: skip


@post("/objections/{objection_id:uuid}/{step:str}", permission=P.OBJECTIONS_MEDIATE, **FORM)
async def rule_by_form(
    work: Work, objection_id: ObjectionId, step: Literal["mediate", "dismiss", "to_court"],
    data: Form,
) -> Redirect:  # fmt: skip
    """A representative takes it up, dismisses it, or sends both sides on."""

    async def again(**shown: Any) -> Response[str]:
        return await _objections(work, **shown)

    doing = commands.rule_on(work, objection_id, step, data.get("note", ""))
    return await or_again(doing, "/objections", again)


# -- one client ----------------------------------------------------------------------


async def shown_client(
    work: Work, client_id: OrganisationId, *, status: int = 200, errors: Any = (),
    entered: dict[str, str] | None = None,
) -> Response[str]:  # fmt: skip
    """One client's page, after a form on it was refused too. Raises OrganisationNotFound."""
    client = await queries.visible_client(work, client_id)
    try:
        insolvency = await queries.insolvency(work, client_id)
    except GuildError:
        insolvency = None
    return page(
        work, "receivables/client.html", status=status, errors=list(errors),
        section="/receivables", entered=defaultdict(str, entered or {}), client=client,
        profile=await queries.payment_profile(work, client_id), insolvency=insolvency,
        rule=await queries.reminder_rule(work, "client", client_id),
        next_run=await queries.next_run(work, days=30, client_id=client_id, limit=10),
        statement=await queries.statement_of(work, client_id, "EUR"),
        sources=await queries.refund_sources(work, client_id, "EUR")
        if work.actor.may(P.RECEIVABLES_MANAGE) else [],
    )  # fmt: skip


@get("/receivables/clients/{client_id:uuid}", permission=P.INVOICES_READ, include_in_schema=False)
async def client_page(work: Work, client_id: OrganisationId) -> Response[str]:
    """A client's account and how it pays."""
    return await shown_client(work, client_id)


@get("/receivables/clients/{client_id:uuid}/statement/{kind:str}", permission=P.INVOICES_READ,
     include_in_schema=False)  # fmt: skip
async def client_statement(
    work: Work, client_id: OrganisationId, kind: Literal["csv", "pdf"]
) -> Response[bytes]:
    """The statement of a year as PDF or CSV."""
    shown = await queries.statement_of(work, client_id, "EUR")
    if kind == "csv":
        return csv_file("statement.csv", queries.statement_csv(shown))
    client = await queries.visible_client(work, client_id)
    return pdf_file("statement.pdf", await queries.statement_pdf(work, shown, client.language))


@post("/receivables/clients/{client_id:uuid}/insolvency", permission=P.RECEIVABLES_MANAGE, **FORM)
async def flag_by_form(work: Work, client_id: OrganisationId, data: Form) -> Redirect:
    """Flag a client as insolvent."""

    async def doing() -> None:
        names = ("court", "case_number", "declared_on", "claims_by", "evidence")
        await commands.flag_insolvent(
            work, client_id, msgspec.convert(said(data, *names), InsolvencyIn)
        )

    async def again(**shown: Any) -> Response[str]:
        return await shown_client(work, client_id, entered=data, **shown)

    return await or_again(doing(), f"/receivables/clients/{client_id}", again)


PAGES = [
    desk, ageing_table, decide_write_off, decide_refund, invoice_page, claim_by_form,
    waive_by_form, write_off_by_form, promise_by_form, stop_by_form, objection_by_form,
    objections_page, rule_by_form, client_page, client_statement, flag_by_form,
]  # fmt: skip
