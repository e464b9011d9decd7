"""Signing in and out, passwords, API keys, personal links."""

from typing import Any

import msgspec
from litestar import Request, Response

from guild.core.ids import ApiKeyId
from guild.core.permissions import Permission
from guild.core.wire import delete, get, post, put
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.rules.tokens import csrf_token, session_cookie_name
from guild.members.schemas import (
    ApiKeyIn,
    ApiKeyMadeOut,
    ApiKeyOut,
    ApplicationOut,
    LinkOpenIn,
    LinkOut,
    PasswordAskIn,
    PasswordIn,
    PasswordSetIn,
    SessionOut,
    SignInIn,
)
from guild.members.schemas.cookies import ended_session_cookie, link_cookie, session_cookie

NO_STORE = {"Cache-Control": "no-store"}


def _former_token(request: Request[Any, Any, Any], work: Work) -> str | None:
    name = session_cookie_name(secure=work.settings.secure_cookies)
    return request.cookies.get(name)


@post(
    "/session",
    permission=Permission.PUBLIC,
    tags=["access"],
    summary="Sign in",
    status_code=201,
)
async def sign_in(
    work: Work, request: Request[Any, Any, Any], data: SignInIn
) -> Response[SessionOut]:
    """Begin a session. The cookie is the session; send `csrf_token` back as `X-CSRF-Token` with
    every request that changes something. Five wrong tries per account in fifteen minutes.
    """
    made = await commands.sign_in(
        work, email=data.email, password=data.password, former_token=_former_token(request, work)
    )
    cookie = session_cookie(work.settings, made.token, now=work.now, until=made.expires_at)
    return Response(_session_out(made), cookies=[cookie], headers=NO_STORE)


@delete("/session", permission=Permission.PUBLIC, tags=["access"], summary="Sign out")
async def sign_out(work: Work, request: Request[Any, Any, Any]) -> Response[None]:
    """End this browser's session and its cookie."""
    await commands.sign_out(work, _former_token(request, work))
    return Response(None, status_code=204, cookies=[ended_session_cookie(work.settings)])


@put("/me/password", permission=Permission.SELF, tags=["access"], summary="Change one's password")
async def change_password(work: Work, data: PasswordIn) -> Response[SessionOut]:
    """Set another password. All sessions end, and this browser gets a new one."""
    made = await commands.change_password(work, current=data.current, new=data.new)
    cookie = session_cookie(work.settings, made.token, now=work.now, until=made.expires_at)
    return Response(_session_out(made), cookies=[cookie], headers=NO_STORE)


@post(
    "/password-resets",
    permission=Permission.PUBLIC,
    tags=["access"],
    summary="Ask for a new password",
    status_code=202,
)
async def ask_new_password(work: Work, data: PasswordAskIn) -> ApplicationOut:
    """Have a link mailed that sets a new password. The answer is the same for every address."""
    await commands.ask_new_password(work, data.email)
    return ApplicationOut(message="If this address is a member's, a mail is on its way.")


@post(
    "/password-resets/use",
    permission=Permission.PUBLIC,
    tags=["access"],
    summary="Set a new password",
    status_code=204,
)
async def set_new_password(work: Work, data: PasswordSetIn) -> None:
    """Use up the token from the mail. All sessions end; sign in with the new password."""
    await commands.set_new_password(work, data.token, data.new)


@post(
    "/me/api-keys",
    permission=Permission.API_KEYS_MANAGE,
    tags=["access"],
    summary="Make an API key",
)
async def make_api_key(work: Work, data: ApiKeyIn) -> Response[ApiKeyMadeOut]:
    """Make a key for a program with some of your own rights. It is shown this once."""
    made = await commands.make_api_key(work, data)
    shown = msgspec.convert(made.row, ApiKeyOut, from_attributes=True)
    out = ApiKeyMadeOut(**msgspec.structs.asdict(shown), key=made.secret)
    return Response(out, headers=NO_STORE)


@get(
    "/me/api-keys",
    permission=Permission.API_KEYS_MANAGE,
    tags=["access"],
    summary="List one's API keys",
)
async def list_api_keys(work: Work) -> list[ApiKeyOut]:
    """Your keys without their secrets, newest first, revoked ones too."""
    return await queries.api_keys(work)


@delete(
    "/me/api-keys/{key_id:uuid}",
    permission=Permission.API_KEYS_MANAGE,
    tags=["access"],
    summary="Revoke an API key",
)
async def revoke_api_key(work: Work, key_id: ApiKeyId) -> None:
    """Withdraw a key, at once and for good."""
    await commands.revoke_api_key(work, key_id)


@post(
    "/links/open",
    permission=Permission.PUBLIC,
    tags=["access"],
    summary="Open a personal link",
    status_code=200,
)
async def open_link(work: Work, data: LinkOpenIn) -> Response[LinkOut]:
    """Use up the token from the mail and bind this browser to what it is about. Programs may
    instead send `Authorization: Link <token>` with each request, and then never open it here.
    """
    opened = await commands.open_link(work, data.token)
    cookie = link_cookie(work.settings, opened.session_token, now=work.now, until=opened.expires_at)
    out = LinkOut(
        link_id=opened.link_id,
        purpose=opened.purpose,
        subject_id=opened.subject_id,
        contact_id=opened.contact_id,
        expires_at=opened.expires_at,
        csrf_token=csrf_token(opened.session_token),
    )
    return Response(out, cookies=[cookie], headers=NO_STORE)


def _session_out(made: commands.NewSession) -> SessionOut:
    return SessionOut(
        member_id=made.member_id,
        display_name=made.display_name,
        expires_at=made.expires_at,
        csrf_token=csrf_token(made.token),
    )


ROUTES = [
    sign_in,
    sign_out,
    change_password,
    ask_new_password,
    set_new_password,
    make_api_key,
    list_api_keys,
    revoke_api_key,
    open_link,
]
