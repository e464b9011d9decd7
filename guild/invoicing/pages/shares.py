"""The page of a shared invoice: who has which part, and the forms to state, agree and decline."""

from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.errors import Invalid
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, money_in, post
from guild.core.work import Work
from guild.invoicing import commands, queries
from guild.invoicing.pages.forms import CLOSED, FORM, Form, or_again
from guild.invoicing.rules.shares import WHOLE_BPS
from guild.invoicing.schemas.shares import ShareDeclineIn, SharesIn

ROWS: Final = 4
"""Co-workers that the form has room for; the API takes more."""


async def _shares(
    work: Work,
    invoice_id: InvoiceId,
    *,
    status: int = 200,
    errors: Any = (),
    form: dict[str, str] | None = None,
) -> Response[str]:
    one = await queries.get_invoice(work, invoice_id)
    said = await queries.shares_on(work, invoice_id)
    mine = next((row for row in said.shares if work.actor.is_member(row.member_id)), None)
    answer = page(
        work, "invoicing/shares.html", status=status, errors=list(errors), section="/invoices",
        one=one, said=said, mine=mine, own=work.actor.is_member(one.member_id),
        rows=range(1, ROWS + 1), form=form or {},
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/invoices/{invoice_id:uuid}/shares", permission=Permission.INVOICES_READ,
     include_in_schema=False)  # fmt: skip
async def shares_page(work: Work, invoice_id: InvoiceId) -> Response[str]:
    """Who shares the invoice, whether she has agreed, and where her part of the money is."""
    return await _shares(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/shares", permission=Permission.INVOICES_ISSUE, **FORM)
async def state_shares(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Name co-workers by address, each with a part; the rest is the drafter's."""

    async def go() -> None:
        invoice, _ = await queries.invoice_row(work, invoice_id)
        net = Money(invoice.net_minor, invoice.currency)
        shares = _stated(data, net, str(invoice.member_id))
        await commands.share_draft(work, invoice_id, msgspec.convert({"shares": shares}, SharesIn))

    async def again(**shown: Any) -> Response[str]:
        return await _shares(work, invoice_id, form=data, **shown)

    return await or_again(go(), again, f"/invoices/{invoice_id}/shares")


def _stated(data: dict[str, str], net: Money, drafter: str) -> list[dict[str, Any]]:
    """The shares as the API takes them, with the rest for the drafter; raises Invalid."""
    by_amount = data.get("by") == "amount"
    shares: list[dict[str, Any]] = []
    rest = net.minor if by_amount else WHOLE_BPS
    for at in range(1, ROWS + 1):
        email, part = (data.get(f"{name}_{at}", "").strip() for name in ("email", "part"))
        if not email and not part:
            continue
        if not email or not part:
            raise Invalid("Give an address and a share, both.", field=f"email_{at}")
        if by_amount:
            amount = money_in(part.replace(",", "."), net.currency, field=f"part_{at}")
            rest -= amount.minor
            shares.append({"email": email, "amount": amount.text})
        else:
            bps = _bps(part, f"part_{at}")
            rest -= bps
            shares.append({"email": email, "bps": bps})
    if not shares:
        return []
    if rest < 0 or (rest == 0 and not by_amount):
        raise Invalid("The co-workers' shares leave nothing for you.", field="part_1")
    own = {"amount": Money(rest, net.currency).text} if by_amount else {"bps": rest}
    return [{"member_id": drafter, **own}, *shares]


def _bps(typed: str, field: str) -> int:
    try:
        exact = Decimal(typed.removesuffix("%").strip().replace(",", ".")).scaleb(2)
        bps = int(exact)
    except (InvalidOperation, OverflowError, ValueError):
        raise Invalid(f"“{typed[:20]}” is no per cent.", field=field) from None
    if bps != exact or not 0 < bps < WHOLE_BPS:
        raise Invalid("A share is between 0 and 100 per cent, with two decimals.", field=field)
    return bps


@post("/invoices/{invoice_id:uuid}/shares/{answer:str}", permission=Permission.INVOICES_ISSUE,
      **FORM)  # fmt: skip
async def answer_share(
    work: Work, invoice_id: InvoiceId, answer: Literal["agree", "decline"], data: Form
) -> Redirect:
    """Agree to one's share of a draft, or say why not."""

    async def go() -> None:
        if answer == "agree":
            await commands.agree_to_share(work, invoice_id)
        else:
            typed = msgspec.convert({"reason": data.get("reason", "")}, ShareDeclineIn)
            await commands.decline_share(work, invoice_id, typed.reason)

    async def again(**shown: Any) -> Response[str]:
        return await _shares(work, invoice_id, **shown)

    return await or_again(go(), again, f"/invoices/{invoice_id}/shares")


PAGES = [shares_page, state_shares, answer_share]
