"""A batch that was booked as one sum is divided when a notification names its payments later.

Nothing is booked: the sum is in suspense already, and its payments take its place there. What a
person has said about the sum stays; then the payments are kept beside it for whoever looks.
"""

import msgspec
from sqlalchemy import delete, select

from guild.core.work import Work
from guild.treasury.commands.booking import judge, post_rules, suspect_paid_twice, write_entries
from guild.treasury.commands.explaining import mark
from guild.treasury.events import EntryDivided
from guild.treasury.models import BANK_ENTRY, BankEntry, CoopBankAccount, MatchSuggestion
from guild.treasury.rules.entries import ReadNotification


async def divide_booked(work: Work, account: CoopBankAccount, read: ReadNotification) -> bool:
    """Divide the entry of that reference, if it was booked as one sum and nobody explained it.

    The account's row is locked by the caller. The payments are judged like those of a statement:
    payouts that they settle, rules, invoices that they may pay.
    """
    entry = await work.session.scalar(
        select(BankEntry)
        .where(
            BankEntry.account_id == account.id,
            BankEntry.reference == read.reference,
            BankEntry.amount_minor == read.amount_minor,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if entry is None or not BANK_ENTRY.may(entry.state, "divide"):
        return False
    if not entry.undivided and len(read.parts) < 2:
        return False
    parts = [
        msgspec.structs.replace(
            part,
            reference=f"{entry.reference}:{place}",
            booked_on=entry.booked_on,
            valued_on=entry.valued_on,
            batch_id=part.batch_id,
        )
        for place, part in enumerate(read.parts, 1)
    ]
    await work.session.execute(delete(MatchSuggestion).where(MatchSuggestion.entry_id == entry.id))
    mark(work, entry, "divide", f"A batch of {len(parts)} payments")
    await work.session.flush()
    judged = await judge(work, account, parts)
    await write_entries(work, account, entry.statement_id, judged, inside=entry.id)
    await post_rules(work, account, judged)
    for one in judged:
        if one.settled:
            await one.settled.post()
        if one.twice is not None:
            await suspect_paid_twice(work, one, one.twice, account.currency)
    await work.emit(
        EntryDivided(entry_id=entry.id, statement_id=entry.statement_id, payments=len(parts))
    )
    await work.write()
    return True
