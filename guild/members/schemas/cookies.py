"""The cookies: of a signed-in member, of a client who opened a personal link, and of one who opened
the link to all that was sent to its address.

HttpOnly and SameSite=Lax (a link in a mail must find the session; every unsafe request needs a CSRF
token besides), Path=/ without Domain. Over TLS also Secure and `__Host-`.
"""

from datetime import datetime

from litestar.datastructures import Cookie

from guild.core.settings import Settings
from guild.members.rules.tokens import (
    client_cookie_name,
    link_cookie_name,
    session_cookie_name,
)


def session_cookie(settings: Settings, token: str, *, now: datetime, until: datetime) -> Cookie:
    """The cookie that carries a fresh session id."""
    name = session_cookie_name(secure=settings.secure_cookies)
    return _cookie(settings, name, token, int((until - now).total_seconds()))


def ended_session_cookie(settings: Settings) -> Cookie:
    """The same cookie, empty and over."""
    return _cookie(settings, session_cookie_name(secure=settings.secure_cookies), "", 0)


def link_cookie(settings: Settings, token: str, *, now: datetime, until: datetime) -> Cookie:
    """The cookie of a client who opened a link."""
    name = link_cookie_name(secure=settings.secure_cookies)
    return _cookie(settings, name, token, int((until - now).total_seconds()))


def client_cookie(settings: Settings, token: str, *, now: datetime, until: datetime) -> Cookie:
    """The cookie of a client who opened the link to all; it stands beside that of one thing."""
    name = client_cookie_name(secure=settings.secure_cookies)
    return _cookie(settings, name, token, int((until - now).total_seconds()))


def ended_client_cookies(settings: Settings) -> list[Cookie]:
    """Both cookies of a client, empty and over."""
    secure = settings.secure_cookies
    names = (link_cookie_name(secure=secure), client_cookie_name(secure=secure))
    return [_cookie(settings, name, "", 0) for name in names]


def _cookie(settings: Settings, name: str, value: str, max_age: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path="/",
        max_age=max_age,
        expires=0 if max_age == 0 else None,
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
