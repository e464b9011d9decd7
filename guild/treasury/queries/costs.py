"""Suppliers' invoices that a movement may pay: by sum, account number and what the text names."""

from typing import Final

from sqlalchemy import select

from guild.core.ids import BankEntryId, SupplierInvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.exchange.models import SEALED_PAYEE, Supplier, SupplierInvoice
from guild.treasury.errors import BankEntryNotFound
from guild.treasury.models import SEALED_PAYER, BankCostMatch, BankEntry
from guild.treasury.rules.matching import CLOSE_NAME, similarity
from guild.treasury.rules.numbers import plain_reference
from guild.treasury.schemas import CostSuggestionOut

SHOWN: Final = 10
LOOKED_AT: Final = 50


async def cost_suggestions(work: Work, entry_id: BankEntryId) -> list[CostSuggestionOut]:
    """Booked invoices of suppliers of exactly the entry's sum, the best first.

    Money out pays an invoice; money in is a supplier's credit note. What an order of the
    co-operative pays is not among them: the order's own return settles it. Raises
    BankEntryNotFound.
    """
    entry = await work.session.get(BankEntry, entry_id)
    if entry is None:
        raise BankEntryNotFound
    if entry.state in {"confirmed", "explained"} or not entry.amount_minor:
        return []
    rows = await work.session.execute(
        select(SupplierInvoice, Supplier.name)
        .join(Supplier, Supplier.id == SupplierInvoice.supplier_id)
        .where(
            SupplierInvoice.state == "booked",
            SupplierInvoice.kind == ("invoice" if entry.amount_minor < 0 else "credit_note"),
            SupplierInvoice.currency == entry.currency,
            SupplierInvoice.payable_minor == abs(entry.amount_minor),
        )
        .order_by(SupplierInvoice.due_on, SupplierInvoice.id)
        .limit(LOOKED_AT)
    )
    judged = [(_reasons(work, entry, row, name), row, name) for row, name in rows]
    judged.sort(key=lambda one: (-len(one[0]), str(one[1].id)))
    return [
        CostSuggestionOut(
            supplier_invoice_id=row.id,
            number=row.number,
            supplier_name=name,
            amount=Money(row.payable_minor, row.currency).text,
            due_on=row.due_on,
            reasons=["the sum is exactly what is owed", *reasons],
            sure=bool(reasons)
            and len(judged[0][0]) > (len(judged[1][0]) if judged[1:] else 0)
            and row is judged[0][1],
        )
        for reasons, row, name in judged[:SHOWN]
    ]


def _reasons(work: Work, entry: BankEntry, row: SupplierInvoice, name: str) -> list[str]:
    """What speaks for it beside the sum."""
    reasons = []
    if _same_account(work, entry, row):
        reasons.append("the account is the one on the invoice")
    said = plain_reference(f"{entry.structured} {entry.text}")
    reference = plain_reference(str(row.content.get("payment_reference") or ""))
    if len(reference) >= 4 and reference in said:
        reasons.append("it carries the invoice's payment reference")
    elif len(plain_reference(row.number)) >= 4 and plain_reference(row.number) in said:
        reasons.append("it names the invoice's number")
    if similarity(entry.counterparty, name) >= CLOSE_NAME:
        reasons.append(f"the other side is called like {name}")
    return reasons


def _same_account(work: Work, entry: BankEntry, row: SupplierInvoice) -> bool:
    """Whether both name the same account; opened only where the last four signs agree."""
    if entry.iban_sealed is None or row.iban_sealed is None or entry.iban_last4 != row.iban_last4:
        return False
    seen = work.keyring.open(entry.iban_sealed, context=SEALED_PAYER.context(entry.id))
    owed = work.keyring.open(row.iban_sealed, context=SEALED_PAYEE.context(row.id))
    return seen.replace(b" ", b"") == owed.replace(b" ", b"")


async def paid_costs(work: Work, entry: BankEntry) -> list[SupplierInvoiceId]:
    """The suppliers' invoices that the entry's present round pays."""
    rows = await work.session.scalars(
        select(BankCostMatch.supplier_invoice_id).where(
            BankCostMatch.entry_id == entry.id, BankCostMatch.round == entry.round
        )
    )
    return list(rows)
