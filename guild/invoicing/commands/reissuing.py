"""Credit and reissue: take an invoice back whole and draft it anew, corrected, in one step."""

from typing import Any

from msgspec import UNSET

from guild.core.errors import Conflict
from guild.core.ids import InvoiceId
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.invoicing.commands.copying import copy_document, own_document
from guild.invoicing.commands.credits import credit_invoice
from guild.invoicing.commands.drafts import edit_draft
from guild.invoicing.commands.issuing import issue_invoice
from guild.invoicing.commands.sharing import carry_shares
from guild.invoicing.schemas.credits import ReissuedOut, ReissueIn
from guild.invoicing.schemas.drafts import DraftChange


async def credit_and_reissue(work: Work, invoice_id: InvoiceId, asked: ReissueIn) -> ReissuedOut:
    """Credit all of an invoice and draft a corrected one; with `issue` both take their numbers.

    The milestones go over to the new document, and so do the shares of a shared one; its
    co-workers agree to them again. What the client had paid stands to its credit, and pays the new
    one as the treasurer says. Raises InvoiceNotFound, IllegalMove, Conflict for an invoice that is
    credited in part or is to be issued before its co-workers agreed, and what editing and issuing
    refuse: then nothing is done.
    """
    refuse_unprintable({"reason": asked.reason})
    source = await own_document(work, invoice_id, lock=True)
    if source.credited_minor and source.state != "credited":
        raise Conflict(
            f"A part of invoice {source.number} is credited already.",
            mend="Credit the rest by a credit note, then copy the invoice.",
        )
    shared = source.shared
    if shared and asked.issue:
        raise Conflict(
            f"Invoice {source.number} is shared: its co-workers agree to the new one first.",
            mend="Leave out “issue”, and issue the draft when all have agreed.",
            field="issue",
        )
    note = await credit_invoice(work, invoice_id, asked.reason, code=asked.reason_code)
    await work.write()
    source = await own_document(work, invoice_id)
    draft_id = await copy_document(work, source, how="reissue", credit_note_id=note.id)
    if asked.change is not None:
        await edit_draft(work, draft_id, DraftChange(row_version=1, **given(asked.change)))
    if shared:
        await carry_shares(work, invoice_id, draft_id)
    issued = await issue_invoice(work, draft_id) if asked.issue else None
    return ReissuedOut(credit_note=note, draft_id=draft_id, invoice=issued)


def given(change: object) -> dict[str, Any]:
    """The fields of a change that were given."""
    return {
        name: getattr(change, name)
        for name in change.__struct_fields__  # type: ignore[attr-defined]  # a struct of msgspec
        if getattr(change, name) is not UNSET
    }
