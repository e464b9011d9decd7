"""What the fund does when a client objects, is insolvent, or will not pay any more."""

from datetime import date

from guild.core.ids import InvoiceId
from guild.core.work import Work
from guild.mutual_fund.commands.levied import locked
from guild.mutual_fund.models import GuaranteeBar, LeviedInvoice
from guild.receivables.events import InvoiceDisputed

WHOLE_BPS = 10_000


async def hold_disputed(work: Work, fact: InvoiceDisputed) -> None:
    """Leave out of the advance what the charter does not advance of a disputed part.

    An objection must not starve a member, so a share is advanced all the same.
    """
    await locked(work, fact.invoice_id)
    kept = await work.session.get_one(LeviedInvoice, fact.invoice_id, populate_existing=True)
    held = fact.disputed_net_minor * (WHOLE_BPS - fact.advance_bps)
    kept.disputed_net_minor = held // WHOLE_BPS
    await work.session.flush()


async def end_dispute(work: Work, invoice_id: InvoiceId) -> None:
    """Hold nothing back any more; an advance that left a part out is topped up."""
    await locked(work, invoice_id)
    kept = await work.session.get_one(LeviedInvoice, invoice_id, populate_existing=True)
    kept.disputed_net_minor = 0
    kept.top_up = kept.advanced_minor > 0
    await work.session.flush()


async def note_given_up(
    work: Work, invoice_id: InvoiceId, net_minor: int, *, settled: bool | None = None
) -> None:
    """So much more (or less) of an invoice's net was given up and is not advanced any more.

    `settled` says whether anything is still open; None leaves it to whoever follows. What is out
    stays out.
    """
    await locked(work, invoice_id)
    kept = await work.session.get_one(LeviedInvoice, invoice_id, populate_existing=True)
    kept.given_up_net_minor += net_minor
    if settled is not None:
        kept.settled = settled
    if net_minor < 0:
        kept.top_up = kept.advanced_minor > 0
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
