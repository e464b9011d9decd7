"""The fund's row of an invoice: read once under its lock, through the driver."""

from datetime import date
from typing import Final

import msgspec

from guild.core.ids import ContractId, InvoiceId, MemberId, OrganisationId
from guild.core.work import Work
from guild.ledger.chart import POTS
from guild.mutual_fund.errors import LevyNotFound
from guild.mutual_fund.rules import levy

_MOVED = "mutual_fund.moved"
"""Key in `Work.memo`: invoices with a move that this Work has not written yet."""


class Levied(msgspec.Struct, frozen=True):
    """The fund's row of an invoice, as it stands under its lock."""

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
LOCKED: Final = f"SELECT {_COLUMNS} FROM levied_invoice WHERE invoice_id = $1 FOR UPDATE"


async def locked(work: Work, invoice_id: InvoiceId) -> Levied:
    """The invoice's row as it stands, moves of this very Work included, locked."""
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
    return Levied(*rows[0])


def terms_of(row: Levied) -> levy.LevyTerms:
    """The levy's terms as they stood on the day of issue."""
    # JSONB forgets the order of its keys; the chart's order is the one that shares are split in.
    pots = msgspec.json.decode(row.pots, type=dict[str, int])
    return levy.LevyTerms(row.rate_bps, {pot: pots[pot] for pot in POTS if pot in pots})
