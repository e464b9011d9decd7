"""A bank entry pays an invoice: the hot path of the treasury, through the driver.

Each row is read once, under its lock: the entry here, the invoice by invoicing, its levy by the
fund. All that follows is written by the Work's single statement.
"""

from datetime import date
from types import SimpleNamespace
from typing import Final

import msgspec

from guild.core.appends import Appender
from guild.core.errors import Conflict
from guild.core.ids import BankEntryId, InvoiceId, MemberId, PaymentId
from guild.core.money import Money
from guild.core.pages import money_text
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.invoicing.commands import Receivable, locked_receivable, record_received
from guild.invoicing.errors import InvoiceNotFound
from guild.ledger.chart import Account
from guild.treasury.commands.explaining import keep_for_client
from guild.treasury.commands.matching import suggest_again
from guild.treasury.errors import BankEntryNotFound, EntryAlreadyExplained, MatchTooLarge
from guild.treasury.events import MatchConfirmed
from guild.treasury.models import BANK_ENTRY
from guild.treasury.schemas import ConfirmOut


class _Entry(msgspec.Struct, frozen=True):
    state: str
    explanation: str
    amount_minor: int
    currency: str
    booked_on: date
    round: int


_COLUMNS: Final = ", ".join(_Entry.__struct_fields__)
ENTRY: Final = f"SELECT {_COLUMNS} FROM bank_entry WHERE id = $1 FOR UPDATE"
POINTING: Final = """
    SELECT 1 FROM match_suggestion s JOIN bank_entry e ON e.id = s.entry_id
     WHERE s.invoice_id = $1 AND s.entry_id <> $2 AND e.state IN ('unmatched', 'suggested')
     LIMIT 1"""
MATCHES: Final = Appender(
    "bank_match",
    {
        "entry_id": "uuid",
        "invoice_id": "uuid",
        "round": "bigint",
        "amount_minor": "bigint",
        "surplus_minor": "bigint",
        "payment_id": "uuid",
        "confirmed_by": "uuid",
        "confirmed_at": "timestamptz",
        "automatic": "boolean",
    },
)
EXPLAINED: Final = Appender(
    "bank_entry",
    {
        "id": "uuid",
        "state": "text",
        "explanation": "text",
        "explained_by": "uuid",
        "explained_at": "timestamptz",
    },
    statement="""UPDATE bank_entry SET state = r.state, explanation = r.explanation,
        explained_by = r.explained_by, explained_at = r.explained_at
        FROM {rows} WHERE bank_entry.id = r.id""",
)


async def confirm_match(
    work: Work,
    entry_id: BankEntryId,
    invoice_id: InvoiceId,
    *,
    automatic_by: MemberId | None = None,
) -> ConfirmOut:
    """This entry pays that invoice: suspense → receivable, a surplus → the client's credit.

    A double payment has nothing left to pay, so all of it becomes credit. Suggestions are help,
    not a limit: any issued invoice in the same currency may be chosen. Raises BankEntryNotFound,
    EntryAlreadyExplained, MatchTooLarge and InvoiceNotFound. `automatic_by` is who imported the
    entry, where the charter lets exact references be recorded without a person.
    """
    if automatic_by is None:
        work.require(Permission.MATCHES_CONFIRM)
    entry = await _locked(work, entry_id)
    due = await locked_receivable(work, invoice_id)
    _check_payable(entry, due)
    course = SimpleNamespace(state=entry.state)
    BANK_ENTRY.move(course, "confirm")
    paid = Money(min(entry.amount_minor, due.open_minor), entry.currency)
    surplus = Money(entry.amount_minor - paid.minor, entry.currency)
    payment_id: PaymentId | None = None
    if paid:
        payment_id = await record_received(
            work, due, paid, Account("suspense"), entry.booked_on, bank_entry_id=entry_id
        )
    if surplus:
        await keep_for_client(work, entry_id, surplus, due.client_id, due.number or "")
    work.append(
        MATCHES,
        entry_id=entry_id,
        invoice_id=invoice_id,
        round=entry.round,
        amount_minor=paid.minor,
        surplus_minor=surplus.minor,
        payment_id=payment_id,
        confirmed_by=automatic_by or work.actor.member_id,
        confirmed_at=work.now,
        automatic=automatic_by is not None,
    )
    words = f"Invoice {due.number}" + (f", {money_text(surplus)} on account" if surplus else "")
    work.append(
        EXPLAINED,
        id=entry_id,
        state=course.state,
        explanation=words[:500],
        explained_by=work.actor.id,
        explained_at=work.now,
    )
    by = automatic_by or work.actor.member_id
    await _tell(work, entry_id, invoice_id, paid, surplus, by)
    return ConfirmOut(
        entry_id=entry_id,
        state=course.state,
        paid=paid.text,
        surplus=surplus.text,
        currency=entry.currency,
    )


async def _locked(work: Work, entry_id: BankEntryId) -> _Entry:
    await work.write()
    found = await work.fetch(ENTRY, entry_id)
    if not found:
        raise BankEntryNotFound
    entry = _Entry(*found[0])
    if entry.state in {"confirmed", "explained", "divided"}:
        raise EntryAlreadyExplained(f"It is recorded as: {entry.explanation}.")
    return entry


def _check_payable(entry: _Entry, due: Receivable) -> None:
    if due.state == "draft":
        raise InvoiceNotFound
    if entry.amount_minor <= 0:
        raise MatchTooLarge("Money that went out pays no invoice.", field="invoice_id")
    if due.currency != entry.currency:
        raise MatchTooLarge(
            f"The invoice is in {due.currency}, the payment in {entry.currency}.",
            field="invoice_id",
        )
    if due.written_off_minor and entry.amount_minor > due.open_minor:
        given_up = Money(due.written_off_minor, due.currency)
        raise Conflict(
            f"{given_up} of invoice {due.number} was given up; this is more than is still open.",
            mend="Take the write-off back on the invoice's page under “What clients owe”; then "
            "this payment can be recorded.",
            field="invoice_id",
        )


async def _tell(
    work: Work, entry_id: BankEntryId, invoice_id: InvoiceId, paid: Money, surplus: Money,
    by: MemberId,
) -> None:  # fmt: skip
    """Other entries that pointed at the invoice are judged anew; the fact is stated."""
    if await work.fetch(POINTING, invoice_id, entry_id):
        await work.write()
        await suggest_again(work, invoice_id)
    await work.emit(
        MatchConfirmed(
            entry_id=entry_id,
            invoice_id=invoice_id,
            amount_minor=paid.minor,
            surplus_minor=surplus.minor,
            currency=paid.currency,
            confirmed_by=by,
        )
    )
