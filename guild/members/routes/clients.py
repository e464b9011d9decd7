"""Clients and their contacts."""

from typing import Annotated

from msgspec import Meta

from guild.core.ids import ContactId, OrganisationId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, patch, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.schemas import (
    ContactChangeIn,
    ContactIn,
    ContactOut,
    LookalikeOut,
    OrganisationChangeIn,
    OrganisationIn,
    OrganisationOut,
)
from guild.members.schemas.imports import ClientImportIn, ClientImportOut


@post(
    "/organisations",
    permission=Permission.CLIENTS_MANAGE,
    tags=["clients"],
    summary="Enter a client",
)
async def register_organisation(work: Work, data: OrganisationIn) -> OrganisationOut:
    """Enter a client, with its first contact if you know it. Its numbers are checked, and a VAT
    number that you have already is answered with 409 and a link to that client.
    """
    made = await commands.register_organisation(work, data)
    return await queries.organisation(work, made.id)


@get(
    "/organisations",
    permission=Permission.CLIENTS_MANAGE,
    tags=["clients"],
    summary="List one's clients",
)
async def list_organisations(
    work: Work,
    cursor: Cursor | None = None,
    size: PageSize = 50,
    search: Annotated[str, Meta(max_length=200)] = "",
) -> Page[OrganisationOut]:
    """Your own clients, newest first; `search` looks in names, cities, VAT numbers, contacts."""
    return await queries.organisations_page(work, cursor=cursor, size=size, search=search)


@get(
    "/organisations/lookalikes",
    permission=Permission.CLIENTS_MANAGE,
    tags=["clients"],
    summary="Is this client there already?",
)
async def look_for_twins(
    work: Work,
    name: Annotated[str, Meta(max_length=200)] = "",
    vat_number: Annotated[str, Meta(max_length=30)] = "",
    country: Annotated[str, Meta(max_length=2)] = "",
) -> list[LookalikeOut]:
    """Your clients with this VAT number, or with this name but for legal form and accents."""
    return await queries.lookalikes(work, name=name, vat_number=vat_number, country=country)


@get(
    "/organisations/{organisation_id:uuid}",
    permission=Permission.CLIENTS_MANAGE,
    tags=["clients"],
    summary="A client",
)
async def show_organisation(work: Work, organisation_id: OrganisationId) -> OrganisationOut:
    """One of your clients with its contacts."""
    return await queries.organisation(work, organisation_id)


@patch(
    "/organisations/{organisation_id:uuid}",
    permission=Permission.CLIENTS_MANAGE,
    tags=["clients"],
    summary="Change a client",
)
async def change_organisation(
    work: Work, organisation_id: OrganisationId, data: OrganisationChangeIn
) -> OrganisationOut:
    """Change what you send, answering the `row_version` that you read."""
    await commands.change_organisation(work, organisation_id, data)
    return await queries.organisation(work, organisation_id)


@post(
    "/organisations/{organisation_id:uuid}/contacts",
    permission=Permission.CLIENTS_MANAGE,
    tags=["clients"],
    summary="Enter a contact",
)
async def add_contact(work: Work, organisation_id: OrganisationId, data: ContactIn) -> ContactOut:
    """Enter a person who answers for the client: personal links go to her address."""
    made = await commands.add_contact(work, organisation_id, data)
    return await queries.contact_of(work, made.id)


@patch(
    "/contacts/{contact_id:uuid}",
    permission=Permission.CLIENTS_MANAGE,
    tags=["clients"],
    summary="Change a contact",
)
async def change_contact(work: Work, contact_id: ContactId, data: ContactChangeIn) -> ContactOut:
    """Correct a name or a language. An address stays as it is: enter another contact instead."""
    await commands.change_contact(work, contact_id, data)
    return await queries.contact_of(work, contact_id)


@post(
    "/organisations/import",
    permission=Permission.CLIENTS_MANAGE,
    tags=["clients"],
    summary="Import clients from a table",
    status_code=200,
    request_max_body_size=5_000_000,
)
async def import_clients(work: Work, data: ClientImportIn) -> ClientImportOut:
    """Enter the clients of a CSV table. With `dry_run`, which is the default, nothing is entered
    and the answer says what would become of each row; without a mapping it shows the columns.
    """
    return await commands.import_clients(work, data)


ROUTES = [
    import_clients,
    register_organisation,
    list_organisations,
    look_for_twins,
    show_organisation,
    change_organisation,
    add_contact,
    change_contact,
]
