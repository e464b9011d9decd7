"""What can go wrong in the books.

GuildError
├── NotFound   ← LedgerEntryNotFound, LedgerAccountNotFound
├── Conflict   ← AlreadyReversed, BelowZero
└── Invalid    ← Unbalanced
"""

from guild.core.errors import Conflict, Invalid, NotFound


class LedgerEntryNotFound(NotFound):
    """No entry has this id, or the actor may not see it."""

    code = "ledger_entry_not_found"
    title = "No such ledger entry"


class LedgerAccountNotFound(NotFound):
    """The account is not in the chart, or the actor may not see it."""

    code = "ledger_account_not_found"
    title = "No such account"


class AlreadyReversed(Conflict):
    """An entry is reversed once; a second reversal would invent money."""

    code = "already_reversed"
    title = "The entry has been reversed already"


class BelowZero(Conflict):
    """The account does not hold as much as is asked of it."""

    code = "below_zero"
    title = "Not enough money in the account"


class Unbalanced(Invalid):
    """Debits and credits of an entry differ in some currency, or it has fewer than two lines."""

    code = "unbalanced"
    title = "The entry does not balance"
