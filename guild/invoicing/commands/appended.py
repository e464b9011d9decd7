"""Documents whose change a Work has appended but not yet written."""

from collections.abc import Sequence
from typing import Final

from guild.core.ids import InvoiceId
from guild.core.work import Work

APPENDED: Final = "invoicing.appended"
"""Key in `Work.memo`: documents whose change this Work has appended but not yet written."""


def note_append(work: Work, invoice_id: InvoiceId) -> None:
    """Remember that a change of the document waits in the Work's last statement."""
    work.memo.setdefault(APPENDED, set()).add(invoice_id)


async def settle_appends(work: Work, ids: Sequence[InvoiceId]) -> None:
    """Write what waits before one of its documents is read or changed again."""
    waiting = work.memo.get(APPENDED)
    if waiting and not waiting.isdisjoint(ids):
        await work.write()
        waiting.clear()
