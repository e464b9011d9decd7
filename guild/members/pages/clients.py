"""The page on which a member enters a client; likely twins are shown before she goes on."""

from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.errors import Invalid
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.errors import AlreadyKnown
from guild.members.pages.access import COUNTRIES
from guild.members.pages.forms import FORM, Form, answer_refused, faults_of, status_of, text_of
from guild.members.schemas import OrganisationIn

PLACES: Final = [*COUNTRIES, ("CA", "Canada"), ("US", "United States")]
KINDS: Final = [("company", "A company or association"), ("public_body", "A public body"),
                ("consumer", "A private person")]  # fmt: skip
LANGUAGES: Final = [("en", "English"), ("fr", "French"), ("nl", "Dutch"), ("de", "German")]
FIELDS: Final = ("name", "kind", "country", "street", "postcode", "city", "email")


@get("/clients/new", permission=Permission.CLIENTS_MANAGE, include_in_schema=False)
async def client_page(work: Work) -> Response[str]:
    """The form."""
    return _form(work, {}, None, [])


@post("/clients/new", permission=Permission.CLIENTS_MANAGE, **FORM)
async def enter_client(work: Work, data: Form) -> Response[Any]:
    """Enter the client, unless one of the same name is there and nobody said it is another."""
    entered = {name: text_of(data, name) for name in (*FIELDS, "vat_number", "contact_name",
                                                      "contact_email", "language")}  # fmt: skip
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


PAGES = [client_page, enter_client]
