"""Passkeys in one's account, over HTTP. The browser's part is `navigator.credentials`."""

import msgspec

from guild.core.ids import PasskeyId
from guild.core.permissions import Permission
from guild.core.wire import delete, get, post
from guild.core.work import Work
from guild.members import commands, queries
from guild.members.schemas.passkeys import (
    NewPasskeyIn,
    PasskeyAskIn,
    PasskeyOptionsOut,
    PasskeyOut,
)


@get("/me/passkeys", permission=Permission.SELF, tags=["access"], summary="Your passkeys")
async def my_passkeys(work: Work) -> list[PasskeyOut]:
    """With these you sign contracts of a higher value. The secret part never leaves your device."""
    return await queries.passkey_views(work)


@post("/me/passkeys/options", permission=Permission.SELF, tags=["access"], status_code=200,
      summary="Ask for a passkey")  # fmt: skip
async def ask_passkey(work: Work, data: PasskeyAskIn) -> PasskeyOptionsOut:
    """Options for `navigator.credentials.create`, good for ten minutes; needs your password."""
    row, options = await commands.ask_own_passkey(work, data)
    return PasskeyOptionsOut(options=msgspec.json.decode(options), expires_at=row.expires_at)


@post("/me/passkeys", permission=Permission.SELF, tags=["access"], summary="Register a passkey")
async def register_passkey(work: Work, data: NewPasskeyIn) -> PasskeyOut:
    """What `navigator.credentials.create` answered, as its `toJSON()` gives it."""
    return queries.passkey_view(await commands.register_passkey(work, data))


@delete("/me/passkeys/{passkey_id:uuid}", permission=Permission.SELF, tags=["access"],
        summary="Remove a passkey")  # fmt: skip
async def remove_passkey(work: Work, passkey_id: PasskeyId) -> None:
    """Nothing more is signed with it; what it signed stays signed."""
    await commands.remove_passkey(work, passkey_id)


ROUTES = [my_passkeys, ask_passkey, register_passkey, remove_passkey]
