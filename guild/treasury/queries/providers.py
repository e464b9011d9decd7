"""Links through payment providers, and what is held there."""

import msgspec
from sqlalchemy import func, select

from guild.core.ids import InvoiceId, OrganisationId
from guild.core.money import Money
from guild.core.work import Work
from guild.ledger.chart import Account
from guild.ledger.models import LedgerAccount, LedgerBalance
from guild.ledger.queries import balances_of
from guild.members.models import Organisation
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


class OwingClient(msgspec.Struct, frozen=True, kw_only=True):
    """A client whose account is below zero, and by how much."""

    client_id: OrganisationId
    client_name: str
    amount: str
    currency: str


async def owing_clients(work: Work, *, limit: int = 20) -> list[OwingClient]:
    """Clients who owe what was taken back and no invoice asks for, by name."""
    minor = func.sum(LedgerBalance.debit_minor - LedgerBalance.credit_minor)
    rows = await work.session.execute(
        select(Organisation.id, Organisation.name, LedgerAccount.currency, minor)
        .join(LedgerAccount, LedgerAccount.owner == Organisation.id)
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .where(LedgerAccount.code == "client_credit")
        .group_by(Organisation.id, Organisation.name, LedgerAccount.currency)
        .having(minor > 0)
        .order_by(Organisation.name, Organisation.id)
        .limit(limit)
    )
    return [
        OwingClient(
            client_id=OrganisationId(client_id), client_name=name,
            amount=Money(int(owed), currency).text, currency=currency,
        )
        for client_id, name, currency, owed in rows
    ]  # fmt: skip
