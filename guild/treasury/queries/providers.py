"""Links through payment providers, and what is held there."""

from sqlalchemy import select

from guild.core.ids import InvoiceId
from guild.core.work import Work
from guild.ledger.chart import Account
from guild.ledger.queries import balances_of
from guild.treasury.models import ProviderAccount, ProviderPayment
from guild.treasury.queries.shapes import payment_link_out
from guild.treasury.schemas import PaymentLinkOut, ProviderAccountOut


async def payment_links(work: Work, invoice_id: InvoiceId | None = None) -> list[PaymentLinkOut]:
    """Links of an invoice, or the latest hundred, the latest first."""
    wanted = select(ProviderPayment)
    if invoice_id is not None:
        wanted = wanted.where(ProviderPayment.invoice_id == invoice_id)
    rows = await work.session.scalars(wanted.order_by(ProviderPayment.id.desc()).limit(100))
    return [payment_link_out(row) for row in rows]


async def provider_accounts(work: Work) -> list[ProviderAccountOut]:
    """What the books say is held at each provider."""
    rows = await work.session.scalars(
        select(ProviderAccount).order_by(ProviderAccount.provider, ProviderAccount.currency)
    )
    shown = []
    for row in rows:
        (held,) = await balances_of(work, [Account("provider_balance", row.id)], row.currency)
        shown.append(
            ProviderAccountOut(
                id=row.id, provider=row.provider, currency=row.currency, balance=held.text
            )
        )
    return shown
