"""What the fund does when a client objects, is insolvent, or will not pay any more."""

from datetime import date

from guild.core.ids import InvoiceId
from guild.core.money import allocate
from guild.core.work import Work
from guild.invoicing.events import (
    InvoiceReinstated,
    InvoiceWrittenOff,
    MemberPart,
    WriteOffCredited,
)
from guild.mutual_fund.commands.levied import kept_rows
from guild.mutual_fund.models import GuaranteeBar, LeviedInvoice
from guild.receivables.events import InvoiceDisputed

WHOLE_BPS = 10_000


async def hold_disputed(work: Work, fact: InvoiceDisputed) -> None:
    """Leave out of the advance what the charter does not advance of a disputed part.

    An objection must not starve a member, so a share is advanced all the same.
    """
    rows = await kept_rows(work, fact.invoice_id)
    held = fact.disputed_net_minor * (WHOLE_BPS - fact.advance_bps) // WHOLE_BPS
    for row, part in zip(rows, allocate(held, [row.net_minor for row in rows]), strict=True):
        row.disputed_net_minor = part
    await work.session.flush()


async def end_dispute(work: Work, invoice_id: InvoiceId) -> None:
    """Hold nothing back any more; an advance that left a part out is topped up."""
    for row in await kept_rows(work, invoice_id):
        row.disputed_net_minor = 0
        row.top_up = row.advanced_minor > 0
    await work.session.flush()


async def note_given_up(work: Work, fact: InvoiceWrittenOff) -> None:
    """So much more of each member's net is not advanced any more; what is out stays out."""
    for row, net_minor in await _given_up_parts(work, fact):
        row.given_up_net_minor += net_minor
        row.settled = not fact.open_minor
    await work.session.flush()


async def note_taken_back(work: Work, fact: InvoiceReinstated | WriteOffCredited) -> None:
    """So much less was given up, and an advance that left it out is topped up.

    What is owed again can be paid again; a credit note says itself whether anything is left open.
    """
    for row, net_minor in await _given_up_parts(work, fact):
        row.given_up_net_minor -= net_minor
        row.top_up = row.advanced_minor > 0
        if isinstance(fact, InvoiceReinstated):
            row.settled = False
    await work.session.flush()


async def _given_up_parts(
    work: Work, fact: InvoiceWrittenOff | InvoiceReinstated | WriteOffCredited
) -> list[tuple[LeviedInvoice, int]]:
    """The row of each member, locked, and her net in what was given up or taken back."""
    rows = await kept_rows(work, fact.invoice_id)
    parts = fact.parts or (MemberPart(fact.member_id, fact.net_minor),)
    nets = {part.member_id: part.net_minor for part in parts}
    return [(row, nets[row.member_id]) for row in rows]


async def bar_client(work: Work, client_key: str, since: date) -> None:
    """Set a client's limit to nothing, whoever of the members has it; safe to call twice."""
    if await work.session.get(GuaranteeBar, client_key) is None:
        reason = f"A court declared this client insolvent on {since.isoformat()}."
        work.session.add(GuaranteeBar(client_key=client_key, reason=reason, since=work.now))
        await work.session.flush()


async def unbar_client(work: Work, client_key: str) -> None:
    """Give the client the charter's limit again."""
    row = await work.session.get(GuaranteeBar, client_key)
    if row is not None:
        await work.session.delete(row)
        await work.session.flush()
