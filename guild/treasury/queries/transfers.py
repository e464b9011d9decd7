"""What a client sees of its payments: the transfers that paid an invoice, and ways to pay."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import aliased

from guild.core.ids import BankEntryId, InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.governance.rules import day_of
from guild.invoicing.models import Invoice
from guild.receivables.queries import visible_standing
from guild.treasury.models import AllocationObjection, BankEntry, BankMatch, ProviderPayment
from guild.treasury.queries.interest import paid_claims
from guild.treasury.queries.shapes import payment_link_out
from guild.treasury.schemas import (
    AllocationObjectionOut,
    ClientPaymentsOut,
    ClientShareOut,
    ClientTransferOut,
)

SHOWN: Final = 50


async def client_payments(work: Work, invoice_id: InvoiceId) -> ClientPaymentsOut:
    """What is due on the invoice, how it can be paid, and which transfers have paid it.

    Raises InvoiceNotFound for another's invoice.
    """
    one = await visible_standing(work, invoice_id)
    links = await work.session.scalars(
        select(ProviderPayment)
        .where(ProviderPayment.invoice_id == invoice_id, ProviderPayment.link_id.is_not(None))
        .order_by(ProviderPayment.id.desc())
        .limit(10)
    )
    return ClientPaymentsOut(
        invoice_id=invoice_id,
        number=one.number,
        due=Money(max(one.due_minor, 0), one.currency).text,
        currency=one.currency,
        providers=list(work.settings.pay.offered) if one.due_minor > 0 else [],
        links=[payment_link_out(row) for row in links],
        transfers=await _transfers(work, invoice_id),
    )


async def _transfers(work: Work, invoice_id: InvoiceId) -> list[ClientTransferOut]:
    """Bank entries that paid this invoice, with all that each paid.

    Invoices that another person of the client receives are not named.
    """
    mine = aliased(BankMatch)
    this = aliased(Invoice)
    rows = await work.session.execute(
        select(BankEntry, BankMatch.amount_minor, BankMatch.surplus_minor, Invoice, this.contact_id)
        .join(mine, mine.entry_id == BankEntry.id)
        .join(this, this.id == mine.invoice_id)
        .join(BankMatch, BankMatch.entry_id == BankEntry.id)
        .join(Invoice, Invoice.id == BankMatch.invoice_id)
        .where(
            mine.invoice_id == invoice_id,
            mine.round == BankEntry.round,
            BankMatch.round == BankEntry.round,
            BankEntry.state == "confirmed",
        )
        .order_by(BankEntry.booked_on.desc(), BankEntry.id.desc(), Invoice.due_on, Invoice.id)
        .limit(SHOWN)
    )
    entries: dict[BankEntryId, BankEntry] = {}
    shares: dict[BankEntryId, list[ClientShareOut]] = defaultdict(list)
    paid: dict[BankEntryId, int] = defaultdict(int)
    for entry, minor, _surplus, invoice, contact_id in rows:
        entries[entry.id] = entry
        known = invoice.contact_id == contact_id
        paid[entry.id] += minor
        shares[entry.id].append(
            ClientShareOut(
                number=(invoice.number or "") if known else "",
                amount=Money(minor, entry.currency).text,
            )
        )
    return [
        await _transfer(work, entry, shares[entry.id], paid[entry.id]) for entry in entries.values()
    ]


async def _transfer(
    work: Work, entry: BankEntry, shares: list[ClientShareOut], paid: int
) -> ClientTransferOut:
    interest = sum(one.total_minor for one in await paid_claims(work, entry.id))
    said = await work.session.get(AllocationObjection, (entry.id, entry.round))
    until, _ = await object_until(work, entry)
    return ClientTransferOut(
        entry_id=entry.id,
        booked_on=entry.booked_on,
        amount=Money(entry.amount_minor, entry.currency).text,
        currency=entry.currency,
        shares=shares,
        interest=Money(interest, entry.currency).text,
        on_account=Money(entry.amount_minor - paid - interest, entry.currency).text,
        object_until=until if until and until >= work.today and said is None else None,
        objected=said.text if said else "",
        answer=said.answer if said else "",
    )


async def object_until(work: Work, entry: BankEntry) -> tuple[date | None, int]:
    """The last day on which the client may say that a recorded transfer was meant otherwise, and
    the version of the charter that says so: the one of the day when it was recorded. None while it
    is not.
    """
    charter = await charter_at(work, entry.explained_at)
    if entry.explained_at is None:
        return None, charter.version
    days = charter.bank.meant_otherwise_days
    return day_of(entry.explained_at) + timedelta(days=days), charter.version


async def allocation_objections(
    work: Work, entry_id: BankEntryId | None = None
) -> list[AllocationObjectionOut]:
    """What clients said of how transfers were recorded: what waits, or all about one entry."""
    wanted = (
        select(AllocationObjection, BankEntry, Invoice.number)
        .join(BankEntry, BankEntry.id == AllocationObjection.entry_id)
        .join(Invoice, Invoice.id == AllocationObjection.invoice_id)
    )
    wanted = wanted.where(
        AllocationObjection.state == "said"
        if entry_id is None
        else AllocationObjection.entry_id == entry_id
    )
    rows = await work.session.execute(wanted.order_by(AllocationObjection.said_at).limit(100))
    return [
        AllocationObjectionOut(
            entry_id=row.entry_id,
            invoice_id=row.invoice_id,
            invoice_number=number or "",
            amount=Money(entry.amount_minor, entry.currency).text,
            currency=entry.currency,
            state=row.state,
            text=row.text,
            said_at=row.said_at,
            answer=row.answer,
        )
        for row, entry, number in rows
    ]
