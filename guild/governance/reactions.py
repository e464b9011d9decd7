"""What the charter adds to facts from below."""

from datetime import timedelta

from guild.core.events import reacts_to
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members import commands as members
from guild.members.events import BankAccountApproved


@reacts_to(BankAccountApproved)
async def set_cooling_off(work: Work, fact: BankAccountApproved) -> None:
    """A changed bank account is usable only after the voted delay; a first one at once."""
    charter = await charter_at(work)
    hours = 0 if fact.first else charter.payouts.bank_change_cooling_off_hours
    await members.make_account_usable(
        work,
        fact.bank_account_id,
        after=timedelta(hours=hours),
        charter_version=charter.version,
    )
