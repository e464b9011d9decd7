"""Who may do what: one table that the assembly can read.

Each route declares one `Permission`; the guard refuses a handler that declares none. Whether the
actor may see *this row* is the feature's `access.py`. Powers that move money or decide about
people need two persons besides, and nobody decides in their own case.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Final, Literal
from uuid import UUID

import msgspec

from guild.core.ids import ContactId, LinkId, MemberId


class Permission(StrEnum):
    """What a route can ask for, named `thing:deed`."""

    PUBLIC = "public"
    """Anyone, signed in or not."""
    SELF = "self:manage"
    """Any signed-in person, about her own affairs."""
    LINK = "link:answer"
    """A client's contact through a personal link, about the one thing the link is for."""

    API_KEYS_MANAGE = "api_keys:manage"
    CHARTER_READ = "charter:read"
    CLAIMS_FILE = "claims:file"
    CLAIMS_JUDGE = "claims:judge"
    CLIENTS_MANAGE = "clients:manage"
    CONTRACTS_DRAFT = "contracts:draft"
    CONTRACTS_READ = "contracts:read"
    COSTS_ACCEPT = "costs:accept"
    COSTS_BOOK = "costs:book"
    COSTS_READ = "costs:read"
    COSTS_UPLOAD = "costs:upload"
    DOCUMENTS_READ = "documents:read"
    EMPLOYMENT_NOTE = "employment:note"
    EXPORTS_MAKE = "exports:make"
    FUND_MANAGE = "fund:manage"
    FUND_READ = "fund:read"
    INVOICES_CREDIT = "invoices:credit"
    INVOICES_ISSUE = "invoices:issue"
    INVOICES_READ = "invoices:read"
    INVOICES_SEND = "invoices:send"
    LEDGER_READ = "ledger:read"
    MATCHES_CONFIRM = "matches:confirm"
    MEMBERS_ADMIT = "members:admit"
    MEMBERS_APPROVE_ACCOUNT = "members:approve_account"
    MEMBERS_READ = "members:read"
    MEMBERS_REMOVE = "members:remove"
    MEMBERS_ROLES = "members:roles"
    OBJECTIONS_MEDIATE = "objections:mediate"
    OBJECTIONS_READ = "objections:read"
    OPERATE = "operate"
    PAYOUTS_APPROVE = "payouts:approve"
    PAYOUTS_PREPARE = "payouts:prepare"
    PAYOUTS_READ = "payouts:read"
    PAYOUTS_REQUEST = "payouts:request"
    RECEIVABLES_MANAGE = "receivables:manage"
    REPUTATION_ATTEST = "reputation:attest"
    REPUTATION_READ = "reputation:read"
    REPUTATION_RULE = "reputation:rule"
    REVIEWS_CONDUCT = "reviews:conduct"
    REVIEWS_READ = "reviews:read"
    STATEMENTS_IMPORT = "statements:import"
    TREASURY_READ = "treasury:read"
    WEBHOOKS_MANAGE = "webhooks:manage"


class Role(StrEnum):
    """The offices of the cooperative."""

    MEMBER = "member"
    """Every admitted member, and a treasurer or rep too."""
    TREASURER = "treasurer"
    REP = "rep"
    """Union representative: reviews contracts and clients, rules on disputed attestations."""
    SECRETARY = "secretary"
    """Keeps the register: admissions, roles, bank accounts."""
    OPERATOR = "operator"
    """Runs the machine; sees no one's money or health."""
    AUDITOR = "auditor"


P = Permission
ROLES: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.MEMBER: frozenset({
        P.SELF, P.API_KEYS_MANAGE, P.CHARTER_READ, P.CLAIMS_FILE, P.CLAIMS_JUDGE,
        P.CLIENTS_MANAGE, P.CONTRACTS_DRAFT, P.CONTRACTS_READ, P.DOCUMENTS_READ, P.FUND_READ,
        P.INVOICES_CREDIT, P.INVOICES_ISSUE, P.INVOICES_READ, P.PAYOUTS_READ,
        P.PAYOUTS_REQUEST, P.REPUTATION_ATTEST, P.REPUTATION_READ, P.REVIEWS_READ,
        P.EXPORTS_MAKE, P.WEBHOOKS_MANAGE,
        P.COSTS_ACCEPT, P.COSTS_READ, P.COSTS_UPLOAD, P.INVOICES_SEND,
        P.OBJECTIONS_READ,
    }),
    Role.TREASURER: frozenset({
        P.SELF, P.API_KEYS_MANAGE, P.CHARTER_READ, P.EXPORTS_MAKE, P.FUND_READ, P.FUND_MANAGE,
        P.INVOICES_READ, P.INVOICES_CREDIT, P.LEDGER_READ, P.MATCHES_CONFIRM,
        P.MEMBERS_APPROVE_ACCOUNT, P.PAYOUTS_APPROVE, P.PAYOUTS_PREPARE, P.PAYOUTS_READ,
        P.PAYOUTS_REQUEST, P.STATEMENTS_IMPORT, P.EMPLOYMENT_NOTE,
        P.TREASURY_READ, P.DOCUMENTS_READ,
        P.COSTS_ACCEPT, P.COSTS_BOOK, P.COSTS_READ, P.COSTS_UPLOAD, P.INVOICES_SEND,
        P.OBJECTIONS_READ, P.RECEIVABLES_MANAGE,
    }),
    Role.REP: frozenset({
        P.SELF, P.CHARTER_READ, P.CONTRACTS_READ, P.FUND_READ, P.REPUTATION_READ,
        P.REPUTATION_RULE, P.REVIEWS_CONDUCT, P.REVIEWS_READ, P.DOCUMENTS_READ,
        P.OBJECTIONS_READ, P.OBJECTIONS_MEDIATE,
    }),
    Role.SECRETARY: frozenset({
        P.SELF, P.CHARTER_READ, P.EMPLOYMENT_NOTE, P.FUND_READ, P.MEMBERS_ADMIT,
        P.MEMBERS_APPROVE_ACCOUNT, P.MEMBERS_READ, P.MEMBERS_REMOVE, P.MEMBERS_ROLES,
        P.PAYOUTS_APPROVE, P.PAYOUTS_READ,
    }),
    Role.OPERATOR: frozenset({P.SELF, P.CHARTER_READ, P.FUND_READ, P.OPERATE}),
    Role.AUDITOR: frozenset({
        P.SELF, P.CHARTER_READ, P.EXPORTS_MAKE, P.FUND_READ, P.INVOICES_READ, P.LEDGER_READ,
        P.TREASURY_READ,
        P.PAYOUTS_READ, P.DOCUMENTS_READ,
        P.COSTS_READ,
        P.OBJECTIONS_READ,
    }),
}  # fmt: skip

POWER_ROLES: Final = frozenset({
    Role.TREASURER, Role.REP, Role.SECRETARY, Role.OPERATOR, Role.AUDITOR,
})  # fmt: skip
"""Offices whose grant needs a second person."""


class LinkGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What a personal link opens: one `purpose` about one `subject_id`, for one contact."""

    link_id: LinkId
    purpose: str
    subject_id: UUID
    contact_id: ContactId


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and what they may do. Only authentication and the worker make one."""

    kind: Literal["member", "contact", "job", "operator", "anonymous"]
    id: UUID | None = None
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[Permission] = frozenset({Permission.PUBLIC})
    link: LinkGrant | None = None
    name: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether the declared rights cover it (rows are asked of `access.py`)."""
        return permission is Permission.PUBLIC or permission in self.permissions

    @property
    def member_id(self) -> MemberId:
        """The acting member; a programming error to ask of anybody else."""
        assert self.kind == "member", f"a {self.kind} has no member id"
        assert self.id is not None
        return MemberId(self.id)

    def is_member(self, member_id: UUID) -> bool:
        """Whether the actor is that member."""
        return self.kind == "member" and self.id == member_id


@cache
def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """All that the roles together allow."""
    return frozenset({Permission.PUBLIC}).union(*(ROLES[role] for role in roles))


def member_actor(member_id: UUID, roles: frozenset[Role], name: str = "") -> Actor:
    """A signed-in member with the rights of her roles."""
    return Actor(
        kind="member", id=member_id, roles=roles, permissions=permissions_of(roles), name=name
    )


def contact_actor(grant: LinkGrant, name: str = "") -> Actor:
    """A client's contact who came through a personal link."""
    rights = frozenset({Permission.PUBLIC, Permission.LINK})
    return Actor(kind="contact", id=grant.contact_id, permissions=rights, link=grant, name=name)


ANONYMOUS: Final = Actor(kind="anonymous")
SYSTEM: Final = Actor(kind="job", permissions=frozenset(Permission), name="Guild")
"""Background jobs act as the house itself; each job names in the event what it was for."""
