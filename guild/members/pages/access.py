"""The doors: sign in, sign out, a lost password, apply."""

from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands
from guild.members.pages.forms import (
    FORM,
    NO_STORE,
    Form,
    answer_refused,
    faults_of,
    local_path,
    read_form,
    status_of,
    text_of,
)
from guild.members.rules.tokens import session_cookie_name
from guild.members.schemas import (
    ApplicationIn,
    PasswordAskIn,
    PasswordSetIn,
    SignInIn,
)
from guild.members.schemas.cookies import ended_session_cookie, session_cookie

COUNTRIES: Final = [
    ("AT", "Austria"), ("BE", "Belgium"), ("BG", "Bulgaria"), ("HR", "Croatia"), ("CY", "Cyprus"),
    ("CZ", "Czechia"), ("DK", "Denmark"), ("EE", "Estonia"), ("FI", "Finland"), ("FR", "France"),
    ("DE", "Germany"), ("GR", "Greece"), ("HU", "Hungary"), ("IE", "Ireland"), ("IT", "Italy"),
    ("LV", "Latvia"), ("LT", "Lithuania"), ("LU", "Luxembourg"), ("MT", "Malta"),
    ("NL", "Netherlands"), ("PL", "Poland"), ("PT", "Portugal"), ("RO", "Romania"),
    ("SK", "Slovakia"), ("SI", "Slovenia"), ("ES", "Spain"), ("SE", "Sweden"),
    ("CH", "Switzerland"), ("GB", "United Kingdom"),
]  # fmt: skip


@get("/sign-in", permission=Permission.PUBLIC, include_in_schema=False)
async def sign_in_page(work: Work, to: str = "") -> Response[Any]:
    """The form; somebody who is signed in goes on to where she wanted."""
    if work.actor.kind == "member":
        return Redirect(local_path(to), status_code=303)
    return _sign_in_form(work, to=local_path(to))


@post("/sign-in", permission=Permission.PUBLIC, **FORM)
async def sign_in(work: Work, request: Request[Any, Any, Any], data: Form) -> Response[Any]:
    """Begin a session and go on; a refusal shows the form again, with one sentence for all."""
    to = local_path(text_of(data, "to"))
    try:
        entered = read_form(data, SignInIn, "email", "password")
        made = await commands.sign_in(
            work,
            email=entered.email,
            password=entered.password,
            former_token=request.cookies.get(
                session_cookie_name(secure=work.settings.secure_cookies)
            ),
        )
    except (GuildError, msgspec.ValidationError) as refusal:
        shown = _sign_in_form(work, to=to, email=text_of(data, "email"), refusal=refusal)
        return answer_refused(work, refusal, shown)
    cookie = session_cookie(work.settings, made.token, now=work.now, until=made.expires_at)
    return Redirect(to, status_code=303, cookies=[cookie])


@post("/sign-out", permission=Permission.PUBLIC, **FORM)
async def sign_out(work: Work, request: Request[Any, Any, Any]) -> Response[Any]:
    """End this browser's session and its cookie."""
    name = session_cookie_name(secure=work.settings.secure_cookies)
    await commands.sign_out(work, request.cookies.get(name))
    return Redirect("/sign-in", status_code=303, cookies=[ended_session_cookie(work.settings)])


@get("/forgotten", permission=Permission.PUBLIC, include_in_schema=False)
async def forgotten_page(work: Work) -> Response[str]:
    """The form for a lost password."""
    return page(work, "members/forgotten.html", errors=[], sent=False)


@post("/forgotten", permission=Permission.PUBLIC, **FORM)
async def ask_new_password(work: Work, data: Form) -> Response[Any]:
    """Have a link mailed; the answer is the same for every address."""
    try:
        await commands.ask_new_password(work, read_form(data, PasswordAskIn, "email").email)
    except (GuildError, msgspec.ValidationError) as refusal:
        faults = faults_of(refusal)
        shown = page(
            work, "members/forgotten.html", status=status_of(refusal), errors=faults, sent=False
        )
        return answer_refused(work, refusal, shown)
    return page(work, "members/forgotten.html", errors=[], sent=True)


@get("/new-password/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def new_password_page(work: Work, token: str) -> Response[str]:
    """The form behind the mailed link; looking at it uses nothing up."""
    return _new_password_form(work, token)


@post("/new-password/{token:str}", permission=Permission.PUBLIC, **FORM)
async def set_new_password(work: Work, token: str, data: Form) -> Response[Any]:
    """Set the password and go to the front door."""
    try:
        entered = read_form({**data, "token": token}, PasswordSetIn, "token", "new")
        await commands.set_new_password(work, entered.token, entered.new)
    except (GuildError, msgspec.ValidationError) as refusal:
        return answer_refused(work, refusal, _new_password_form(work, token, refusal=refusal))
    return Redirect("/sign-in", status_code=303)


@get("/apply", permission=Permission.PUBLIC, include_in_schema=False)
async def apply_page(work: Work) -> Response[str]:
    """The application form."""
    return page(work, "members/apply.html", errors=[], entered={}, countries=COUNTRIES)


@post("/apply", permission=Permission.PUBLIC, **FORM)
async def apply_to_join(work: Work, data: Form) -> Response[str]:
    """Send an application; the answer is the same for known and unknown addresses."""
    try:
        await commands.apply_to_join(work, _read_application(data))
    except (GuildError, msgspec.ValidationError) as refusal:
        entered = {name: value for name, value in data.items() if name != "password"}
        shown = page(
            work,
            "members/apply.html",
            status=status_of(refusal),
            errors=faults_of(refusal),
            entered=entered,
            countries=COUNTRIES,
        )
        return answer_refused(work, refusal, shown)
    return page(work, "members/applied.html")


def _sign_in_form(
    work: Work, *, to: str, email: str = "", refusal: Exception | None = None
) -> Response[str]:
    return page(
        work,
        "members/sign_in.html",
        status=status_of(refusal),
        section="/sign-in",
        to=to,
        email=email,
        errors=faults_of(refusal),
    )


def _new_password_form(
    work: Work, token: str, *, refusal: Exception | None = None
) -> Response[str]:
    made = page(
        work,
        "members/new_password.html",
        status=status_of(refusal),
        token=token,
        errors=faults_of(refusal),
    )
    made.headers.update(NO_STORE)
    return made


def _read_application(data: dict[str, Any]) -> ApplicationIn:
    """Empty optional fields are left out; a ticked box is yes."""
    given: dict[str, Any] = {
        name: text_of(data, name) for name in ApplicationIn.__struct_fields__ if text_of(data, name)
    }
    given["vat_exempt"] = text_of(data, "vat_exempt") == "yes"
    return msgspec.convert(given, ApplicationIn)


PAGES = [
    sign_in_page,
    sign_in,
    sign_out,
    forgotten_page,
    ask_new_password,
    new_password_page,
    set_new_password,
    apply_page,
    apply_to_join,
]
