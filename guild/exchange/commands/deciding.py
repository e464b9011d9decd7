"""What people decide about a supplier's invoice: whose it is, whether it is owed, booking it."""

from datetime import date

from sqlalchemy import select

from guild.core.errors import Invalid
from guild.core.ids import ContractId, SupplierInvoiceId
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.exchange import access
from guild.exchange.commands.answering import answer_sender
from guild.exchange.errors import (
    NotBookable,
    NotForUs,
    NotMatched,
    OwnCost,
    ReceivedTwice,
    SecondPersonNeeded,
    SupplierInvoiceNotFound,
)
from guild.exchange.events import (
    SupplierInvoiceAccepted,
    SupplierInvoiceDisputed,
    SupplierInvoicePaid,
    SupplierInvoicePayable,
    SupplierInvoiceRefused,
)
from guild.exchange.models import IN_BOOKS, SUPPLIER_INVOICE, Supplier, SupplierInvoice
from guild.exchange.queries.projects import own_contract
from guild.exchange.schemas import ReasonIn
from guild.governance.queries import charter_at
from guild.ledger.chart import Account, Line, credit, debit
from guild.ledger.commands import post
from guild.members.queries.firms import bears_number_of

COUNTED = ("accepted", *IN_BOOKS)


async def locked(work: Work, invoice_id: SupplierInvoiceId) -> SupplierInvoice:
    """The invoice, held until the Work ends; raises SupplierInvoiceNotFound."""
    row: SupplierInvoice | None = await work.session.scalar(
        select(SupplierInvoice)
        .where(SupplierInvoice.id == invoice_id, access.visible_to(work.actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise SupplierInvoiceNotFound
    return row


async def match(
    work: Work, invoice_id: SupplierInvoiceId, contract_id: ContractId
) -> SupplierInvoice:
    """Say for which project it is; possible until it is accepted.

    Raises ContractNotFound for a contract that is not signed or not the actor's to spend for.
    """
    work.require(Permission.COSTS_ACCEPT)
    row = await locked(work, invoice_id)
    if not SUPPLIER_INVOICE.may(row.state, "accept"):
        SUPPLIER_INVOICE.move(row, "accept")  # raises, and says what is possible instead
    contract = await own_contract(work, contract_id)
    row.contract_id, row.member_id = contract.id, contract.member_id
    row.matched_by, row.changed_at = work.actor.member_id, work.now
    return row


async def accept(work: Work, invoice_id: SupplierInvoiceId) -> SupplierInvoice:
    """Agree that it is owed: by the member whose project it is, or by a treasurer.

    Raises NotMatched, NotForUs, and ReceivedTwice when the same number counts already.
    """
    work.require(Permission.COSTS_ACCEPT)
    row = await locked(work, invoice_id)
    _require_decider(work, row)
    if not SUPPLIER_INVOICE.may(row.state, "accept"):
        SUPPLIER_INVOICE.move(row, "accept")
    if row.member_id is None:
        raise NotMatched(mend="Choose the contract whose project it is for.")
    if row.wrong_buyer:
        raise NotForUs(
            "The invoice names another company as its buyer.",
            mend="Refuse it, and ask the supplier for one addressed to the co-operative.",
        )
    await _refuse_double(work, row)
    SUPPLIER_INVOICE.move(row, "accept")
    row.accepted_by, row.changed_at, row.reason = work.actor.member_id, work.now, ""
    await work.session.flush()
    answer_sender(work, row, "AP", "")
    await work.emit(
        SupplierInvoiceAccepted(
            supplier_invoice_id=row.id,
            supplier_id=row.supplier_id,
            member_id=row.member_id,
            contract_id=row.contract_id,
            total_minor=row.total_minor,
            currency=row.currency,
        )
    )
    return row


async def _refuse_double(work: Work, row: SupplierInvoice) -> None:
    twin = await work.session.scalar(
        select(SupplierInvoice.id)
        .where(
            SupplierInvoice.supplier_id == row.supplier_id,
            SupplierInvoice.kind == row.kind,
            SupplierInvoice.number == row.number,
            SupplierInvoice.issued_on == row.issued_on,
            SupplierInvoice.state.in_(COUNTED),
            SupplierInvoice.id != row.id,
        )
        .limit(1)
    )
    if twin is not None:
        raise ReceivedTwice(
            f"{row.number} of {row.issued_on.isoformat()} is accepted already.",
            mend="Refuse this one as a duplicate.",
        )


async def dispute(work: Work, invoice_id: SupplierInvoiceId, data: ReasonIn) -> SupplierInvoice:
    """Say what is wrong with it and ask the supplier; it can still be accepted or refused."""
    row = await _against(work, invoice_id, "dispute", data)
    answer_sender(work, row, "UQ", row.reason)
    await work.emit(
        SupplierInvoiceDisputed(supplier_invoice_id=row.id, supplier_id=row.supplier_id)
    )
    return row


async def refuse(work: Work, invoice_id: SupplierInvoiceId, data: ReasonIn) -> SupplierInvoice:
    """Refuse it for good; the supplier learns why where the channel carries answers."""
    row = await _against(work, invoice_id, "refuse", data)
    answer_sender(work, row, "RE", row.reason)
    await work.emit(SupplierInvoiceRefused(supplier_invoice_id=row.id, supplier_id=row.supplier_id))
    return row


async def _against(
    work: Work, invoice_id: SupplierInvoiceId, action: str, data: ReasonIn
) -> SupplierInvoice:
    work.require(Permission.COSTS_ACCEPT)
    row = await locked(work, invoice_id)
    _require_decider(work, row)
    SUPPLIER_INVOICE.move(row, action)
    row.reason, row.changed_at = f"{data.code}: {data.reason.strip()}", work.now
    await work.session.flush()
    return row


def _require_decider(work: Work, row: SupplierInvoice) -> None:
    """A treasurer, or the member whose project it is; who only brought it sees it, no more."""
    mine = row.member_id is None or work.actor.is_member(row.member_id)
    work.require(
        access.is_treasurer(work.actor) or mine,
        "The member whose project it is, or a treasurer, decides about it.",
    )


async def book(work: Work, invoice_id: SupplierInvoiceId) -> SupplierInvoice:
    """Post it: the project's costs, the VAT to reclaim, and what the supplier is owed.

    A credit note posts the reverse. Raises OwnCost for the member whose project it is,
    SecondPersonNeeded above the charter's amount, NotBookable.
    """
    work.require(Permission.COSTS_BOOK)
    row = await locked(work, invoice_id)
    if not SUPPLIER_INVOICE.may(row.state, "book"):
        SUPPLIER_INVOICE.move(row, "book")
    charter = await charter_at(work)
    me = work.actor.member_id
    if row.member_id == me:
        raise OwnCost("It was bought for your own project; another treasurer books it.")
    hers = bears_number_of(me, Supplier.vat_number, Supplier.legal_id)
    if await work.session.scalar(select(Supplier.id).where(Supplier.id == row.supplier_id, hers)):
        raise OwnCost("It is an invoice of your own firm; another treasurer books it.")
    hands = {row.accepted_by, row.uploaded_by}
    if me in hands and row.total_minor > charter.costs.one_pair_of_eyes_minor:
        limit = Money(charter.costs.one_pair_of_eyes_minor, row.currency)
        raise SecondPersonNeeded(
            f"You brought or accepted it, and it is above {limit}.",
            mend="Another treasurer books it.",
        )
    _refuse_unbookable(row)
    assert row.member_id is not None
    sign = -1 if row.kind == "credit_note" else 1
    row.ledger_entry_id = await post(
        work,
        kind="supplier_invoice_booked",
        text=f"Supplier's {row.kind.replace('_', ' ')} {row.number}"[:200],
        lines=_lines(row, sign),
        subject=row.id,
    )
    row.booked_by, row.charter_version, row.changed_at = me, charter.version, work.now
    SUPPLIER_INVOICE.move(row, "book")
    await work.session.flush()
    await work.emit(
        SupplierInvoicePayable(
            supplier_invoice_id=row.id,
            supplier_id=row.supplier_id,
            member_id=row.member_id,
            payable_minor=sign * row.payable_minor,
            currency=row.currency,
        )
    )
    return row


def _lines(row: SupplierInvoice, sign: int) -> list[Line]:
    def money(minor: int) -> Money:
        return Money(sign * minor, row.currency)

    return [
        debit("project_costs", money(row.net_minor), row.member_id),
        debit("vat_receivable", money(row.vat_minor)),
        debit("rounding", money(row.rounding_minor)),
        credit("payable", money(row.payable_minor), row.supplier_id),
    ]


def _refuse_unbookable(row: SupplierInvoice) -> None:
    if row.prepaid_minor:
        raise NotBookable(
            "It says that a part was paid already, and the books know of no such payment.",
            mend="Ask the supplier for an invoice of what is still open.",
        )
    if row.net_minor + row.vat_minor != row.total_minor:
        raise NotBookable(
            "Its sums do not add up.", mend="Dispute it, and ask the supplier for a right one."
        )
    if row.total_minor + row.rounding_minor != row.payable_minor or row.payable_minor <= 0:
        raise NotBookable(
            "What is to pay does not follow from its sums.",
            mend="Dispute it, and ask the supplier for a right one.",
        )


async def record_supplier_payment(
    work: Work, invoice_id: SupplierInvoiceId, *, source: Account, paid_on: date
) -> SupplierInvoice:
    """The bank has shown the payment: what was owed is settled from `source`.

    For the treasury, which knows the bank; `source` is the account that the money stands on.
    Raises IllegalMove unless it is booked.
    """
    row = await locked(work, invoice_id)
    if not SUPPLIER_INVOICE.may(row.state, "order"):
        SUPPLIER_INVOICE.move(row, "order")  # raises: an order pays it already
    if paid_on > work.today:
        raise Invalid("The day of payment lies in the future.", field="paid_on")
    sign = -1 if row.kind == "credit_note" else 1
    amount = Money(sign * row.payable_minor, row.currency)
    await post(
        work,
        kind="supplier_invoice_paid",
        text=f"Paid: supplier's {row.kind.replace('_', ' ')} {row.number}"[:200],
        lines=[Line(Account("payable", row.supplier_id), amount), Line(source, -amount)],
        subject=row.id,
        occurred_on=paid_on,
    )
    await _paid(work, row, paid_on)
    return row


async def note_supplier_order(
    work: Work, invoice_id: SupplierInvoiceId, step: str, on: date
) -> SupplierInvoice:
    """What became of the order that pays it: `order`, `pay` or `come_back`.

    For the treasury, which posts the money: from what is owed when the order was approved, and
    back to it when the bank refused it or sent it back. The actor may hold an office that sees no
    costs but approves orders. Raises SupplierInvoiceNotFound and IllegalMove.
    """
    row = await work.session.get(
        SupplierInvoice, invoice_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise SupplierInvoiceNotFound
    if step == "pay":
        await _paid(work, row, on)
        return row
    SUPPLIER_INVOICE.move(row, step)
    row.paid_on, row.changed_at = None, work.now
    await work.session.flush()
    return row


async def _paid(work: Work, row: SupplierInvoice, on: date) -> None:
    SUPPLIER_INVOICE.move(row, "pay")
    row.paid_on, row.changed_at = on, work.now
    answer_sender(work, row, "PD", "")
    await work.emit(
        SupplierInvoicePaid(
            supplier_invoice_id=row.id,
            supplier_id=row.supplier_id,
            payable_minor=-row.payable_minor if row.kind == "credit_note" else row.payable_minor,
            currency=row.currency,
        )
    )
