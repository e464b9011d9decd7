"""Forms that make and change drafts: invoice, pro-forma, deposit; what a deposit is settled by."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.errors import Conflict, Invalid
from guild.core.ids import InvoiceId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.invoicing import commands, queries
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.pages.forms import CLOSED, FORM, Form, or_again
from guild.invoicing.pages.lines import ROWS, lines_of, typed_of
from guild.invoicing.queries.drafting import contracts_to_invoice, deposits_for, free_lines
from guild.invoicing.schemas.drafts import DraftChange, InvoiceIn
from guild.invoicing.schemas.kinds import DepositIn, ProformaIn, SettleIn

Making = Literal["invoice", "proforma", "deposit"]
REFERENCES: Final = ("order_reference", "buyer_reference")


async def _new(
    work: Work, *, status: int = 200, errors: Any = (), form: dict[str, str] | None = None
) -> Response[str]:
    answer = page(
        work, "invoicing/new.html", status=status, errors=list(errors), section="/invoices",
        contracts=[(str(one.id), one.words) for one in await contracts_to_invoice(work)],
        form=form or {}, rows=range(ROWS),
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/invoices/new", permission=Permission.INVOICES_ISSUE, include_in_schema=False)
async def new_page(work: Work) -> Response[str]:
    """Forms for an invoice, a pro-forma and a deposit of one's contracts."""
    return await _new(work)


@post("/invoices/new/{making:str}", permission=Permission.INVOICES_ISSUE, **FORM)
async def make_draft(work: Work, making: Making, data: Form) -> Redirect:
    """Draft what was asked for and go to its page."""

    async def go() -> str:
        made = _references(data) | {"contract_id": data.get("contract_id", "")}
        if not made["contract_id"]:
            raise Invalid("Choose the contract.", field="contract_id")
        if making == "deposit":
            asked = {key: _plain(data, key) for key in ("amount", "percent") if _plain(data, key)}
            deposit = msgspec.convert(made | asked, DepositIn)
            return f"/invoices/{await commands.draft_deposit(work, deposit)}"
        made |= _terms(data, ())
        if making == "proforma":
            said = msgspec.convert(made, ProformaIn)
            return f"/invoices/{await commands.draft_proforma(work, said)}"
        wanted = msgspec.convert(made, InvoiceIn)
        draft_id = await commands.draft_invoice_from_milestones(
            work, wanted.contract_id,
            buyer_reference=wanted.buyer_reference, order_reference=wanted.order_reference,
            terms=wanted,
        )  # fmt: skip
        return f"/invoices/{draft_id}"

    async def again(**shown: Any) -> Response[str]:
        return await _new(work, form=data | {"making": making}, **shown)

    return await or_again(go(), again)


def _plain(data: Mapping[str, str], key: str) -> str:
    return data.get(key, "").strip().removesuffix("%").strip().replace(",", ".")


def _references(data: Mapping[str, str]) -> dict[str, Any]:
    return {name: data.get(name, "").strip() for name in REFERENCES}


def _terms(data: Mapping[str, str], before: Any) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    if before is not None and (lines := lines_of(data, before)):
        terms["lines"] = lines
    if data.get("delivered_on"):
        terms["delivered_on"] = data["delivered_on"]
    if data.get("note", "").strip():
        terms["note"] = data["note"].strip()
    return terms


async def _edit(
    work: Work,
    invoice_id: InvoiceId,
    *,
    status: int = 200,
    errors: Any = (),
    form: dict[str, str] | None = None,
) -> Response[str]:
    one = await queries.get_invoice(work, invoice_id)
    if not work.actor.is_member(one.member_id):
        raise InvoiceNotFound
    if one.state != "draft" or one.kind not in {"invoice", "proforma"}:
        raise Conflict("Only a draft is changed.", mend="Take it back by a credit note.")
    lines = await free_lines(work, invoice_id)
    typed = form or {
        "order_reference": one.order_reference, "buyer_reference": one.buyer_reference,
        "delivered_on": one.delivered_on.isoformat(), "note": one.note,
        **typed_of(lines or []),
    }  # fmt: skip
    answer = page(
        work, "invoicing/edit.html", status=status, errors=list(errors), section="/invoices",
        one=one, form=typed, plain=lines is not None,
        rows=range(max(ROWS, len(lines or []) + 2)),
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/invoices/{invoice_id:uuid}/edit", permission=Permission.INVOICES_ISSUE,
     include_in_schema=False)  # fmt: skip
async def edit_page(work: Work, invoice_id: InvoiceId) -> Response[str]:
    """What a member may change on a draft of her own."""
    return await _edit(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/edit", permission=Permission.INVOICES_ISSUE, **FORM)
async def change_draft(work: Work, invoice_id: InvoiceId, data: Form) -> Redirect:
    """Keep the changes; refused when somebody changed the draft meanwhile."""

    async def go() -> None:
        version = data.get("row_version", "")
        before = await free_lines(work, invoice_id)
        change: dict[str, Any] = {
            **_references(data),
            "note": data.get("note", "").strip(),
            "row_version": int(version) if version.isdecimal() else 1,
        }
        if data.get("delivered_on"):
            change["delivered_on"] = data["delivered_on"]
        if before is not None:
            change["lines"] = lines_of(data, before)
        await commands.edit_draft(work, invoice_id, msgspec.convert(change, DraftChange))

    async def again(**shown: Any) -> Response[str]:
        return await _edit(work, invoice_id, form=data, **shown)

    return await or_again(go(), again, f"/invoices/{invoice_id}")


async def bind_deposits(work: Work, invoice_id: InvoiceId, data: Mapping[str, str]) -> None:
    """The deposits that were ticked are those that the draft settles."""
    ticked = [key.removeprefix("deposit_") for key in data if key.startswith("deposit_")]
    wanted = msgspec.convert({"deposits": ticked}, SettleIn)
    known = {one.id for one in await deposits_for(work, invoice_id)}
    if unknown := set(wanted.deposits) - known:
        raise Invalid(f"{len(unknown)} of them can be settled no more.", field="deposits")
    await commands.settle_deposits(work, invoice_id, wanted.deposits)


PAGES = [new_page, make_draft, edit_page, change_draft]
