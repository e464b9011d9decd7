"""The fund's rows of an invoice: read once under its lock, through the driver."""

from datetime import date
from typing import Final

import msgspec
from sqlalchemy import select

from guild.core.ids import ContractId, InvoiceId, MemberId, OrganisationId
from guild.core.work import Work
from guild.ledger.chart import POTS
from guild.mutual_fund.errors import LevyNotFound
from guild.mutual_fund.models import LeviedInvoice
from guild.mutual_fund.rules import levy

_MOVED = "mutual_fund.moved"
"""Key in `Work.memo`: invoices with a move that this Work has not written yet."""


class Levied(msgspec.Struct, frozen=True):
    """The fund's row of an invoice and member, as it stands under its lock."""

    invoice_id: InvoiceId
    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    number: str
    currency: str
    net_minor: int
    issued_on: date
    rate_bps: int
    pots: str
    advance_on: date
    guaranteed: bool
    held_reason: str | None
    settled: bool
    released_net_minor: int
    credited_net_minor: int
    advanced_minor: int
    repaid_minor: int
    written_off_minor: int
    disputed_net_minor: int
    given_up_net_minor: int


_COLUMNS: Final = ", ".join(Levied.__struct_fields__).replace("pots", "pots::text")
LOCKED: Final = f"""SELECT {_COLUMNS} FROM levied_invoice WHERE invoice_id = $1
    ORDER BY member_id FOR UPDATE"""


async def locked(work: Work, invoice_id: InvoiceId) -> list[Levied]:
    """The invoice's rows as they stand, moves of this very Work included, locked.

    One row, or one for each member who shares it.
    """
    moved: set[InvoiceId] = work.memo.setdefault(_MOVED, set())
    if invoice_id in moved:
        await work.write()
        moved.clear()
    rows = await work.fetch(LOCKED, invoice_id)
    if not rows:  # issued in this very Work
        await work.write()
        rows = await work.fetch(LOCKED, invoice_id)
    if not rows:
        raise LevyNotFound
    moved.add(invoice_id)
    return [Levied(*row) for row in rows]


def terms_of(row: Levied) -> levy.LevyTerms:
    """The levy's terms as they stood on the day of issue."""
    # JSONB forgets the order of its keys; the chart's order is the one that shares are split in.
    pots = msgspec.json.decode(row.pots, type=dict[str, int])
    return levy.LevyTerms(row.rate_bps, {pot: pots[pot] for pot in POTS if pot in pots})


async def kept_rows(work: Work, invoice_id: InvoiceId) -> list[LeviedInvoice]:
    """The invoice's rows to change by the session, locked."""
    await locked(work, invoice_id)
    rows = await work.session.scalars(
        select(LeviedInvoice)
        .where(LeviedInvoice.invoice_id == invoice_id)
        .order_by(LeviedInvoice.member_id)
        .execution_options(populate_existing=True)
    )
    return list(rows)
