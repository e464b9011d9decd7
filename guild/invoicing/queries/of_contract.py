"""What contracts ask about invoices: those of one contract, and when a member is to be paid."""

from datetime import date

from sqlalchemy import select

from guild.contracts.schemas.calendar import DeadlineOut
from guild.core.ids import ContractId, MemberId
from guild.core.money import Money
from guild.core.pages import money_text
from guild.core.work import Work
from guild.invoicing.models import Invoice
from guild.invoicing.models.invoice import OPEN_STATES


async def payments_due(work: Work, member_id: MemberId, since: date) -> list[DeadlineOut]:
    """When a member's unpaid invoices are due, for her calendar; soonest first."""
    rows = await work.session.scalars(
        select(Invoice)
        .where(
            Invoice.member_id == member_id,
            Invoice.kind == "invoice",
            Invoice.state.in_(OPEN_STATES),
            Invoice.due_on >= since,
        )
        .order_by(Invoice.due_on, Invoice.number)
        .limit(500)
    )
    return [
        DeadlineOut(
            kind="payment_due", subject_id=row.id, day=row.due_on,
            title=f"Payment of {row.number} is due",
            text=f"{_open(row)} is unpaid, for “{row.title}”.",
            contract_number=row.contract_number, path=f"/invoices/{row.id}",
        )
        for row in rows
        if row.due_on is not None
    ]  # fmt: skip


async def invoices_of_contract(work: Work, contract_id: ContractId) -> list[dict[str, str]]:
    """Number, day, total and state of each issued invoice, oldest first.

    Whether the actor may see the contract is the question of whoever asks.
    """
    rows = await work.session.scalars(
        select(Invoice)
        .where(Invoice.contract_id == contract_id, Invoice.number.is_not(None))
        .order_by(Invoice.issued_on, Invoice.number)
    )
    return [
        {
            "number": row.number or "",
            "issued_on": row.issued_on.isoformat() if row.issued_on else "",
            "total": Money(row.total_minor, row.currency).text,
            "currency": row.currency,
            "state": row.state,
        }
        for row in rows
    ]


def _open(row: Invoice) -> str:
    return money_text(row.payable_minor - row.paid_minor - row.credited_minor, row.currency)
