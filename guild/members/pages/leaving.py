"""A client closes her pages, so that nobody after her at the same computer opens them.

The button stands at the top of every page of hers, and needs no script.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response
from litestar.response import Redirect

from guild.core.pages import TONGUES, browser_language, page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands
from guild.members.pages.forms import NO_STORE, Form, text_of
from guild.members.rules.tokens import TOKEN_LENGTH_MAX, client_cookie_name, link_cookie_name
from guild.members.schemas.cookies import ended_client_cookies

WORDS: Final = Path(__file__).parent.parent / "templates" / "closed.json"
STEP: Final[dict[str, Any]] = {"include_in_schema": False, "status_code": 303}


@cache
def _words() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return read


async def _close(work: Work, request: Request[Any, Any, Any], language: str) -> Redirect:
    secure = work.settings.secure_cookies
    held = [
        request.cookies.get(name, "")
        for name in (link_cookie_name(secure=secure), client_cookie_name(secure=secure))
    ]
    await commands.close_browser(work, [one for one in held if 0 < len(one) <= TOKEN_LENGTH_MAX])
    to = f"/closed?language={language}" if language in TONGUES else "/closed"
    cookies = ended_client_cookies(work.settings)
    # The browser forgets the pages it has kept, so that its way back shows none of them.
    forgotten = {**NO_STORE, "Clear-Site-Data": '"cache"'}
    return Redirect(to, status_code=303, cookies=cookies, headers=forgotten)


@post("/close", permission=Permission.LINK, **STEP)
async def close_one(work: Work, data: Form, request: Request[Any, Any, Any]) -> Redirect:
    """Close what a link opened in this browser, and all else that links opened in it."""
    return await _close(work, request, text_of(data, "language"))


@post("/client/close", permission=Permission.LINK, everything=True, **STEP)
async def close_all(work: Work, data: Form, request: Request[Any, Any, Any]) -> Redirect:
    """The same from the page of all that was sent to a client."""
    return await _close(work, request, text_of(data, "language"))


@get("/closed", permission=Permission.PUBLIC, include_in_schema=False)
async def closed_page(
    work: Work, request: Request[Any, Any, Any], language: str = ""
) -> Response[str]:
    """What stands there afterwards: nothing is open, and how to come back."""
    lang = language if language in TONGUES else browser_language(request)
    return page(work, "members/closed.html", lang=lang, t=_words()[lang])


PAGES: Final = [close_one, close_all, closed_page]
