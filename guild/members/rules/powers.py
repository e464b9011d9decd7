"""Which rights a key may carry, and which offices a member in a given state really has."""

from collections.abc import Iterable
from typing import Final

from guild.core.permissions import Permission, Role

KEYLESS: Final = frozenset({
    Permission.PUBLIC,
    Permission.SELF,
    Permission.LINK,
    Permission.API_KEYS_MANAGE,
    Permission.CLAIMS_JUDGE,
    Permission.MEMBERS_ADMIT,
    Permission.MEMBERS_APPROVE_ACCOUNT,
    Permission.MEMBERS_REMOVE,
    Permission.MEMBERS_ROLES,
    Permission.OPERATE,
    Permission.PAYOUTS_APPROVE,
    Permission.REPUTATION_RULE,
    Permission.WEBHOOKS_MANAGE,
})  # fmt: skip
"""Rights that need a person at a page: decisions about people, about money leaving, about keys."""

KEY_SCOPES: Final = frozenset(Permission) - KEYLESS


def roles_held(state: str, offices: Iterable[str]) -> frozenset[Role]:
    """The roles that count today.

    Rights follow membership: nobody outside `member` and `on_leave` has any, and on leave the
    offices rest while a member keeps her own affairs.
    """
    if state == "member":
        return frozenset({Role.MEMBER, *map(Role, offices)})
    if state == "on_leave":
        return frozenset({Role.MEMBER})
    return frozenset()
