"""The member's money page and the treasurer's desk; every form works without JavaScript."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.core.errors import GuildError, Invalid
from guild.core.ids import BankEntryId, BatchId, InvoiceId, PayoutId
from guild.core.money import Money
from guild.core.pages import money_text, page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.routes import pdf_file, xml_file
from guild.treasury.rules.camt053 import MAX_BYTES
from guild.treasury.schemas import BatchIn, ExplainIn, PayoutIn, PayoutRunIn, RejectIn

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
SHOWN: Final = 20
EXPLANATIONS: Final = [
    ("bank_fees", "A charge or interest of the bank"),
    ("client_credit", "A client’s money, kept on account or given back"),
]


class _FormRefused(Exception):
    """Carries the page to show again past the Work, so that what was half done is rolled back."""

    def __init__(self, shown: Response[str]) -> None:
        super().__init__("form refused")
        self.shown: Final = shown


def _show_again(_: Request[Any, Any, Any], refused: _FormRefused) -> Response[str]:
    return refused.shown


FORM: Final[dict[str, Any]] = {
    "include_in_schema": False,
    "status_code": 200,
    "exception_handlers": {_FormRefused: _show_again},
}
Show = Callable[..., Awaitable[Response[str]]]


async def _or_again(doing: Awaitable[object], to: str, show: Callable[..., Any]) -> Redirect:
    """Go on after a command; a refusal shows the page again with what is wrong."""
    try:
        await doing
    except (GuildError, msgspec.ValidationError) as refusal:
        status = refusal.status if isinstance(refusal, GuildError) else Invalid.status
        field = refusal.field if isinstance(refusal, GuildError) else ""
        mend = refusal.mend if isinstance(refusal, GuildError) else ""
        fault = {"field": field, "text": f"{refusal} {mend}".strip()}
        raise _FormRefused(await show(status=status, errors=[fault])) from refusal
    return Redirect(to, status_code=303)


def amount(text: str, currency: str) -> str:
    """A wire amount as people write it: €1,210.00."""
    return money_text(Money.parse(text, currency))


# -- the member ---------------------------------------------------------------------------------


async def _money(
    work: Work, *, status: int = 200, errors: Any = (), entered: str = ""
) -> Response[str]:
    shown = await queries.member_money(work)
    return page(
        work, "treasury/money.html", status=status, errors=list(errors), section="/money",
        money=shown, entered=entered, amount=amount,
    )  # fmt: skip


@get("/money", permission=Permission.PAYOUTS_REQUEST, include_in_schema=False)
async def money_page(work: Work) -> Response[str]:
    """What can be paid out, what is on its way and what is coming."""
    return await _money(work)


@post("/money/payouts", permission=Permission.PAYOUTS_REQUEST, **FORM)
async def ask_for_payout(work: Work, data: Form) -> Redirect:
    """Ask for a payout of one's own money."""
    entered = data.get("amount", "")

    async def ask() -> None:
        plain = {"amount": entered.replace(" ", "").replace(",", ".").lstrip("€")}
        await commands.request_payout(work, msgspec.convert(plain, PayoutIn))

    async def again(**shown: Any) -> Response[str]:
        return await _money(work, entered=entered, **shown)

    return await _or_again(ask(), "/money#payouts", again)


@get("/money/payouts/{payout_id:uuid}/statement", permission=Permission.PAYOUTS_READ,
     include_in_schema=False)  # fmt: skip
async def payout_statement(work: Work, payout_id: PayoutId) -> Response[bytes]:
    """The statement of a payout."""
    return pdf_file(*await queries.payout_document(work, payout_id))


# -- the treasurer ------------------------------------------------------------------------------


async def _desk(work: Work, *, status: int = 200, errors: Any = ()) -> Response[str]:
    accounts = await queries.coop_accounts(work)
    return page(
        work, "treasury/desk.html", status=status, errors=list(errors), section="/treasury",
        amount=amount,
        accounts=[(one, await queries.reconciliation(work, one.id)) for one in accounts],
        entries=await queries.entries(work, state="open", limit=SHOWN),
        requested=await queries.payouts(work, state="requested", limit=SHOWN),
        approved=await queries.payouts(work, state="approved", limit=SHOWN),
        batches=await queries.batches(work, limit=SHOWN),
    )  # fmt: skip


@get("/treasury", permission=Permission.TREASURY_READ, include_in_schema=False)
async def desk_page(work: Work) -> Response[str]:
    """Books and bank, entries to explain, payouts to approve, files to send."""
    return await _desk(work)


@post("/treasury/statements", permission=Permission.STATEMENTS_IMPORT,
      request_max_body_size=MAX_BYTES + 100_000, **FORM)  # fmt: skip
async def import_statement(work: Work, data: Upload) -> Redirect:
    """Import an uploaded camt.053 file."""
    file = data.get("statement")

    async def bring_in() -> None:
        if not isinstance(file, UploadFile):
            raise Invalid("Choose the file first.", field="statement")
        await commands.import_statements(work, await file.read())

    async def again(**shown: Any) -> Response[str]:
        return await _desk(work, **shown)

    return await _or_again(bring_in(), "/treasury#entries", again)


async def _entry(
    work: Work, entry_id: BankEntryId, *, status: int = 200, errors: Any = ()
) -> Response[str]:
    return page(
        work, "treasury/entry.html", status=status, errors=list(errors), section="/treasury",
        amount=amount, explanations=EXPLANATIONS, clients=await queries.clients(work),
        entry=await queries.entry(work, entry_id),
        suggestions=await queries.suggestions(work, entry_id),
    )  # fmt: skip


@get("/treasury/entries/{entry_id:uuid}", permission=Permission.TREASURY_READ,
     include_in_schema=False)  # fmt: skip
async def entry_page(work: Work, entry_id: BankEntryId) -> Response[str]:
    """One entry, the invoices that it may pay and why."""
    return await _entry(work, entry_id)


@post("/treasury/entries/{entry_id:uuid}/confirm", permission=Permission.MATCHES_CONFIRM, **FORM)
async def confirm_entry(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Match the entry with the chosen invoice."""

    async def confirm() -> None:
        if not data.get("invoice_id"):
            raise Invalid("Choose the invoice that it pays.", field="invoice_id")
        invoice_id = msgspec.convert(data["invoice_id"], UUID)
        await commands.confirm_match(work, entry_id, InvoiceId(invoice_id))

    async def again(**shown: Any) -> Response[str]:
        return await _entry(work, entry_id, **shown)

    return await _or_again(confirm(), "/treasury#entries", again)


@post("/treasury/entries/{entry_id:uuid}/explain", permission=Permission.MATCHES_CONFIRM, **FORM)
async def explain_entry(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Say what the entry is that pays no invoice."""

    async def explain() -> None:
        said = {name: data[name] for name in ("kind", "client_id", "note") if data.get(name)}
        await commands.explain_entry(work, entry_id, msgspec.convert(said, ExplainIn))

    async def again(**shown: Any) -> Response[str]:
        return await _entry(work, entry_id, **shown)

    return await _or_again(explain(), "/treasury#entries", again)


@post("/treasury/payouts/run", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def payout_run(work: Work) -> Redirect:
    """Ask for a payout to everyone who has money and an account."""
    doing = commands.prepare_payout_run(work, PayoutRunIn())
    return await _or_again(doing, "/treasury#payouts", _desk_again(work))


@post("/treasury/payouts/{payout_id:uuid}/approve", permission=Permission.PAYOUTS_APPROVE, **FORM)
async def approve_payout(work: Work, payout_id: PayoutId) -> Redirect:
    """Approve as one of the persons that the charter asks for."""
    doing = commands.approve_payout(work, payout_id)
    return await _or_again(doing, "/treasury#payouts", _desk_again(work))


@post("/treasury/payouts/{payout_id:uuid}/reject", permission=Permission.PAYOUTS_APPROVE, **FORM)
async def reject_payout(work: Work, payout_id: PayoutId, data: Form) -> Redirect:
    """Refuse with a reason that the member reads."""

    async def reject() -> None:
        said = msgspec.convert({"reason": data.get("reason", "")}, RejectIn)
        await commands.reject_payout(work, payout_id, said)

    return await _or_again(reject(), "/treasury#payouts", _desk_again(work))


@post("/treasury/batches", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def make_batch(work: Work) -> Redirect:
    """Write the approved payouts into a payment file."""
    doing = commands.make_payment_batch(work, BatchIn())
    return await _or_again(doing, "/treasury#files", _desk_again(work))


@get("/treasury/batches/{batch_id:uuid}", permission=Permission.PAYOUTS_PREPARE,
     include_in_schema=False)  # fmt: skip
async def batch_file(work: Work, batch_id: BatchId) -> Response[bytes]:
    """The payment file."""
    return xml_file(await queries.batch_file(work, batch_id), batch_id)


@post("/treasury/batches/{batch_id:uuid}/sent", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def batch_sent(work: Work, batch_id: BatchId) -> Redirect:
    """Say that the bank has the file."""
    doing = commands.mark_batch_sent(work, batch_id)
    return await _or_again(doing, "/treasury#files", _desk_again(work))


def _desk_again(work: Work) -> Show:
    async def again(**shown: Any) -> Response[str]:
        return await _desk(work, **shown)

    return again


PAGES = [
    money_page,
    ask_for_payout,
    payout_statement,
    desk_page,
    import_statement,
    entry_page,
    confirm_entry,
    explain_entry,
    payout_run,
    approve_payout,
    reject_payout,
    make_batch,
    batch_file,
    batch_sent,
]
