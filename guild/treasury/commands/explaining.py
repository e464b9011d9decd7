"""What every way of explaining an entry shares: the lock, the words, the client's money."""

from sqlalchemy import select

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, InvoiceId, OrganisationId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice
from guild.ledger.chart import credit, debit
from guild.ledger.commands import post
from guild.members.errors import OrganisationNotFound
from guild.members.models import Organisation
from guild.treasury.errors import BankEntryNotFound, EntryAlreadyExplained
from guild.treasury.models import BANK_ENTRY, BankEntry


async def locked_entry(work: Work, entry_id: BankEntryId, *, explained: bool = False) -> BankEntry:
    """An entry that nobody has explained yet (or one that is, where that is wanted), locked."""
    entry = await work.session.scalar(
        select(BankEntry)
        .where(BankEntry.id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise BankEntryNotFound
    if not explained and entry.state in {"confirmed", "explained", "divided"}:
        raise EntryAlreadyExplained(f"It is recorded as: {entry.explanation}.")
    return entry


async def locked_invoice(work: Work, invoice_id: InvoiceId) -> Invoice:
    """The issued invoice, locked so that what is open stays open until it is paid."""
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id, Invoice.kind == "invoice", Invoice.state != "draft")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if invoice is None:
        raise InvoiceNotFound
    return invoice


async def client_of(work: Work, client_id: OrganisationId | None) -> OrganisationId:
    """A client that exists. Raises Invalid without one, OrganisationNotFound."""
    if client_id is None:
        raise Invalid("Say which client the money belongs to.", field="client_id")
    found = await work.session.scalar(select(Organisation.id).where(Organisation.id == client_id))
    if found is None:
        raise OrganisationNotFound
    return client_id


async def keep_for_client(
    work: Work, entry_id: BankEntryId, amount: Money, client_id: OrganisationId, about: str
) -> None:
    """Money on the client's account, out of suspense."""
    await post(
        work,
        kind="client_credit",
        text=f"On account of the client: {about}"[:500],
        lines=[debit("suspense", amount), credit("client_credit", amount, client_id)],
        subject=entry_id,
    )


def mark(work: Work, entry: BankEntry, move: str, words: str) -> None:
    """Move the entry and say in words what it is."""
    BANK_ENTRY.move(entry, move)
    entry.explanation = words[:500]
    entry.explained_by = work.actor.id
    entry.explained_at = work.now
