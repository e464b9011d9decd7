"""Who may export what: members their own documents, the treasury and the auditor all."""

from guild.core.permissions import Actor, Role
from guild.exports.rules.kinds import KINDS, Kind

OFFICES = frozenset({Role.TREASURER, Role.AUDITOR})


def for_whole_house(actor: Actor) -> bool:
    """Whether the actor's exports cover all members."""
    return bool(actor.roles & OFFICES)


def may_ask(actor: Actor, kind: Kind) -> bool:
    """Whether this kind is offered to the actor."""
    return actor.kind == "member" and (KINDS[kind].for_members or for_whole_house(actor))
