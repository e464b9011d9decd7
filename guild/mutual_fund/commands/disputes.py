"""What the fund does when a client objects, is insolvent, or will not pay any more."""

from datetime import date

from guild.core.ids import InvoiceId
from guild.core.money import allocate
from guild.core.work import Work
from guild.mutual_fund.commands.levied import kept_rows
from guild.mutual_fund.models import GuaranteeBar
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
    """Hold nothing back any more. An advance that was paid in part meanwhile is not topped up:
    one advance is paid per invoice, and the rest comes with the client's money.
    """
    for row in await kept_rows(work, invoice_id):
        row.disputed_net_minor = 0
    await work.session.flush()


async def settle_invoice(work: Work, invoice_id: InvoiceId, *, settled: bool) -> None:
    """Whether something can still be advanced on an invoice; what is out stays out."""
    for row in await kept_rows(work, invoice_id):
        row.settled = settled
    await work.session.flush()


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
