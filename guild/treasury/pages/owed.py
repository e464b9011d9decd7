"""What is owed and not ordered, and what the bank says of the payees' names."""

from typing import Any, Final, Literal

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import BankAccountId, RefundId, SupplierInvoiceId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.forms import FORM, Form, Show, amount, or_again
from guild.treasury.schemas import PayeeCheckIn, RejectIn

OWED: Final = "/treasury/owed"
PAYEES: Final = "/treasury/payees"


async def _owed(work: Work, *, status: int = 200, errors: Any = ()) -> Response[str]:
    return page(
        work, "treasury/owed.html", status=status, errors=list(errors), section="/treasury",
        amount=amount, waiting=await queries.to_order(work),
    )  # fmt: skip


def _owed_again(work: Work) -> Show:
    async def again(**shown: Any) -> Response[str]:
        return await _owed(work, **shown)

    return again


@get("/treasury/owed", permission=Permission.TREASURY_READ, include_in_schema=False)
async def owed_page(work: Work) -> Response[str]:
    """Refunds and suppliers' invoices that no order carries, and why."""
    return await _owed(work)


@post("/treasury/owed/refunds/{refund_id:uuid}/{step:str}",
      permission=Permission.PAYOUTS_PREPARE, **FORM)  # fmt: skip
async def decide_refund(
    work: Work, refund_id: RefundId, step: Literal["order", "keep"], data: Form
) -> Redirect:
    """Order a refund again, or leave the money on the client's account."""

    async def decide() -> None:
        if step == "order":
            await commands.order_refund_again(work, refund_id)
        else:
            said = msgspec.convert({"reason": data.get("reason", "")}, RejectIn)
            await commands.keep_refund(work, refund_id, said)

    to = "/approvals" if step == "order" else OWED
    return await or_again(decide(), to, _owed_again(work))


@post("/treasury/owed/invoices/{invoice_id:uuid}/order", permission=Permission.PAYOUTS_PREPARE,
      **FORM)  # fmt: skip
async def order_invoice(work: Work, invoice_id: SupplierInvoiceId) -> Redirect:
    """Order a supplier's payment again."""
    doing = commands.order_invoice_again(work, invoice_id)
    return await or_again(doing, "/approvals", _owed_again(work))


async def _payees(work: Work, *, status: int = 200, errors: Any = ()) -> Response[str]:
    return page(
        work, "treasury/payees.html", status=status, errors=list(errors), section="/treasury",
        amount=amount, payees=await queries.payees(work), bands=await queries.bands(work),
    )  # fmt: skip


@get("/treasury/payees", permission=Permission.TREASURY_READ, include_in_schema=False)
async def payees_page(work: Work) -> Response[str]:
    """Accounts that payouts wait for, and the bank's answers about their names."""
    return await _payees(work)


@post("/treasury/payees/{account_id:uuid}/check", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def record_check(work: Work, account_id: BankAccountId, data: Form) -> Redirect:
    """Record what the bank answered about an account."""

    async def record() -> None:
        said = {name: data.get(name, "").strip() for name in ("result", "source", "bank_name")}
        await commands.record_payee_check(work, account_id, msgspec.convert(said, PayeeCheckIn))

    async def again(**shown: Any) -> Response[str]:
        return await _payees(work, **shown)

    return await or_again(record(), PAYEES, again)


PAGES = [owed_page, decide_refund, order_invoice, payees_page, record_check]
