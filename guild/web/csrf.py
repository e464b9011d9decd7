"""Proof that a browser's request to change something comes from one of our own pages.

Two walls, each enough against an ordinary forgery:

1. Where the browser says where a request comes from (`Sec-Fetch-Site`, else `Origin`), it must be
   from here. This also covers forms before sign-in, so that nobody is signed in as somebody else.
2. A request that acts by a cookie carries a token bound to that very session, in the header
   `X-CSRF-Token` or the form field `csrf_token`. Another person's valid token does not pass.

Requests with an Authorization header need neither: no other site can make a browser send one that
`authentication` accepts.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request
from litestar.enums import RequestEncodingType

from guild.core.permissions import Actor
from guild.core.settings import Settings
from guild.members.errors import InvalidCsrfToken
from guild.members.rules import tokens
from guild.web.authentication import Connection, cookie_credential

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD: Final = "csrf_token"
_FORMS: Final = frozenset({RequestEncodingType.MULTI_PART, RequestEncodingType.URL_ENCODED})


async def check_csrf(
    request: Request[Any, Any, Any], actor: Actor, settings: Settings, token: str
) -> None:
    """Refuse a forged request; raises InvalidCsrfToken (403). Safe methods always pass.

    `token` is what a form of this session carries, see `csrf_token`.
    """
    if request.method in SAFE or "authorization" in request.headers:
        return
    if not _from_here(request, settings):
        raise InvalidCsrfToken(
            "The request came from another site.", mend="Open the page here and send it again."
        )
    if actor.kind == "anonymous":
        return
    presented = await _presented(request)
    if not token or not tokens.same(token, presented):
        raise InvalidCsrfToken(
            "The form does not belong to this session.",
            mend="Load the page again and send it again. Programs: send X-CSRF-Token as the "
            "sign-in answered it, or use an API key.",
        )


def csrf_token(connection: Connection, settings: Settings) -> str:
    """The token for the forms of this request's page; empty for a stranger, who needs none."""
    cookie = cookie_credential(connection, settings)
    return tokens.csrf_token(cookie[1]) if cookie else ""


async def _presented(request: Request[Any, Any, Any]) -> str:
    header = request.headers.get("x-csrf-token")
    if header is not None:
        return header
    if request.content_type[0] not in _FORMS:
        return ""
    field = (await request.form()).get(FIELD)
    return field if isinstance(field, str) else ""


def _from_here(request: Request[Any, Any, Any], settings: Settings) -> bool:
    """What the browser says; a program says nothing, and then the token decides alone."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True
    ours = urlsplit(settings.base_url)
    if origin == f"{ours.scheme}://{ours.netloc}":
        return True
    # In development the same machine answers under several names.
    return not settings.production and origin == f"http://{request.headers.get('host', '')}"
