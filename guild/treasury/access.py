"""Who may see which payouts. Statements and entries have permissions of their own."""

from sqlalchemy import ColumnElement, false, true

from guild.core.permissions import Actor, Permission
from guild.treasury.models import Payout


def visible_payouts(actor: Actor) -> ColumnElement[bool]:
    """Whoever approves, the auditor and the house's own jobs see all; a member her own."""
    if actor.may(Permission.TREASURY_READ) or actor.may(Permission.PAYOUTS_APPROVE):
        return true()
    if actor.kind == "member":
        return Payout.member_id == actor.member_id
    return false()
