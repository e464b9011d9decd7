"""What the charter lets happen without a person: an exact reference with the exact amount."""

from typing import Final

from sqlalchemy import select

from guild.core.ids import MemberId, StatementId
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.treasury.commands.confirming import confirm_match
from guild.treasury.models import BankEntry, BankStatement
from guild.treasury.queries.invoices import incoming_of, invoices_for
from guild.treasury.rules.matching import InvoiceIndex
from guild.treasury.rules.numbers import plain_reference

AT_ONCE: Final = 100


async def confirm_exact(work: Work, statement_id: StatementId) -> int:
    """Record payments whose structured reference and amount are exactly one invoice's.

    Counts them. Everything else waits for a person, as does all when the charter says so. May run
    again: what is confirmed is not looked at. Invoices and amounts are judged as they stand now.
    """
    charter = await charter_at(work)
    statement = await work.session.get(BankStatement, statement_id)
    if not charter.bank.auto_confirm_exact or statement is None or statement.imported_by is None:
        return 0
    entries = list(
        await work.session.scalars(
            select(BankEntry)
            .where(
                BankEntry.statement_id == statement_id,
                BankEntry.state == "suggested",
                BankEntry.structured != "",
                BankEntry.amount_minor > 0,
                BankEntry.round == 0,
            )
            .order_by(BankEntry.id)
            .limit(AT_ONCE)
        )
    )
    done = 0
    for entry in entries:
        await work.write()  # what the entry before has paid is not open any more
        open_now = await invoices_for(work, [entry])
        named = [one for one in open_now if plain_reference(one.reference) == entry.structured]
        asked = (entry.amount_minor, entry.currency)
        exact = [one for one in named if (one.open_minor, one.currency) == asked]
        found = InvoiceIndex(open_now).candidates(incoming_of(entry))
        if len(named) != 1 or len(exact) != 1 or not found or found[0].verdict != "sure":
            continue
        by = MemberId(statement.imported_by)
        await confirm_match(work, entry.id, exact[0].invoice_id, automatic_by=by)  # type: ignore[arg-type]  # ids are UUIDs
        done += 1
    return done
