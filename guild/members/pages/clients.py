"""A member's clients: the list with a search, entering one, correcting it and its contacts.

Likely twins are shown before a client is entered a second time.
"""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect
from msgspec import Meta

from guild.core.errors import GuildError, Invalid
from guild.core.ids import ContactId, OrganisationId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import Cursor, get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.errors import AlreadyKnown
from guild.members.pages.access import COUNTRIES
from guild.members.pages.forms import (
    FORM,
    Faults,
    Form,
    answer_refused,
    faults_of,
    status_of,
    text_of,
)
from guild.members.schemas import (
    ContactChangeIn,
    ContactIn,
    OrganisationChangeIn,
    OrganisationIn,
)

PLACES: Final = [*COUNTRIES, ("CA", "Canada"), ("US", "United States")]
KINDS: Final = [("company", "A company or association"), ("public_body", "A public body"),
                ("consumer", "A private person")]  # fmt: skip
LANGUAGES: Final = [("en", "English"), ("fr", "French"), ("nl", "Dutch"), ("de", "German")]
FIELDS: Final = ("name", "kind", "country", "region", "street", "postcode", "city", "email")
PAGE_SIZE: Final = 25
MANAGE = Permission.CLIENTS_MANAGE
REFUSALS: Final = (msgspec.ValidationError, GuildError)


@get("/clients", permission=MANAGE, include_in_schema=False)
async def clients_page(
    work: Work, cursor: Cursor | None = None, search: Annotated[str, Meta(max_length=200)] = ""
) -> Response[str]:
    """The clients, newest first."""
    found = await queries.organisations_page(work, cursor=cursor, size=PAGE_SIZE, search=search)
    return page(
        work, "members/clients.html", section="/contracts", clients=found.items, search=search,
        next_cursor=found.next_cursor, later=cursor is not None,
    )  # fmt: skip


@get("/clients/new", permission=MANAGE, include_in_schema=False)
async def client_page(work: Work) -> Response[str]:
    """The form."""
    return _form(work, {}, None, [])


@post("/clients/new", permission=MANAGE, **FORM)
async def enter_client(work: Work, data: Form) -> Response[Any]:
    """Enter the client, unless one of the same name is there and nobody said it is another."""
    entered = {name: text_of(data, name).strip() for name in (
        *FIELDS, "vat_number", "contact_name", "contact_email", "language")}  # fmt: skip
    entered["region"] = entered["region"].upper()
    twins = await queries.lookalikes(
        work, name=entered["name"], vat_number=entered["vat_number"], country=entered["country"]
    )
    if twins and text_of(data, "another") != "yes":
        return _form(work, entered, None, twins)
    try:
        given = msgspec.convert(
            {
                **{name: entered[name] for name in FIELDS},
                "vat_number": entered["vat_number"] or None,
                "language": entered["language"],
                "contact": {
                    "name": entered["contact_name"], "email": entered["contact_email"],
                    "language": entered["language"],
                },
            },
            OrganisationIn,
        )  # fmt: skip
        await commands.register_organisation(work, given)
    except (msgspec.ValidationError, Invalid, AlreadyKnown) as refusal:
        return answer_refused(work, refusal, _form(work, entered, refusal, twins))
    return Redirect("/contracts/new", status_code=303)


def _form(
    work: Work, entered: dict[str, str], refusal: Exception | None, twins: list[Any]
) -> Response[str]:
    return page(
        work, "members/client_new.html", status=status_of(refusal), section="/contracts",
        entered=entered, errors=faults_of(refusal), twins=twins, countries=PLACES, kinds=KINDS,
        languages=LANGUAGES,
    )  # fmt: skip


@get("/clients/{organisation_id:uuid}", permission=MANAGE, include_in_schema=False)
async def one_client(work: Work, organisation_id: UUID) -> Response[str]:
    """A client with its contacts, and the form that corrects it."""
    return await _client(work, OrganisationId(organisation_id), None, None, [])


async def _client(
    work: Work, which: OrganisationId, entered: dict[str, str] | None,
    refusal: Exception | None, errors: Faults,
) -> Response[str]:  # fmt: skip
    shown = await queries.organisation(work, which)
    fields = (*FIELDS, "vat_number", "language")
    stands = {name: getattr(shown, name) or "" for name in fields}
    return page(
        work, "members/client.html", status=status_of(refusal), section="/contracts",
        client=shown, entered=stands | (entered or {}), errors=errors or faults_of(refusal),
        countries=_places(shown.country), kinds=KINDS, languages=LANGUAGES,
    )  # fmt: skip


def _places(country: str) -> list[tuple[str, str]]:
    """The countries of the form, with this client's own when it came over the API."""
    known = any(code == country for code, _ in PLACES)
    return PLACES if known else [*PLACES, (country, country)]


@post("/clients/{organisation_id:uuid}", permission=MANAGE, **FORM)
async def correct_client(work: Work, organisation_id: UUID, data: Form) -> Response[Any]:
    """Correct the client; documents that were issued keep what they say."""
    which = OrganisationId(organisation_id)
    before = await queries.organisation(work, which)
    entered = {name: text_of(data, name).strip() for name in (*FIELDS, "vat_number", "language")}
    entered["region"] = entered["region"].upper()
    version = text_of(data, "row_version")
    try:
        wanted: dict[str, Any] = {name: entered[name] for name in (*FIELDS, "language")}
        if entered["vat_number"] != (before.vat_number or ""):
            wanted["vat_number"] = entered["vat_number"] or None
        wanted["row_version"] = int(version) if version.isascii() and version.isdigit() else 0
        change = msgspec.convert(wanted, OrganisationChangeIn)
        await commands.change_organisation(work, which, change)
    except REFUSALS as refusal:
        return answer_refused(work, refusal, await _client(work, which, entered, refusal, []))
    return Redirect(f"/clients/{organisation_id}", status_code=303)


@post("/clients/{organisation_id:uuid}/contacts", permission=MANAGE, **FORM)
async def enter_contact(work: Work, organisation_id: UUID, data: Form) -> Response[Any]:
    """One more person who answers for the client."""
    which = OrganisationId(organisation_id)
    await queries.organisation(work, which)
    names = ("name", "email", "language")
    entered = {name: text_of(data, f"new_{name}").strip() for name in names}
    try:
        await commands.add_contact(work, which, msgspec.convert(entered, ContactIn))
    except REFUSALS as refusal:
        kept = {f"new_{name}": value for name, value in entered.items()}
        faults = _renamed(faults_of(refusal), "new_{}")
        return answer_refused(work, refusal, await _client(work, which, kept, refusal, faults))
    return Redirect(f"/clients/{organisation_id}#contacts", status_code=303)


@post("/contacts/{contact_id:uuid}", permission=MANAGE, **FORM)
async def correct_contact(work: Work, contact_id: UUID, data: Form) -> Response[Any]:
    """Correct a contact's name or language."""
    which = ContactId(contact_id)
    client = OrganisationId((await queries.contact_of(work, which)).organisation_id)
    entered = {name: text_of(data, name).strip() for name in ("name", "language")}
    try:
        await commands.change_contact(work, which, msgspec.convert(entered, ContactChangeIn))
    except REFUSALS as refusal:
        faults = _renamed(faults_of(refusal), "{}-" + str(contact_id))
        return answer_refused(work, refusal, await _client(work, client, None, refusal, faults))
    return Redirect(f"/clients/{client}#contacts", status_code=303)


def _renamed(faults: Faults, pattern: str) -> Faults:
    """Faults of a small form whose fields carry another id on the page."""
    return [{**one, "field": pattern.format(one["field"])} if one["field"] else one
            for one in faults]  # fmt: skip


PAGES = [
    clients_page, client_page, enter_client, one_client, correct_client, enter_contact,
    correct_contact,
]  # fmt: skip
