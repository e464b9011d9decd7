"""The tables of people, access, clients and bank accounts."""

from guild.members.models.access import (
    AccessLink,
    ApiKey,
    Credential,
    LinkSession,
    PasswordReset,
    RateLimit,
    WebSession,
)
from guild.members.models.bank import BANK_ACCOUNT, SEALED_IBAN, BankAccount
from guild.members.models.clients import Contact, Organisation
from guild.members.models.numbers import NUMBER_CHANGE, MemberNumberChange
from guild.members.models.passkeys import PASSKEY_LIFECYCLE, Passkey
from guild.members.models.people import (
    MEMBERSHIP,
    ROLE_GRANT,
    Member,
    MemberDetailChange,
    MemberRole,
    MembershipRemoval,
    MemberStep,
    RoleGrant,
)

__all__ = [
    "BANK_ACCOUNT",
    "MEMBERSHIP",
    "NUMBER_CHANGE",
    "PASSKEY_LIFECYCLE",
    "ROLE_GRANT",
    "SEALED_IBAN",
    "AccessLink",
    "ApiKey",
    "BankAccount",
    "Contact",
    "Credential",
    "LinkSession",
    "Member",
    "MemberDetailChange",
    "MemberNumberChange",
    "MemberRole",
    "MemberStep",
    "MembershipRemoval",
    "Organisation",
    "Passkey",
    "PasswordReset",
    "RateLimit",
    "RoleGrant",
    "WebSession",
]
