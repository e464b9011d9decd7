"""Passkeys: registered by a member in her account or by a client's contact while signing."""

import asyncio
import base64
import secrets
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, delete, select

from guild.core.ids import PasskeyId, new_id
from guild.core.mail import send_mail
from guild.core.work import Work
from guild.members.access import passkeys_owned_by
from guild.members.commands.limits import PASSWORD_ACCOUNT, count_try, forget_tries
from guild.members.commands.sign_in import hash_turn
from guild.members.errors import PasskeyExpired, PasskeyNotFound, PasskeyRefused, SignInFailed
from guild.members.events import PasskeyRegistered, PasskeyRemoved
from guild.members.models import PASSKEY_LIFECYCLE, Credential, Member, Passkey
from guild.members.queries.passkeys import asked_options, owner_of, party_of, passkeys_of
from guild.members.rules import passwords
from guild.members.rules.passkeys import (
    NotVerified,
    verified_assertion,
    verified_registration,
)
from guild.members.schemas.passkeys import AssertionIn, NewPasskeyIn, PasskeyAskIn

ASKED_FOR: Final = timedelta(minutes=10)
PASSKEYS_MAX: Final = 10


class UsedPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """The key that signed, as evidence keeps it."""

    id: PasskeyId
    credential_id: bytes
    public_key: bytes
    sign_count: int
    synced: bool
    registered_at: str


async def ask_own_passkey(work: Work, data: PasskeyAskIn) -> tuple[Passkey, str]:
    """A signed-in member asks for a passkey; her password once more, for a browser left open.

    Returns the row and the options for the browser. Raises SignInFailed, PasskeyRefused.
    """
    member = await work.session.get_one(Member, work.actor.member_id)
    limited = await count_try(work, (PASSWORD_ACCOUNT, member.email))
    if limited is not None:
        raise work.refuse(limited)
    credential = await work.session.get_one(Credential, member.id)
    async with hash_turn(work):
        right = await asyncio.to_thread(
            passwords.password_matches, credential.password_hash, data.password
        )
    if not right:
        raise work.refuse(SignInFailed("The password is not right.", field="password"))
    await forget_tries(work, PASSWORD_ACCOUNT, member.email)
    return await ask_passkey(work, data.label)


async def ask_passkey(work: Work, label: str) -> tuple[Passkey, str]:
    """Give out a challenge for a new passkey of the actor; an earlier one is worth nothing now.

    A contact must have proved her mailbox before: whoever calls sees to that.
    """
    known = await passkeys_of(work)
    if len(known) >= PASSKEYS_MAX:
        raise PasskeyRefused(f"You have {PASSKEYS_MAX} passkeys.", mend="Remove one first.")
    await work.session.execute(delete(Passkey).where(_mine(work), Passkey.state == "asked"))
    name, _ = await owner_of(work)
    row = Passkey(
        id=PasskeyId(new_id()),
        member_id=work.actor.member_id if work.actor.kind == "member" else None,
        contact_id=work.actor.link.contact_id if work.actor.link else None,
        state=PASSKEY_LIFECYCLE.initial,
        label=label or name,
        challenge=secrets.token_bytes(32),
        asked_at=work.now,
        expires_at=work.now + ASKED_FOR,
        sign_count=0,
        synced=False,
    )
    work.session.add(row)
    await work.session.flush()
    options = await asked_options(work)
    assert options is not None, "it was asked for just now"
    return row, options


async def register_passkey(work: Work, data: NewPasskeyIn) -> Passkey:
    """Keep the key that answers the challenge. Raises PasskeyExpired, PasskeyRefused."""
    row: Passkey | None = await work.session.scalar(
        select(Passkey).where(_mine(work), Passkey.state == "asked").with_for_update()
    )
    if row is None or row.expires_at <= work.now:
        raise PasskeyExpired(mend="Begin again; there is time for ten minutes.")
    try:
        made = verified_registration(
            party_of(work), msgspec.to_builtins(data), challenge=row.challenge
        )
    except NotVerified as wrong:
        raise PasskeyRefused(
            "The passkey could not be verified.", mend="Begin again on this very page.",
            found=str(wrong)[:200],
        ) from wrong  # fmt: skip
    taken = await work.session.scalar(
        select(Passkey.id).where(Passkey.credential_id == made.credential_id)
    )
    if taken is not None:
        raise PasskeyRefused("This passkey is registered already.", mend="Use it, or another one.")
    PASSKEY_LIFECYCLE.move(row, "register")
    row.credential_id, row.public_key = made.credential_id, made.public_key
    row.sign_count, row.synced = made.sign_count, made.synced
    row.registered_at = work.now
    await work.session.flush()
    _, email = await owner_of(work)
    send_mail(
        work, to=email, subject="A passkey was registered for you",
        text=f"It is called “{row.label}”, and signatures can be given with it in your name.\n"
        "If this was not you, answer this mail at once.",
        reason="You get this because a passkey can sign in your name.",
    )  # fmt: skip
    await work.emit(
        PasskeyRegistered(passkey_id=row.id, member_id=row.member_id, contact_id=row.contact_id)
    )
    return row


async def use_passkey(work: Work, data: AssertionIn, challenge: bytes) -> UsedPasskey:
    """The actor's own key that signed this very challenge; raises PasskeyRefused.

    The key's counter is kept: an answer with a counter that does not rise is a copy of a key.
    """
    from_browser = msgspec.to_builtins(data)
    key_id = _decoded(data.raw_id)
    row: Passkey | None = await work.session.scalar(
        select(Passkey)
        .where(
            _mine(work),
            Passkey.state == "active",
            Passkey.credential_id == key_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.public_key is None or row.registered_at is None:
        raise PasskeyRefused("This passkey is not one of yours.", mend="Register it first.")
    try:
        row.sign_count = verified_assertion(
            party_of(work), from_browser, challenge=challenge, public_key=row.public_key,
            sign_count=row.sign_count,
        )  # fmt: skip
    except NotVerified as wrong:
        raise PasskeyRefused(
            "The signature of the passkey does not hold for this document.",
            mend="Begin again from the offer, in this browser, and sign once.",
            found=str(wrong)[:200],
        ) from wrong
    row.last_used_at = work.now
    await work.session.flush()
    return UsedPasskey(
        id=row.id, credential_id=key_id, public_key=row.public_key, sign_count=row.sign_count,
        synced=row.synced, registered_at=row.registered_at.isoformat(timespec="microseconds"),
    )  # fmt: skip


async def remove_passkey(work: Work, passkey_id: PasskeyId) -> None:
    """Sign with it no more; what it signed stays signed. Raises PasskeyNotFound."""
    row: Passkey | None = await work.session.scalar(
        select(Passkey).where(_mine(work), Passkey.id == passkey_id).with_for_update()
    )
    if row is None or row.state == "removed":
        raise PasskeyNotFound
    PASSKEY_LIFECYCLE.move(row, "remove")
    row.removed_at = work.now
    await work.session.flush()
    await work.emit(
        PasskeyRemoved(passkey_id=row.id, member_id=row.member_id, contact_id=row.contact_id)
    )


def _mine(work: Work) -> ColumnElement[bool]:
    return passkeys_owned_by(work.actor)


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise PasskeyRefused("The name of the passkey cannot be read.") from None
