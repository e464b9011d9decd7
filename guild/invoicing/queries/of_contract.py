"""The invoices of one contract, for the contract's evidence bundle."""

from sqlalchemy import select

from guild.core.ids import ContractId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.models import Invoice


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
