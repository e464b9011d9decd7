"""Shapes about clients, their contacts, and bank accounts."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from guild.core.ids import BankAccountId, ContactId, MemberId, OrganisationId
from guild.core.wire import CountryCode, Email, In, LanguageCode, Out, ShortText
from guild.members.schemas.people import Reason

OrganisationKind = Literal["company", "public_body", "consumer"]
Postcode = Annotated[
    str, Meta(min_length=1, max_length=20, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")
]
Region = Annotated[str, Meta(pattern=r"^([A-Z]{2}-[A-Z0-9]{1,3})?$", examples=["US-NY"])]
FirmNumber = Annotated[str, Meta(min_length=1, max_length=30, pattern=r"^[^\x00\r\n]+$")]


class ContactIn(In, frozen=True, kw_only=True):
    """A person who answers for a client; without a `language` she is spoken to in the client's."""

    name: ShortText
    email: Email
    language: LanguageCode | None = None


class ContactChangeIn(In, frozen=True, kw_only=True):
    """What changes about a contact. The address does not: links and signatures belong to it."""

    name: ShortText | UnsetType = UNSET
    language: LanguageCode | UnsetType = UNSET


class ContactOut(Out, frozen=True, kw_only=True):
    """A person who answers for a client."""

    id: ContactId
    organisation_id: OrganisationId
    name: str
    email: str
    language: str


class OrganisationIn(In, frozen=True, kw_only=True):
    """A client: a company, a public body (other payment law) or a consumer."""

    name: ShortText
    kind: OrganisationKind
    country: CountryCode
    region: Region = ""
    vat_number: FirmNumber | None = None
    enterprise_number: FirmNumber | None = None
    street: ShortText
    postcode: Postcode
    city: ShortText
    email: Email
    language: LanguageCode = "en"
    contact: ContactIn | None = None


class LookalikeOut(Out, frozen=True, kw_only=True):
    """A client that is there already and may be the one meant."""

    id: OrganisationId
    name: str
    country: str
    vat_number: str | None
    same_vat_number: bool


class OrganisationChangeIn(In, frozen=True, kw_only=True):
    """What changes; `row_version` is the one that was read, so that nobody overwrites unseen."""

    row_version: Annotated[int, Meta(ge=1)]
    name: ShortText | UnsetType = UNSET
    kind: OrganisationKind | UnsetType = UNSET
    country: CountryCode | UnsetType = UNSET
    region: Region | UnsetType = UNSET
    vat_number: FirmNumber | UnsetType | None = UNSET
    enterprise_number: FirmNumber | UnsetType | None = UNSET
    street: ShortText | UnsetType = UNSET
    postcode: Postcode | UnsetType = UNSET
    city: ShortText | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    language: LanguageCode | UnsetType = UNSET


class OrganisationOut(Out, frozen=True, kw_only=True):
    """A client with its contacts."""

    id: OrganisationId
    name: str
    kind: OrganisationKind
    country: str
    region: str
    vat_number: str | None
    enterprise_number: str | None
    street: str
    postcode: str
    city: str
    email: str
    language: str
    row_version: int
    contacts: list[ContactOut]


class BankAccountIn(In, frozen=True, kw_only=True):
    """Where to be paid from now on."""

    iban: Annotated[
        str,
        Meta(
            min_length=5, max_length=50, pattern=r"^[^\x00\r\n]+$", examples=["BE68 5390 0754 7034"]
        ),
    ]
    holder: Annotated[
        str, Meta(min_length=1, max_length=70, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")
    ]


class BankRefusalIn(In, frozen=True, kw_only=True):
    """A refusal, with the reason that the owner is told."""

    reason: Reason


class BankAccountOut(Out, frozen=True, kw_only=True):
    """A bank account without its number: the last four characters tell it from others."""

    id: BankAccountId
    member_id: MemberId
    member_name: str
    holder: str
    iban_country: str
    iban_last4: str
    bic: str | None
    state: str
    requested_at: datetime
    decided_at: datetime | None
    decision_reason: str | None
    usable_from: datetime | None
    also_used_by_others: bool
    """Whether another member has the same number: shown to those who decide, else false."""
