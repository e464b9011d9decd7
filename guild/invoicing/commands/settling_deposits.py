"""Issuing a final invoice: the deposits it settles are taken back first, so VAT is owed once."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from guild.core.errors import Conflict
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands.credits import credit_invoice
from guild.invoicing.models import DepositSettlement
from guild.invoicing.queries.documents import Stored

REASON: Final = {
    "en": "Settled by the final invoice",
    "fr": "Réglé par la facture finale",
    "nl": "Verrekend met de eindfactuur",
    "de": "Verrechnet mit der Schlussrechnung",
}
TO_SETTLE: Final = """
    SELECT s.deposit_id, s.final_id, d.paid_minor, d.language
      FROM deposit_settlement s JOIN invoice d ON d.id = s.deposit_id
     WHERE s.final_id = ANY ($1) AND s.credit_note_id IS NULL
     ORDER BY s.deposit_id FOR UPDATE OF d, s"""


async def take_deposits_back(work: Work, drafts: Sequence[Stored]) -> None:
    """Credit the deposits that these drafts settle; asks nothing when no draft names another
    document. Raises Conflict when one was paid since the draft was made.
    """
    naming = {draft.id: draft.frozen for draft in drafts if draft.frozen.preceding}
    if not naming:
        return
    rows = await work.fetch(TO_SETTLE, list(naming))
    for final_id, said in naming.items():
        own = [row for row in rows if row["final_id"] == final_id]
        paid = sum(row["paid_minor"] for row in own)
        if own and min(paid, said.total_minor) != said.prepaid_minor:
            raise Conflict(
                f"{Money(paid, said.currency)} has been paid on the deposits; the draft deducts "
                f"{Money(said.prepaid_minor, said.currency)}.",
                mend="Settle the deposits on the draft again, then issue it.",
                field="prepaid",
            )
    for row in rows:
        reason = REASON.get(row["language"], REASON["en"])
        note = await credit_invoice(work, InvoiceId(row["deposit_id"]), reason, code="settled")
        await work.write()
        settled = await work.session.scalar(
            select(DepositSettlement)
            .where(DepositSettlement.deposit_id == row["deposit_id"])
            .execution_options(populate_existing=True)
        )
        assert settled is not None
        settled.credit_note_id = note.id
        await work.session.flush()
