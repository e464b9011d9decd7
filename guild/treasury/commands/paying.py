"""Payments through a provider: ask it for a page to pay on, and take its webhooks."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from guild.core.ids import InvoiceId, ProviderAccountId, ProviderPaymentId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.receivables.queries import visible_standing
from guild.treasury.commands.explaining import locked_invoice
from guild.treasury.errors import MatchTooLarge
from guild.treasury.models import PROVIDER_PAYMENT, ProviderAccount, ProviderEvent, ProviderPayment
from guild.treasury.providers.choice import provider_of
from guild.treasury.providers.interface import Asked, Hint
from guild.treasury.queries.shapes import payment_link_out
from guild.treasury.schemas import PaymentLinkIn, PaymentLinkOut

LINK_LASTS: Final = timedelta(hours=20)
"""A hosted page may be closed by its provider after a day; then the client asks for another."""


async def ask_through_provider(
    work: Work, invoice_id: InvoiceId, data: PaymentLinkIn
) -> PaymentLinkOut:
    """Ask a provider for a link on which the client pays what is open; the link comes in a moment.

    Raises ProviderNotFound, InvoiceNotFound, and MatchTooLarge when nothing is open.
    """
    work.require(Permission.MATCHES_CONFIRM)
    provider_of(work.settings, data.provider)
    invoice = await locked_invoice(work, invoice_id)
    if invoice.open_minor <= 0:
        raise MatchTooLarge(f"Nothing is open on invoice {invoice.number}.")
    return payment_link_out(await _asked(work, invoice, data.provider, invoice.open_minor))


async def ask_as_client(work: Work, invoice_id: InvoiceId, data: PaymentLinkIn) -> PaymentLinkOut:
    """The client asks for a page on which it pays what is due: open, and not in dispute.

    A link of the same sum that was made lately is given again, so that pressing twice makes one.
    Raises ProviderNotFound, InvoiceNotFound, and MatchTooLarge when nothing is due.
    """
    provider_of(work.settings, data.provider)
    invoice = await locked_invoice(work, invoice_id)
    due = (await visible_standing(work, invoice_id)).due_minor
    if due <= 0:
        raise MatchTooLarge("There is nothing to pay on this invoice.")
    known = await work.session.scalar(
        select(ProviderPayment)
        .where(
            ProviderPayment.invoice_id == invoice_id,
            ProviderPayment.provider == data.provider,
            ProviderPayment.state == "asked",
            ProviderPayment.amount_minor == due,
            ProviderPayment.asked_at > work.now - LINK_LASTS,
        )
        .order_by(ProviderPayment.id.desc())
        .limit(1)
    )
    return payment_link_out(known or await _asked(work, invoice, data.provider, due))


async def _asked(work: Work, invoice: Invoice, provider: str, minor: int) -> ProviderPayment:
    link = work.actor.link
    row = ProviderPayment(
        id=ProviderPaymentId(new_id()),
        account_id=await _account(work, provider, invoice.currency),
        provider=provider,
        invoice_id=invoice.id,
        state=PROVIDER_PAYMENT.initial,
        external_id="",
        url="",
        amount_minor=minor,
        fee_minor=0,
        currency=invoice.currency,
        asked_by=None if link else work.actor.member_id,
        link_id=link.link_id if link else None,
        asked_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    return row


async def _account(work: Work, provider: str, currency: str) -> ProviderAccountId:
    await work.session.execute(
        insert(ProviderAccount)
        .values(
            id=ProviderAccountId(new_id()), provider=provider, currency=currency, opened_at=work.now
        )
        .on_conflict_do_nothing()
    )
    found = await work.session.scalar(
        select(ProviderAccount.id).where(
            ProviderAccount.provider == provider, ProviderAccount.currency == currency
        )
    )
    assert found is not None, "it was inserted or is there"
    return found


async def link_to_ask(work: Work, payment_id: ProviderPaymentId) -> tuple[str, Asked] | None:
    """What to ask the provider for; None when there is a link already."""
    row = await work.session.get(ProviderPayment, payment_id)
    if row is None or row.url or row.state != "asked":
        return None
    invoice = await work.session.get_one(Invoice, row.invoice_id)
    return row.provider, Asked(
        payment_id=row.id.hex,
        amount_minor=row.amount_minor,
        currency=row.currency,
        description=f"{work.settings.coop.name}, {invoice.number}"[:100],
        back_url=work.settings.base_url + ("/invoice/payments" if row.link_id else ""),
    )


async def note_link(work: Work, payment_id: ProviderPaymentId, external_id: str, url: str) -> None:
    """Keep the link that the provider made."""
    row = await work.session.get_one(ProviderPayment, payment_id, with_for_update=True)
    row.external_id, row.url = external_id[:120], url[:2000]


async def take_webhook(
    work: Work, provider: str, headers: dict[str, str], body: bytes
) -> list[Hint]:
    """The events of a webhook that were not taken before. Raises WebhookRefused.

    A webhook is a hint: what became of the payment is asked of the provider, in the background.
    """
    new: list[Hint] = []
    at = work.now.timestamp()
    for hint in provider_of(work.settings, provider).hints(headers, body, at):
        taken = await work.session.scalar(
            insert(ProviderEvent)
            .values(
                provider=provider,
                external_id=hint.external_id[:120],
                kind=hint.kind[:60],
                object_id=hint.object_id[:120],
                taken_at=work.now,
            )
            .on_conflict_do_nothing()
            .returning(ProviderEvent.external_id)
        )
        if taken is not None:
            new.append(hint)
    return new
