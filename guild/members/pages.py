"""Pages of people: sign in, sign out, apply, one's own account, and the desk of the office.

Server-rendered; every form works without JavaScript. A refused form comes back filled in (never the
password), with what is wrong beside its field.
"""

import re
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.ids import ApiKeyId, BankAccountId, MemberId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import In, get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.rules.powers import KEY_SCOPES
from guild.members.rules.tokens import session_cookie_name
from guild.members.schemas import (
    ApiKeyIn,
    ApplicationIn,
    BankAccountIn,
    BankRefusalIn,
    PasswordIn,
    ReasonIn,
    SignInIn,
)
from guild.members.schemas.cookies import ended_session_cookie, session_cookie

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
Faults = list[dict[str, str]]
T = TypeVar("T", bound=In)
NO_STORE: Final = {"Cache-Control": "no-store"}
_HERE: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,300}")
_PATH: Final = re.compile(r"`\$\.(\w+)")
_MISSING: Final = re.compile(r"required field `(\w+)`")
COUNTRIES: Final = [
    ("AT", "Austria"), ("BE", "Belgium"), ("BG", "Bulgaria"), ("HR", "Croatia"), ("CY", "Cyprus"),
    ("CZ", "Czechia"), ("DK", "Denmark"), ("EE", "Estonia"), ("FI", "Finland"), ("FR", "France"),
    ("DE", "Germany"), ("GR", "Greece"), ("HU", "Hungary"), ("IE", "Ireland"), ("IT", "Italy"),
    ("LV", "Latvia"), ("LT", "Lithuania"), ("LU", "Luxembourg"), ("MT", "Malta"),
    ("NL", "Netherlands"), ("PL", "Poland"), ("PT", "Portugal"), ("RO", "Romania"),
    ("SK", "Slovakia"), ("SI", "Slovenia"), ("ES", "Spain"), ("SE", "Sweden"),
    ("CH", "Switzerland"), ("GB", "United Kingdom"),
]  # fmt: skip


class _FormRefused(Exception):
    """Carries the form to show again past the Work, so that what was half done is rolled back."""

    def __init__(self, shown: Response[Any]) -> None:
        super().__init__("form refused")
        self.shown: Final = shown


def _show_again(_: Request[Any, Any, Any], refused: _FormRefused) -> Response[Any]:
    return refused.shown


FORM: Final[dict[str, Any]] = {
    "include_in_schema": False,
    "status_code": 200,
    "exception_handlers": {_FormRefused: _show_again},
}


@get("/sign-in", permission=Permission.PUBLIC, include_in_schema=False)
async def sign_in_page(work: Work, to: str = "") -> Response[Any]:
    """The form; somebody who is signed in goes on to where she wanted."""
    if work.actor.kind == "member":
        return Redirect(_local(to), status_code=303)
    return _sign_in_form(work, to=_local(to))


@post("/sign-in", permission=Permission.PUBLIC, **FORM)
async def sign_in(work: Work, request: Request[Any, Any, Any], data: Form) -> Response[Any]:
    """Begin a session and go on; a refusal shows the form again, with one sentence for all."""
    to = _local(_text(data, "to"))
    try:
        entered = _read(data, SignInIn, "email", "password")
        made = await commands.sign_in(
            work,
            email=entered.email,
            password=entered.password,
            former_token=request.cookies.get(
                session_cookie_name(secure=work.settings.secure_cookies)
            ),
        )
    except (GuildError, msgspec.ValidationError) as refusal:
        shown = _sign_in_form(work, to=to, email=_text(data, "email"), refusal=refusal)
        return _answer(work, refusal, shown)
    cookie = session_cookie(work.settings, made.token, now=work.now, until=made.expires_at)
    return Redirect(to, status_code=303, cookies=[cookie])


@post("/sign-out", permission=Permission.PUBLIC, **FORM)
async def sign_out(work: Work, request: Request[Any, Any, Any]) -> Response[Any]:
    """End this browser's session and its cookie."""
    name = session_cookie_name(secure=work.settings.secure_cookies)
    await commands.sign_out(work, request.cookies.get(name))
    return Redirect("/sign-in", status_code=303, cookies=[ended_session_cookie(work.settings)])


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
            status=_status(refusal),
            errors=_faults(refusal),
            entered=entered,
            countries=COUNTRIES,
        )
        return _answer(work, refusal, shown)
    return page(work, "members/applied.html")


@get("/me", permission=Permission.SELF, include_in_schema=False)
async def account_page(work: Work) -> Response[str]:
    """One's own account: membership, bank accounts, keys, password, data."""
    return await _account(work)


@post("/me/bank-accounts", permission=Permission.SELF, **FORM)
async def request_bank_account(work: Work, data: Form) -> Response[Any]:
    """Ask to be paid to another account."""
    try:
        await commands.request_bank_account(work, _read(data, BankAccountIn, "iban", "holder"))
    except (GuildError, msgspec.ValidationError) as refusal:
        return _answer(work, refusal, await _account(work, refusal=refusal, entered=data))
    return Redirect("/me#bank", status_code=303)


@post("/me/api-keys", permission=Permission.API_KEYS_MANAGE, **FORM)
async def make_api_key(work: Work, request: Request[Any, Any, Any]) -> Response[Any]:
    """Make a key and show it this once."""
    form = await request.form()
    wanted = {"name": form.get("name", ""), "scopes": form.getall("scopes", [])}
    try:
        made = await commands.make_api_key(work, msgspec.convert(wanted, ApiKeyIn))
    except (GuildError, msgspec.ValidationError) as refusal:
        shown = await _account(work, refusal=refusal, entered=dict(wanted))
        return _answer(work, refusal, shown)
    return await _account(work, new_key=made.secret)


@post(
    "/me/api-keys/{key_id:uuid}/revoke",
    permission=Permission.API_KEYS_MANAGE,
    **FORM,
)
async def revoke_api_key(work: Work, key_id: ApiKeyId) -> Response[Any]:
    """Withdraw a key."""
    await commands.revoke_api_key(work, key_id)
    return Redirect("/me#keys", status_code=303)


@post("/me/password", permission=Permission.SELF, **FORM)
async def change_password(work: Work, data: Form) -> Response[Any]:
    """Set another password; all other browsers are signed out."""
    try:
        entered = _read(data, PasswordIn, "current", "new")
        made = await commands.change_password(work, current=entered.current, new=entered.new)
    except (GuildError, msgspec.ValidationError) as refusal:
        return _answer(work, refusal, await _account(work, refusal=refusal))
    cookie = session_cookie(work.settings, made.token, now=work.now, until=made.expires_at)
    return Redirect("/me", status_code=303, cookies=[cookie])


@get("/office", permission=Permission.SELF, include_in_schema=False)
async def office_page(work: Work) -> Response[str]:
    """What waits for a decision by the office: applications, offices, bank accounts."""
    return await _office(work)


@post("/office/{what:str}/{which:uuid}", permission=Permission.SELF, **FORM)
async def decide(work: Work, what: str, which: UUID, data: Form) -> Response[Any]:
    """One decision. The commands ask for the right and for the second person."""
    try:
        await _decide(work, what, which, data)
    except (GuildError, msgspec.ValidationError) as refusal:
        return _answer(work, refusal, await _office(work, refusal=refusal))
    return Redirect("/office", status_code=303)


async def _decide(work: Work, what: str, which: UUID, data: dict[str, Any]) -> None:
    match (what, _text(data, "answer")):
        case ("applicants", "admit"):
            await commands.admit_member(work, MemberId(which))
        case ("applicants", "decline"):
            reason = _read(data, ReasonIn, "reason").reason
            await commands.decline_applicant(work, MemberId(which), reason)
        case ("roles", "confirm"):
            await commands.confirm_role(work, which)
        case ("roles", "refuse"):
            await commands.refuse_role(work, which)
        case ("bank-accounts", "approve"):
            await commands.approve_bank_account(work, BankAccountId(which))
        case ("bank-accounts", "reject"):
            reason = _read(data, BankRefusalIn, "reason").reason
            await commands.reject_bank_account(work, BankAccountId(which), reason)
        case _:
            raise msgspec.ValidationError("Choose one of the answers.")


async def _account(
    work: Work,
    *,
    refusal: Exception | None = None,
    entered: dict[str, Any] | None = None,
    new_key: str = "",
) -> Response[str]:
    me = await queries.me(work)
    made = page(
        work,
        "members/account.html",
        status=_status(refusal),
        lang=me.language,
        section="/me",
        me=me,
        accounts=await queries.my_bank_accounts(work),
        keys=await queries.api_keys(work) if Permission.API_KEYS_MANAGE in me.permissions else [],
        scopes=sorted(KEY_SCOPES & frozenset(me.permissions)),
        errors=_faults(refusal),
        entered=entered or {},
        new_key=new_key,
    )
    made.headers.update(NO_STORE)
    return made


async def _office(work: Work, *, refusal: Exception | None = None) -> Response[str]:
    may = work.actor.may
    applicants = (
        (await queries.members_page(work, state="applicant", cursor=None, size=100)).items
        if may(Permission.MEMBERS_ADMIT)
        else []
    )
    return page(
        work,
        "members/office.html",
        status=_status(refusal),
        section="/office",
        applicants=applicants,
        grants=await queries.open_role_grants(work) if may(Permission.MEMBERS_ROLES) else [],
        accounts=await queries.bank_accounts_waiting(work)
        if may(Permission.MEMBERS_APPROVE_ACCOUNT)
        else [],
        errors=_faults(refusal),
    )


def _sign_in_form(
    work: Work, *, to: str, email: str = "", refusal: Exception | None = None
) -> Response[str]:
    return page(
        work,
        "members/sign_in.html",
        status=_status(refusal),
        section="/sign-in",
        to=to,
        email=email,
        errors=_faults(refusal),
    )


def _local(to: str) -> str:
    """Only a path of this site: nobody is sent elsewhere after signing in."""
    return to if _HERE.fullmatch(to) else "/me"


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name, "")
    return value if isinstance(value, str) else ""


def _read(data: dict[str, Any], shape: type[T], *names: str) -> T:
    return msgspec.convert({name: _text(data, name) for name in names}, shape)


def _read_application(data: dict[str, Any]) -> ApplicationIn:
    """Empty optional fields are left out; a ticked box is yes."""
    given: dict[str, Any] = {
        name: _text(data, name) for name in ApplicationIn.__struct_fields__ if _text(data, name)
    }
    given["vat_exempt"] = _text(data, "vat_exempt") == "yes"
    return msgspec.convert(given, ApplicationIn)


def _answer(work: Work, refusal: Exception, shown: Response[Any]) -> Response[Any]:
    """The refused form; everything is rolled back, save a count that has to stay."""
    if work.refused(refusal):
        return shown
    raise _FormRefused(shown) from refusal


def _status(refusal: Exception | None) -> int:
    if refusal is None:
        return 200
    return refusal.status if isinstance(refusal, GuildError) else 400


def _faults(refusal: Exception | None) -> Faults:
    if refusal is None:
        return []
    if isinstance(refusal, GuildError):
        sentence = f"{refusal.detail} {refusal.mend}".strip()
        return [{"field": refusal.field, "text": sentence}]
    named = _PATH.search(str(refusal)) or _MISSING.search(str(refusal))
    field = named[1] if named else ""
    label = field.replace("_", " ") or "the form"
    return [
        {"field": field, "text": f"Please check {label}: it is missing or not in the right form."}
    ]


PAGES = [
    sign_in_page,
    sign_in,
    sign_out,
    apply_page,
    apply_to_join,
    account_page,
    request_bank_account,
    make_api_key,
    revoke_api_key,
    change_password,
    office_page,
    decide,
]
