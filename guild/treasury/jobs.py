"""Telling members what became of their payouts, after the fact and outside of any request."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from guild.core.errors import GuildError
from guild.core.ids import (
    BankEntryId,
    DirectDebitId,
    MemberId,
    PayoutId,
    PayoutRunId,
    ProviderPaymentId,
    RefundId,
    StatementId,
    SupplierInvoiceId,
)
from guild.core.jobs import OutsideJob, job, scheduled
from guild.core.pages import long_date, money_text
from guild.core.work import System, Work
from guild.documents.commands import store
from guild.documents.layout import render_html
from guild.documents.pool import DocumentPool
from guild.documents.schemas import PrintOrder
from guild.invoicing.commands import BilledLine, self_bill_payout
from guild.invoicing.models import Invoice
from guild.members.models import BankAccount, Member, Organisation
from guild.treasury import commands, queries
from guild.treasury.commands.letters import lang_of, write_to
from guild.treasury.commands.ordering import order_approved_refund, order_booked_invoice
from guild.treasury.commands.printing import sheet_of
from guild.treasury.commands.year_sheets import year_sheet
from guild.treasury.models import DirectDebit, IncomeStatement, Payout, SepaMandate
from guild.treasury.providers.choice import provider_of
from guild.treasury.providers.interface import Asked, Link, Seen


@job("treasury.self_bill", timeout_s=60)
async def self_bill(work: Work, payout_id: PayoutId, member_id: MemberId) -> None:
    """Write the member's invoice to the co-operative for what a payout brought her; once."""
    due = await queries.self_billed(work, payout_id, member_id)
    if due is not None:
        lines = [BilledLine(**msgspec.structs.asdict(line)) for line in due.lines]
        await self_bill_payout(work, payout_id, member_id, due.currency, lines)


@job("treasury.make_payout_statement", timeout_s=120)
async def make_payout_statement(work: Work, payout_id: PayoutId) -> None:
    """Print the statement of a settled payout, keep it and tell the member; once."""
    payout, member, payee = await payout_of(work, payout_id, lock=True)
    if payout.document_id is not None or payout.settled_on is None:
        return
    sheet = await sheet_of(work, payout, member, payee)
    pool = work.system.resource("documents.pool", DocumentPool)
    pdf = await pool.render(
        PrintOrder(
            html=render_html("treasury/payout_print.html", {"sheet": sheet}),
            lang=sheet.lang,
            created=payout.requested_at,
            attachments=(),
            facturx_profile="",
        )
    )
    name = f"payout-{payout.number}.pdf"
    payout.document_id = await store(work, pdf, "application/pdf", name, payout.id)
    lang = lang_of(member.language)
    write_to(
        work,
        member.email,
        lang,
        "paid",
        number=payout.number,
        amount=money_text(payout.amount_minor, payout.currency, lang),
        day=long_date(payout.settled_on, lang),
        last4=payee.iban_last4,
        link=f"{work.settings.base_url}/money",
    )


@job("treasury.tell_of_payout")
async def tell_of_payout(work: Work, payout_id: PayoutId) -> None:
    """Tell the member that a payout was refused or came back, and what to do."""
    payout, member, payee = await payout_of(work, payout_id)
    lang = lang_of(member.language)
    write_to(
        work,
        member.email,
        lang,
        "returned" if payout.state == "returned" else "rejected",
        number=payout.number,
        amount=money_text(payout.amount_minor, payout.currency, lang),
        last4=payee.iban_last4,
        why=payout.reason or "",
        link=f"{work.settings.base_url}/money",
    )


@job("treasury.make_income_statement", timeout_s=120)
async def make_income_statement(work: Work, member_id: MemberId, year: int) -> None:
    """Print a member's year, keep it and tell her; once."""
    kept = await work.session.get(IncomeStatement, (member_id, year), with_for_update=True)
    if kept is None or kept.document_id is not None:
        return
    member = await work.session.get_one(Member, member_id)
    sheet = await year_sheet(work, member, kept)
    pool = work.system.resource("documents.pool", DocumentPool)
    pdf = await pool.render(
        PrintOrder(
            html=render_html("treasury/income_print.html", {"sheet": sheet}),
            lang=sheet.lang,
            created=kept.asked_at,
            attachments=(),
            facturx_profile="",
        )
    )
    kept.document_id = await store(work, pdf, "application/pdf", f"income-{year}.pdf", member_id)
    link = f"{work.settings.base_url}/money/years/{year}"
    write_to(work, member.email, member.language, "year", year=year, link=link)


@job("treasury.advance_run", timeout_s=120)
async def advance_run(work: Work, run_id: PayoutRunId) -> None:
    """Make the next slice of a run; it queues itself until everyone had her turn."""
    if await commands.advance_run(work, run_id):
        work.later(advance_run, run_id=run_id)


@job("treasury.set_run_aside", timeout_s=120)
async def set_run_aside(work: Work, run_id: PayoutRunId, after: PayoutId | None = None) -> None:
    """Set the next slice of a run's fully approved payouts aside, and queue the one after it."""
    last = await commands.set_aside_slice(work, run_id, after)
    if last is not None:
        work.later(set_run_aside, run_id=run_id, after=last)


@job("treasury.order_refund")
async def order_refund(work: Work, refund_id: RefundId) -> None:
    """Order an approved refund back to the account that the money came from; once.

    One that cannot be ordered waits for a person: trying again would not help.
    """
    with suppress(GuildError):
        await order_approved_refund(work, refund_id)


@job("treasury.order_supplier_payment")
async def order_supplier_payment(work: Work, supplier_invoice_id: SupplierInvoiceId) -> None:
    """Order the payment of a supplier's booked invoice; once, or a person looks at it."""
    with suppress(GuildError):
        await order_booked_invoice(work, supplier_invoice_id)


@scheduled("treasury.pay_by_choice", every_minutes=24 * 60)
async def pay_by_choice(work: Work) -> None:
    """Begin the day's run for members who chose to be paid without asking."""
    await commands.start_chosen_run(work)


@scheduled("treasury.announce_collections", every_minutes=24 * 60)
async def announce_collections(work: Work) -> None:
    """Announce the direct debits of invoices that fall due."""
    await commands.announce_collections(work)


@job("treasury.announce_collection")
async def announce_collection(work: Work, direct_debit_id: DirectDebitId) -> None:
    """Tell a client what will be collected from her account, when, and under which mandate."""
    one, mandate, invoice, client = (
        await work.session.execute(
            select(DirectDebit, SepaMandate, Invoice, Organisation)
            .join(SepaMandate, SepaMandate.id == DirectDebit.mandate_id)
            .join(Invoice, Invoice.id == DirectDebit.invoice_id)
            .join(Organisation, Organisation.id == SepaMandate.organisation_id)
            .where(DirectDebit.id == direct_debit_id)
        )
    ).one()
    if not client.email or one.state != "announced":
        return
    lang = lang_of(invoice.language)
    write_to(
        work,
        client.email,
        lang,
        "debit",
        amount=money_text(one.amount_minor, one.currency, lang),
        day=long_date(one.collect_on, lang),
        invoice=invoice.number,
        last4=mandate.iban_last4,
        mandate=mandate.reference,
        signed=long_date(mandate.signed_on, lang),
        coop=work.settings.coop.name,
        creditor=work.settings.coop.creditor_id,
        email=work.settings.coop.email,
    )


async def payout_of(
    work: Work, payout_id: PayoutId, *, lock: bool = False
) -> tuple[Payout, Member, BankAccount]:
    """A payout with its payee and the account it goes to."""
    wanted = (
        select(Payout, Member, BankAccount)
        .join(Member, Member.id == Payout.member_id)
        .join(BankAccount, BankAccount.id == Payout.payee_account_id)
        .where(Payout.id == payout_id)
    )
    if lock:
        wanted = wanted.with_for_update(of=Payout)
    payout, member, payee = (await work.session.execute(wanted)).one()
    return payout, member, payee


@job("treasury.confirm_exact", timeout_s=120)
async def confirm_exact(
    work: Work, statement_id: StatementId, after: BankEntryId | None = None
) -> None:
    """Record what the charter lets be recorded without a person; goes on while there is more."""
    last = await commands.confirm_exact(work, statement_id, after)
    if last is not None:
        work.later(confirm_exact, statement_id=statement_id, after=last)


@job("treasury.tell_of_allocation")
async def tell_of_allocation(work: Work, entry_id: BankEntryId) -> None:
    """Tell the client which invoices its transfer paid, and how to object."""
    await commands.mail_allocation(work, entry_id)


@scheduled("treasury.drop_uploads", every_minutes=60)
async def drop_uploads(work: Work) -> None:
    """Bank files that nobody imported within a day are forgotten."""
    await commands.drop_old_uploads(work)


async def _link_to_ask(work: Work, payment_id: ProviderPaymentId) -> tuple[str, Asked] | None:
    return await commands.link_to_ask(work, payment_id)


async def _ask_for_link(system: System, request: tuple[str, Asked]) -> Link:
    name, asked = request
    return await provider_of(system.settings, name).ask(asked)


async def _note_link(work: Work, ids: dict[str, Any], link: Link) -> None:
    payment_id = ProviderPaymentId(UUID(str(ids["payment_id"])))
    await commands.note_link(work, payment_id, link.external_id, link.url)


make_payment_link = OutsideJob(
    "treasury.make_payment_link", prepare=_link_to_ask, call=_ask_for_link, record=_note_link
)
"""Repeatable: the provider knows our id of the payment and makes one link for it."""


async def _payment_to_fetch(work: Work, provider: str, object_id: str) -> tuple[str, str, datetime]:
    return provider, object_id, work.now


async def _fetch(
    system: System, request: tuple[str, str, datetime]
) -> tuple[datetime, Seen | None]:
    name, object_id, asked_at = request
    return asked_at, await provider_of(system.settings, name).fetch(object_id)


async def _record_seen(
    work: Work, ids: dict[str, Any], answer: tuple[datetime, Seen | None]
) -> None:
    asked_at, seen = answer
    if seen is not None:
        await commands.record_seen(work, str(ids["provider"]), seen, asked_at=asked_at)


fetch_payment = OutsideJob(
    "treasury.fetch_payment", prepare=_payment_to_fetch, call=_fetch, record=_record_seen
)
"""A webhook is a hint: the provider itself says what became of the payment."""
