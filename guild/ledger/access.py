"""Who may read which accounts."""

from uuid import UUID

from guild.core.permissions import Actor, Permission
from guild.ledger.chart import CHART, Owner


def may_read_all(actor: Actor) -> bool:
    """Treasurer, auditor and the house's own jobs read every account."""
    return actor.may(Permission.LEDGER_READ)


def may_read(actor: Actor, code: str, owner: UUID | None) -> bool:
    """A member reads the accounts that are her own; nobody else's."""
    if may_read_all(actor):
        return True
    return CHART[code].owner is Owner.MEMBER and owner is not None and actor.is_member(owner)
