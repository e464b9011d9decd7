"""Shapes about people, their offices, sessions, keys and links."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from guild.core.ids import ApiKeyId, ContactId, LinkId, MemberId
from guild.core.permissions import Permission, Role
from guild.core.wire import (
    CountryCode,
    Email,
    In,
    LanguageCode,
    OptionalLongText,
    OptionalText,
    Out,
    ShortText,
)

NO_BREAK = r"^[^\x00\r\n]*$"
Password = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Reason = Annotated[
    str, Meta(min_length=10, max_length=2000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
]
"""A sentence, not a word: it is told to the person whom it concerns."""


class SignInIn(In, frozen=True, kw_only=True):
    """An address and a password."""

    email: Email
    password: Password


class SessionOut(Out, frozen=True, kw_only=True):
    """Who is signed in, until when, and the token for the `X-CSRF-Token` header."""

    member_id: MemberId
    display_name: str
    expires_at: datetime
    csrf_token: str


class PasswordIn(In, frozen=True, kw_only=True):
    """The current password and the next one."""

    current: Password
    new: Password


class PasswordAskIn(In, frozen=True, kw_only=True):
    """The address of an account whose password was lost."""

    email: Email


class PasswordSetIn(In, frozen=True, kw_only=True):
    """The token from the mail and the next password."""

    token: Annotated[str, Meta(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
    new: Password


class ApplicationIn(In, frozen=True, kw_only=True):
    """An application to join."""

    email: Email
    password: Password
    legal_name: ShortText
    display_name: OptionalText = ""
    country: CountryCode
    language: LanguageCode = "en"
    street: ShortText | None = None
    postcode: Annotated[str, Meta(max_length=20, pattern=NO_BREAK)] | None = None
    city: ShortText | None = None
    vat_number: Annotated[str, Meta(max_length=30, pattern=NO_BREAK)] | None = None
    vat_exempt: bool = False
    enterprise_number: Annotated[str, Meta(max_length=20, pattern=NO_BREAK)] | None = None
    motivation: OptionalLongText = ""


class DetailsIn(In, frozen=True, kw_only=True):
    """What your documents say of you; what you leave out stays, null takes it away."""

    vat_number: Annotated[str, Meta(max_length=30, pattern=NO_BREAK)] | UnsetType | None = UNSET
    vat_exempt: bool | UnsetType = UNSET
    enterprise_number: Annotated[str, Meta(max_length=20, pattern=NO_BREAK)] | UnsetType | None = (
        UNSET
    )
    street: ShortText | UnsetType | None = UNSET
    postcode: Annotated[str, Meta(max_length=20, pattern=NO_BREAK)] | UnsetType | None = UNSET
    city: ShortText | UnsetType | None = UNSET


class ApplicationOut(Out, frozen=True, kw_only=True):
    """The same answer for everybody, so that it tells nothing about who is a member."""

    message: str


class ReasonIn(In, frozen=True, kw_only=True):
    """Why, in a sentence."""

    reason: Reason


class LeaveIn(In, frozen=True, kw_only=True):
    """Why, if one cares to say."""

    reason: OptionalLongText = ""


class MemberOut(Out, frozen=True, kw_only=True):
    """A member as the register shows her."""

    id: MemberId
    email: str
    legal_name: str
    display_name: str
    country: str
    language: str
    state: str
    applied_at: datetime
    joined_on: date | None
    ended_on: date | None


class NumberChangeOut(Out, frozen=True, kw_only=True):
    """Another VAT and enterprise number that a member asked for, beside the present ones."""

    id: UUID
    member_id: MemberId
    member_name: str
    country: str
    vat_number: str | None
    enterprise_number: str | None
    present_vat_number: str | None
    present_enterprise_number: str | None
    state: str
    requested_at: datetime
    decided_at: datetime | None
    reason: str
    """Why it was refused."""
    also_used_by_others: bool
    """Whether another member has or had one of them: shown to those who decide, else false."""


class MeOut(Out, frozen=True, kw_only=True):
    """Oneself: who, which offices, and which rights follow."""

    id: MemberId
    email: str
    legal_name: str
    display_name: str
    country: str
    language: str
    state: str
    joined_on: date | None
    vat_number: str | None
    vat_exempt: bool
    enterprise_number: str | None
    street: str | None
    postcode: str | None
    city: str | None
    numbers_waiting: NumberChangeOut | None
    """Numbers that you asked for and that wait for a second person."""
    roles: list[Role]
    permissions: list[Permission]


class RoleIn(In, frozen=True, kw_only=True):
    """An office for a member, and why."""

    role: Role
    reason: Reason
    expires_at: datetime | None = None


class RoleGrantOut(Out, frozen=True, kw_only=True):
    """A request for an office and what became of it."""

    id: UUID
    member_id: MemberId
    role: Role
    state: str
    reason: str
    requested_by: MemberId
    requested_at: datetime
    decided_by: MemberId | None
    expires_at: datetime | None


class ApiKeyIn(In, frozen=True, kw_only=True):
    """A key for a program: its name, and the rights it may use of its owner's."""

    name: ShortText
    scopes: Annotated[frozenset[Permission], Meta(min_length=1, max_length=40)]
    expires_at: datetime | None = None


class ApiKeyOut(Out, frozen=True, kw_only=True):
    """A key without its secret."""

    id: ApiKeyId
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used: datetime | None
    revoked_at: datetime | None


class ApiKeyMadeOut(ApiKeyOut, frozen=True, kw_only=True):
    """A new key. `key` is shown this once; afterwards only its hash is known."""

    key: str


class LinkOpenIn(In, frozen=True, kw_only=True):
    """The token from the mail."""

    token: Annotated[str, Meta(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


class LinkOut(Out, frozen=True, kw_only=True):
    """What an opened link is about."""

    link_id: LinkId
    purpose: str
    subject_id: UUID
    contact_id: ContactId
    expires_at: datetime
    csrf_token: str
