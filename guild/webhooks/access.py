"""Who may see which subscriptions: one's own, and those of the house for its treasurers."""

from sqlalchemy import ColumnElement, false, or_, true

from guild.core.permissions import Actor, Role
from guild.webhooks.models import Webhook


def is_treasurer(actor: Actor) -> bool:
    """Whether the actor holds that office."""
    return Role.TREASURER in actor.roles


def webhooks_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The subscriber's own; those for the house by every treasurer."""
    if actor.kind == "job":
        return true()
    if actor.kind != "member":
        return false()
    own = (Webhook.member_id == actor.id) & (Webhook.scope == "own")
    return or_(own, Webhook.scope == "house") if is_treasurer(actor) else own
