"""Passkeys in one's account. The browser makes a key only by a script; without one this is said."""

from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.errors import GuildError
from guild.core.ids import PasskeyId
from guild.core.pages import SCRIPTED, page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.errors import PasskeyRefused
from guild.members.pages.forms import FORM, Form, answer_refused, faults_of, read_form, status_of
from guild.members.schemas.passkeys import NewPasskeyIn, PasskeyAskIn

CREDENTIAL_MAX = 60_000


@get("/me/passkeys", permission=Permission.SELF, include_in_schema=False)
async def passkeys_page(work: Work) -> Response[str]:
    """One's passkeys, and the form to make one."""
    return await _page(work)


@post("/me/passkeys/ask", permission=Permission.SELF, **FORM)
async def ask(work: Work, data: Form) -> Response[Any]:
    """The password holds: show the button that makes the key."""
    try:
        entered = read_form(data, PasskeyAskIn, "label", "password")
        _, options = await commands.ask_own_passkey(work, entered)
    except (GuildError, msgspec.ValidationError) as refusal:
        return answer_refused(work, refusal, await _page(work, refusal=refusal, entered=data))
    return await _page(work, options=options)


@post("/me/passkeys", permission=Permission.SELF, **FORM)
async def register(work: Work, data: Form) -> Response[Any]:
    """Keep the key that the browser made."""
    try:
        await commands.register_passkey(work, read_credential(data, NewPasskeyIn))
    except GuildError as refusal:
        return answer_refused(work, refusal, await _page(work, refusal=refusal))
    return Redirect("/me/passkeys", status_code=303)


@post("/me/passkeys/{passkey_id:uuid}/remove", permission=Permission.SELF, **FORM)
async def remove(work: Work, passkey_id: PasskeyId) -> Response[Any]:
    """Remove a key."""
    await commands.remove_passkey(work, passkey_id)
    return Redirect("/me/passkeys", status_code=303)


def read_credential(data: dict[str, Any], shape: type[NewPasskeyIn]) -> NewPasskeyIn:
    """What the script put into the form; raises PasskeyRefused for an empty or strange field."""
    text = data.get("credential", "")
    if not isinstance(text, str) or not text or len(text) > CREDENTIAL_MAX:
        raise PasskeyRefused(
            "The browser handed over no passkey.",
            mend="Passkeys need JavaScript and a device that has them. Allow it for this site.",
        )
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.DecodeError, UnicodeError):
        raise PasskeyRefused("What the browser handed over cannot be read.") from None


async def _page(
    work: Work,
    *,
    refusal: Exception | None = None,
    entered: dict[str, Any] | None = None,
    options: str = "",
) -> Response[str]:
    me = await queries.me(work)
    made = page(
        work, "members/passkeys.html", status=status_of(refusal), section="/me", lang=me.language,
        keys=await queries.passkey_views(work), errors=faults_of(refusal), entered=entered or {},
        options=options,
    )  # fmt: skip
    made.headers.update(SCRIPTED)
    return made


PAGES = [passkeys_page, ask, register, remove]
