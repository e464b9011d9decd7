"""One's own account: membership, bank accounts, keys, password, data."""

from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.ids import ApiKeyId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.pages.forms import (
    FORM,
    NO_STORE,
    Form,
    answer_refused,
    faults_of,
    read_form,
    status_of,
    text_of,
)
from guild.members.rules.powers import KEY_SCOPES, SCOPE_WORDS
from guild.members.schemas import (
    ApiKeyIn,
    BankAccountIn,
    DetailsIn,
    PasswordIn,
)
from guild.members.schemas.cookies import session_cookie

DETAILS: Final = ("vat_number", "enterprise_number", "street", "postcode", "city")


@get("/me", permission=Permission.SELF, include_in_schema=False)
async def account_page(work: Work) -> Response[str]:
    """One's own account: membership, bank accounts, keys, password, data."""
    return await _account(work)


@post("/me/details", permission=Permission.SELF, **FORM)
async def change_details(work: Work, data: Form) -> Response[Any]:
    """Change what one's documents say of one; an empty field takes it away."""
    typed: dict[str, Any] = {name: text_of(data, name).strip() or None for name in DETAILS}
    typed["vat_exempt"] = text_of(data, "vat_exempt") == "yes"
    try:
        await commands.change_details(work, msgspec.convert(typed, DetailsIn))
    except (GuildError, msgspec.ValidationError) as refusal:
        again = {**data, "details": "yes"}
        return answer_refused(work, refusal, await _account(work, refusal=refusal, entered=again))
    return Redirect("/me#who", status_code=303)


@post("/me/bank-accounts", permission=Permission.SELF, **FORM)
async def request_bank_account(work: Work, data: Form) -> Response[Any]:
    """Ask to be paid to another account."""
    try:
        await commands.request_bank_account(work, read_form(data, BankAccountIn, "iban", "holder"))
    except (GuildError, msgspec.ValidationError) as refusal:
        return answer_refused(work, refusal, await _account(work, refusal=refusal, entered=data))
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
        return answer_refused(work, refusal, shown)
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
        entered = read_form(data, PasswordIn, "current", "new")
        made = await commands.change_password(work, current=entered.current, new=entered.new)
    except (GuildError, msgspec.ValidationError) as refusal:
        return answer_refused(work, refusal, await _account(work, refusal=refusal))
    cookie = session_cookie(work.settings, made.token, now=work.now, until=made.expires_at)
    return Redirect("/me", status_code=303, cookies=[cookie])


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
        status=status_of(refusal),
        lang=me.language,
        section="/me",
        me=me,
        accounts=await queries.my_bank_accounts(work),
        keys=await queries.api_keys(work) if Permission.API_KEYS_MANAGE in me.permissions else [],
        scopes=sorted(KEY_SCOPES & frozenset(me.permissions)),
        scope_words=SCOPE_WORDS,
        errors=faults_of(refusal),
        entered=entered or {},
        new_key=new_key,
    )
    made.headers.update(NO_STORE)
    return made


PAGES = [
    account_page,
    change_details,
    request_bank_account,
    make_api_key,
    revoke_api_key,
    change_password,
]
