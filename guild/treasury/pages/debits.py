"""Direct debits: the register of mandates, what is collected, and the collection files."""

from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import DirectDebitId, MandateId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.forms import FORM, Form, Show, amount, or_again
from guild.treasury.schemas import BatchIn, MandateIn, RejectIn

EMPTY: Final = dict.fromkeys(
    ("organisation_id", "reference", "scheme", "signed_on", "holder", "iban"), ""
)
DEBITS: Final = "/treasury/direct-debits"


async def _debits(
    work: Work,
    *,
    status: int = 200,
    errors: Any = (),
    entered: dict[str, str] | None = None,
    cursor: str | None = None,
) -> Response[str]:
    return page(
        work, "treasury/debits.html", status=status, errors=list(errors), section="/treasury",
        amount=amount, mandates=await queries.mandates(work),
        debits=await queries.direct_debits(work, cursor=cursor),
        clients=await queries.clients(work), entered={**EMPTY, **(entered or {})},
        creditor_id=work.settings.coop.creditor_id,
    )  # fmt: skip


def _again(work: Work, entered: dict[str, str] | None = None) -> Show:
    async def again(**shown: Any) -> Response[str]:
        return await _debits(work, entered=entered, **shown)

    return again


@get("/treasury/direct-debits", permission=Permission.TREASURY_READ, include_in_schema=False)
async def debits_page(work: Work, cursor: str | None = None) -> Response[str]:
    """Mandates, collections, and a form for a new mandate."""
    return await _debits(work, cursor=cursor)


@post("/treasury/mandates", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def enter_mandate(work: Work, data: Form) -> Redirect:
    """Enter a mandate as the client signed it."""

    async def enter() -> None:
        said = {name: data[name].strip() for name in EMPTY if data.get(name, "").strip()}
        await commands.enter_mandate(work, msgspec.convert(said, MandateIn))

    return await or_again(enter(), f"{DEBITS}#mandates", _again(work, data))


@post("/treasury/mandates/{mandate_id:uuid}/confirm", permission=Permission.PAYOUTS_PREPARE,
      **FORM)  # fmt: skip
async def confirm_mandate(work: Work, mandate_id: MandateId) -> Redirect:
    """Say, as the second person, that the signed paper says the same."""
    doing = commands.confirm_mandate(work, mandate_id)
    return await or_again(doing, f"{DEBITS}#mandates", _again(work))


@post("/treasury/mandates/{mandate_id:uuid}/cancel", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def cancel_mandate(work: Work, mandate_id: MandateId, data: Form) -> Redirect:
    """Collect nothing more under a mandate."""

    async def cancel() -> None:
        said = msgspec.convert({"reason": data.get("reason", "")}, RejectIn)
        await commands.cancel_mandate(work, mandate_id, said)

    return await or_again(cancel(), f"{DEBITS}#mandates", _again(work))


@post("/treasury/direct-debits/{direct_debit_id:uuid}/stop",
      permission=Permission.PAYOUTS_PREPARE, **FORM)  # fmt: skip
async def stop_collection(work: Work, direct_debit_id: DirectDebitId, data: Form) -> Redirect:
    """Do not collect what was announced."""

    async def stop() -> None:
        said = msgspec.convert({"reason": data.get("reason", "")}, RejectIn)
        await commands.stop_collection(work, direct_debit_id, said)

    return await or_again(stop(), f"{DEBITS}#collections", _again(work))


@post("/treasury/collection-batches", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def make_file(work: Work) -> Redirect:
    """Write the announced collections of the next due day into a file."""
    doing = commands.make_collection_file(work, BatchIn())
    return await or_again(doing, "/treasury#files", _again(work))


PAGES = [debits_page, enter_mandate, confirm_mandate, cancel_mandate, stop_collection, make_file]
