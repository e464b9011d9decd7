"""Who may see which payouts. Statements and entries have permissions of their own."""

from sqlalchemy import ColumnElement, false, true

from guild.core.permissions import Actor, Permission
from guild.treasury.models import Payout


def visible_payouts(actor: Actor) -> ColumnElement[bool]:
    """Treasurer, auditor and the house's own jobs see all; a member sees what is paid to her."""
    if actor.may(Permission.TREASURY_READ):
        return true()
    if actor.kind == "member":
        return Payout.member_id == actor.member_id
    return false()
