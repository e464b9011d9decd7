"""A client chooses the language of her pages and mails, at the top of every page of hers."""

from typing import Any, Final

from litestar.response import Redirect

from guild.core.errors import Invalid
from guild.core.pages import TONGUES
from guild.core.permissions import Permission
from guild.core.wire import post
from guild.core.work import Work
from guild.members import commands
from guild.members.pages.forms import NO_STORE, Form, local_path, text_of

STEP: Final[dict[str, Any]] = {"include_in_schema": False, "status_code": 303}


async def _choose(work: Work, data: dict[str, Any], to: str) -> Redirect:
    language = text_of(data, "language")
    if language not in TONGUES:
        raise Invalid("That is none of our languages.", field="language", mend="Choose another.")
    await commands.choose_language(work, language)
    return Redirect(local_path(to), status_code=303, headers=NO_STORE)


@post("/language", permission=Permission.LINK, **STEP)
async def choose_here(work: Work, data: Form, to: str = "") -> Redirect:
    """Whoever has a link to one thing chooses a language, and comes back to the page."""
    return await _choose(work, data, to)


@post("/client/language", permission=Permission.LINK, everything=True, **STEP)
async def choose_for_all(work: Work, data: Form, to: str = "") -> Redirect:
    """The same on the page of all that was sent to a client."""
    return await _choose(work, data, to)


PAGES: Final = [choose_here, choose_for_all]
