"""Clients: entered once per member, with numbers that were checked."""

import msgspec
from sqlalchemy import select

from guild.core.errors import Invalid, StaleVersion
from guild.core.ids import ContactId, MemberId, OrganisationId, new_id
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.documents.commands import refuse_unprintable
from guild.members.access import contacts_visible_to, organisations_visible_to
from guild.members.errors import (
    AlreadyKnown,
    ClientExists,
    ContactNotFound,
    OrganisationNotFound,
)
from guild.members.events import OrganisationRegistered
from guild.members.models import Contact, Organisation
from guild.members.rules.numbers import firm_numbers
from guild.members.schemas import (
    ContactChangeIn,
    ContactIn,
    OrganisationChangeIn,
    OrganisationIn,
)


async def register_organisation(work: Work, entered: OrganisationIn) -> Organisation:
    """Enter a client, with its first contact if given.

    Raises VatNumberInvalid, EnterpriseNumberInvalid, Invalid for a consumer with a VAT number, and
    ClientExists with a link when this member already has a client with the same VAT number.
    """
    work.require(Permission.CLIENTS_MANAGE)
    member_id = work.actor.member_id
    refuse_unprintable({"name": entered.name, "street": entered.street,
                        "postcode": entered.postcode, "city": entered.city})  # fmt: skip
    vat, enterprise = _numbers(
        entered.kind, entered.country, entered.vat_number, entered.enterprise_number
    )
    _refuse_other_country(entered.country, entered.region)
    await _refuse_twin(work, member_id, vat)
    organisation = Organisation(
        id=OrganisationId(new_id()),
        name=entered.name,
        kind=entered.kind,
        country=entered.country,
        region=entered.region,
        vat_number=vat,
        enterprise_number=enterprise,
        street=entered.street,
        postcode=entered.postcode,
        city=entered.city,
        email=entered.email.lower(),
        language=entered.language,
        created_by=member_id,
        created_at=work.now,
        row_version=1,
    )
    work.session.add(organisation)
    await work.session.flush()
    if entered.contact is not None:
        await add_contact(work, organisation.id, entered.contact)
    await work.emit(OrganisationRegistered(organisation_id=organisation.id, member_id=member_id))
    return organisation


async def change_organisation(
    work: Work, organisation_id: OrganisationId, change: OrganisationChangeIn
) -> Organisation:
    """Change what is given; issued documents keep what they were issued with.

    Raises OrganisationNotFound, StaleVersion, and what `register_organisation` raises.
    """
    work.require(Permission.CLIENTS_MANAGE)
    organisation = await _own_organisation(work, organisation_id)
    if organisation.row_version != change.row_version:
        raise StaleVersion(
            "This client was changed since you read it.", mend="Load it again and repeat."
        )
    given = {
        name: value
        for name, value in msgspec.structs.asdict(change).items()
        if value is not msgspec.UNSET and name != "row_version"
    }
    refuse_unprintable(given)
    wanted = {
        name: given.get(name, getattr(organisation, name))
        for name in ("kind", "country", "vat_number", "enterprise_number")
    }
    if "vat_number" in given and "enterprise_number" not in given:
        wanted["enterprise_number"] = None
    vat, enterprise = _numbers(**wanted)
    _refuse_other_country(wanted["country"], given.get("region", organisation.region))
    if vat != organisation.vat_number:
        await _refuse_twin(work, organisation.created_by, vat)
    if "email" in given:
        given["email"] = given["email"].lower()
    for name, value in {**given, "vat_number": vat, "enterprise_number": enterprise}.items():
        setattr(organisation, name, value)
    organisation.row_version += 1
    await work.session.flush()
    return organisation


async def add_contact(work: Work, organisation_id: OrganisationId, entered: ContactIn) -> Contact:
    """Enter a person who answers for a client; raises OrganisationNotFound, AlreadyKnown."""
    work.require(Permission.CLIENTS_MANAGE)
    organisation = await _own_organisation(work, organisation_id)
    refuse_unprintable({"name": entered.name})
    email = entered.email.lower()
    twin = await work.session.scalar(
        select(Contact.id).where(Contact.organisation_id == organisation.id, Contact.email == email)
    )
    if twin is not None:
        raise AlreadyKnown(
            "This client has a contact with that address.", field="email", contact_id=str(twin)
        )
    contact = Contact(
        id=ContactId(new_id()),
        organisation_id=organisation.id,
        name=entered.name,
        email=email,
        language=entered.language or organisation.language,
        created_at=work.now,
    )
    work.session.add(contact)
    await work.session.flush()
    return contact


async def add_colleague(
    work: Work, organisation_id: OrganisationId, *, name: str, email: str, language: str
) -> Contact:
    """A person whom a contact of the client names in her place; found, or entered anew.

    She is spoken to in `language`, that of whoever names her, until she chooses another.
    Whether the contact may do so is the question of the calling feature.
    """
    refuse_unprintable({"name": name})
    address = email.lower()
    known: Contact | None = await work.session.scalar(
        select(Contact).where(Contact.organisation_id == organisation_id, Contact.email == address)
    )
    if known is not None:
        return known
    contact = Contact(
        id=ContactId(new_id()), organisation_id=organisation_id, name=name, email=address,
        language=language, created_at=work.now,
    )  # fmt: skip
    work.session.add(contact)
    await work.session.flush()
    return contact


async def change_contact(work: Work, contact_id: ContactId, change: ContactChangeIn) -> Contact:
    """Correct a contact's name or language. Raises ContactNotFound.

    The address stays: personal links went to it and signatures name it, so another address is
    another contact.
    """
    work.require(Permission.CLIENTS_MANAGE)
    contact: Contact | None = await work.session.scalar(
        select(Contact)
        .where(Contact.id == contact_id, contacts_visible_to(work.actor))
        .with_for_update()
    )
    if contact is None:
        raise ContactNotFound
    if change.name is not msgspec.UNSET:
        refuse_unprintable({"name": change.name})
        contact.name = change.name
    if change.language is not msgspec.UNSET:
        contact.language = change.language
    await work.session.flush()
    return contact


def checked_numbers(entered: OrganisationIn) -> tuple[str | None, str | None]:
    """VAT and enterprise number in their compact form; raises what `register_organisation` does."""
    return _numbers(entered.kind, entered.country, entered.vat_number, entered.enterprise_number)


def _numbers(
    kind: str, country: str, vat_number: str | None, enterprise_number: str | None
) -> tuple[str | None, str | None]:
    if kind == "consumer" and (vat_number or enterprise_number):
        raise Invalid(
            "A consumer has neither a VAT number nor an enterprise number.",
            mend="Choose company, or leave the numbers out.",
            field="kind",
        )
    return firm_numbers(country, vat_number, enterprise_number)


def _refuse_other_country(country: str, region: str) -> None:
    if region and not region.startswith(f"{country}-"):
        raise Invalid(
            f"{region} does not lie in {country}.", field="region",
            mend=f"Write the state as ISO 3166-2 has it, such as {country}-NY, or leave it empty.",
        )  # fmt: skip


async def _refuse_twin(work: Work, member_id: MemberId, vat_number: str | None) -> None:
    if vat_number is None:
        return
    twin = (
        await work.session.execute(
            select(Organisation.id, Organisation.name).where(
                Organisation.created_by == member_id, Organisation.vat_number == vat_number
            )
        )
    ).one_or_none()
    if twin is not None:
        raise ClientExists(
            f"You have this client already: {twin.name}.",
            mend="Use the one that is there, or correct the VAT number.",
            field="vat_number",
            link=f"/api/v1/organisations/{twin.id}",
        )


async def _own_organisation(work: Work, organisation_id: OrganisationId) -> Organisation:
    found = await work.session.scalar(
        select(Organisation)
        .where(Organisation.id == organisation_id, organisations_visible_to(work.actor))
        .with_for_update()
    )
    if found is None:
        raise OrganisationNotFound
    return found
