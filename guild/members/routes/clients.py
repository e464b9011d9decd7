"""Clients and their contacts."""

from guild.core.ids import OrganisationId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, patch, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.schemas import (
    ContactIn,
    ContactOut,
    OrganisationChangeIn,
    OrganisationIn,
    OrganisationOut,
)


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
    work: Work, cursor: Cursor | None = None, size: PageSize = 50
) -> Page[OrganisationOut]:
    """Your own clients, newest first."""
    return await queries.organisations_page(work, cursor=cursor, size=size)


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


ROUTES = [
    register_organisation,
    list_organisations,
    show_organisation,
    change_organisation,
    add_contact,
]
