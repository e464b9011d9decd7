"""Facts about people, their offices, clients and bank accounts."""

from typing import ClassVar
from uuid import UUID

from guild.core.events import Event
from guild.core.ids import (
    ApiKeyId,
    BankAccountId,
    ContactId,
    MemberId,
    OrganisationId,
    PasskeyId,
)


class MemberApplied(Event, frozen=True, kw_only=True):
    """Somebody asked to join."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class MemberAdmitted(Event, frozen=True, kw_only=True):
    """The secretary admitted an applicant: from now on she has a member's rights."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class MemberDetailsChanged(Event, frozen=True, kw_only=True):
    """A member's numbers, scheme of VAT or address are others; documents follow from now on."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class MemberNumbersAsked(Event, frozen=True, kw_only=True):
    """A member asked for another VAT or enterprise number; a second person decides."""

    subject: ClassVar[str] = "change_id"
    change_id: UUID
    member_id: MemberId


class MemberNumbersRefused(Event, frozen=True, kw_only=True):
    """A second person refused a member's new numbers: her documents say the present ones."""

    subject: ClassVar[str] = "change_id"
    change_id: UUID
    member_id: MemberId


class MemberWentOnLeave(Event, frozen=True, kw_only=True):
    """A member paused; her offices rest."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class MemberReturned(Event, frozen=True, kw_only=True):
    """A member came back from leave."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class MembershipEnded(Event, frozen=True, kw_only=True):
    """A membership ended, by resignation or removal: sessions, keys and offices ended with it."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class RemovalRequested(Event, frozen=True, kw_only=True):
    """A first person asked for a member's removal; a second one has to confirm."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class RoleRequested(Event, frozen=True, kw_only=True):
    """A first person asked that a member be given an office."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId
    grant_id: UUID
    role: str


class RoleGranted(Event, frozen=True, kw_only=True):
    """Two persons gave a member an office."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId
    role: str


class RoleEnded(Event, frozen=True, kw_only=True):
    """A member no longer holds an office."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId
    role: str


class SignedIn(Event, frozen=True, kw_only=True):
    """A member signed in with her password."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class PasswordChanged(Event, frozen=True, kw_only=True):
    """A member changed her password; all her sessions ended."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId


class ApiKeyIssued(Event, frozen=True, kw_only=True):
    """A member made a key for a program."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId
    api_key_id: ApiKeyId


class ApiKeyRevoked(Event, frozen=True, kw_only=True):
    """A member withdrew a key."""

    subject: ClassVar[str] = "member_id"
    member_id: MemberId
    api_key_id: ApiKeyId


class OrganisationRegistered(Event, frozen=True, kw_only=True):
    """A member entered a client."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: OrganisationId
    member_id: MemberId


class BankAccountRequested(Event, frozen=True, kw_only=True):
    """A member asked to be paid to another bank account."""

    subject: ClassVar[str] = "bank_account_id"
    bank_account_id: BankAccountId
    member_id: MemberId


class BankAccountApproved(Event, frozen=True, kw_only=True):
    """A second person approved a bank account. Governance answers by setting its cooling-off."""

    subject: ClassVar[str] = "bank_account_id"
    bank_account_id: BankAccountId
    member_id: MemberId
    first: bool
    """Whether the member had none before: then there is nothing that could have been stolen."""


class BankAccountRejected(Event, frozen=True, kw_only=True):
    """A second person refused or stopped a bank account: nothing is paid to it."""

    subject: ClassVar[str] = "bank_account_id"
    bank_account_id: BankAccountId
    member_id: MemberId


class PasskeyRegistered(Event, frozen=True, kw_only=True):
    """A member, or a client's contact while signing, made a passkey to sign with."""

    subject: ClassVar[str] = "passkey_id"
    passkey_id: PasskeyId
    member_id: MemberId | None
    contact_id: ContactId | None


class PasskeyRemoved(Event, frozen=True, kw_only=True):
    """Nothing more is signed with this passkey."""

    subject: ClassVar[str] = "passkey_id"
    passkey_id: PasskeyId
    member_id: MemberId | None
    contact_id: ContactId | None
