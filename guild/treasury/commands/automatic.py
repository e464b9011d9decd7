"""What the charter lets happen without a person: an exact reference with the exact amount."""

from typing import Final

from sqlalchemy import select, true

from guild.core.ids import BankEntryId, InterestClaimId, MemberId, StatementId
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.treasury.commands.confirming import confirm_match
from guild.treasury.commands.splitting import confirm_split
from guild.treasury.models import BankEntry, BankStatement
from guild.treasury.queries.interest import claims_for
from guild.treasury.queries.invoices import incoming_of, invoices_for
from guild.treasury.rules.matching import InvoiceIndex, OpenInvoice
from guild.treasury.rules.numbers import plain_reference
from guild.treasury.schemas import SplitIn

AT_ONCE: Final = 100
EXACT: Final = {"sure", "paid_twice"}


async def confirm_exact(
    work: Work, statement_id: StatementId, after: BankEntryId | None = None
) -> BankEntryId | None:
    """Record payments whose structured reference and amount are exactly one invoice's.

    So is interest, and what pays a settled invoice exactly once more: that is kept for the client
    and its refund proposed. Everything else waits for a person, as does all when the charter says
    so. Looks at a hundred entries and returns the last of them, to go on `after` it; None at the
    end. May run again: what is confirmed is not looked at. Invoices and amounts are judged as they
    stand now.
    """
    charter = await charter_at(work)
    statement = await work.session.get(BankStatement, statement_id)
    if not charter.bank.auto_confirm_exact or statement is None or statement.imported_by is None:
        return None
    entries = list(
        await work.session.scalars(
            select(BankEntry)
            .where(
                BankEntry.statement_id == statement_id,
                BankEntry.state == "suggested",
                BankEntry.structured != "",
                BankEntry.amount_minor > 0,
                BankEntry.round == 0,
                true() if after is None else BankEntry.id > after,
            )
            .order_by(BankEntry.id)
            .limit(AT_ONCE)
        )
    )
    for entry in entries:
        await work.write()  # what the entry before has paid is not open any more
        open_now = await invoices_for(work, [entry])
        named = [one for one in open_now if plain_reference(one.reference) == entry.structured]
        by = MemberId(statement.imported_by)
        if not named:
            await _confirm_interest(work, entry, by)
            continue
        asked = (entry.amount_minor, entry.currency)
        exact = [one for one in named if (_asked(one), one.currency) == asked]
        found = InvoiceIndex(open_now).candidates(incoming_of(entry))
        if len(named) != 1 or len(exact) != 1 or not found or found[0].verdict not in EXACT:
            continue
        await confirm_match(work, entry.id, exact[0].invoice_id, automatic_by=by)  # type: ignore[arg-type]  # ids are UUIDs
    return entries[-1].id if len(entries) == AT_ONCE else None


def _asked(invoice: OpenInvoice) -> int:
    """What the invoice asks for, or asked for when nothing is open: then it is paid twice."""
    return invoice.open_minor or invoice.total_minor


async def _confirm_interest(work: Work, entry: BankEntry, by: MemberId) -> None:
    """Record a claim of interest whose reference and sum are exactly the entry's."""
    for claim in await claims_for(work, [entry]):
        asked = (claim.reference, claim.total_minor, claim.currency)
        if asked == (plain_reference(entry.structured), entry.amount_minor, entry.currency):
            wanted = SplitIn(interest_ids=[InterestClaimId(claim.claim_id)])
            await confirm_split(work, entry.id, wanted, automatic_by=by)
            return
