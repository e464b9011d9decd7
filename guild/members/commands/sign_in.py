"""Signing in and out, changing the password, and ending sessions.

Session ids are only ever our own: an id that we did not issue is never adopted, and each sign-in
and change of password or office begins a new session. An unknown address, a wrong password and an
ended membership take the same time and get the same answer.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import delete, select

from guild.core.errors import Unavailable
from guild.core.ids import MemberId
from guild.core.mail import send_mail
from guild.core.work import Work
from guild.members.commands.limits import (
    PASSWORD_ACCOUNT,
    SIGN_IN_ACCOUNT,
    SIGN_IN_ADDRESS,
    SIGN_IN_ANYWHERE,
    count_try,
    forget_tries,
    forgive_try,
)
from guild.members.errors import SignInFailed
from guild.members.events import PasswordChanged, SignedIn
from guild.members.models import Credential, Member, WebSession
from guild.members.models.people import ACTIVE_STATES
from guild.members.rules import passwords
from guild.members.rules.tokens import TOKEN_LENGTH_MAX, new_token, token_hash

SESSION_LIFE: Final = timedelta(hours=12)
"""A working day, from sign-in on; not lengthened by use."""
HASHES_AT_ONCE: Final = 2
HASHES_WAITING_MAX: Final = 50


class _HashGate:
    """Lets a few slow hashes run at once and bounds the queue before it."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(HASHES_AT_ONCE)
        self._waiting = 0

    async def __aenter__(self) -> None:
        if self._waiting >= HASHES_WAITING_MAX:
            raise Unavailable("Too many people are signing in.", mend="Try again in a minute.")
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._turns.release()


class NewSession(Struct, frozen=True, kw_only=True):
    """The raw id goes into the cookie and nowhere else."""

    token: str
    member_id: MemberId
    display_name: str
    expires_at: datetime


def hash_turn(work: Work) -> _HashGate:
    """The queue for hashing; enter it around whatever hashes.

    Strangers' requests take their turn before their first statement, so that waiting holds no
    database connection.
    """
    return work.system.resource("members.hash_gate", _HashGate)


async def hash_password(password: str) -> str:
    """Hash a new password off the event loop; the caller has its turn."""
    return await asyncio.to_thread(passwords.hash_password, password)


async def sign_in(
    work: Work, *, email: str, password: str, former_token: str | None = None
) -> NewSession:
    """A new session for the right address and password; the browser's former one ends.

    Raises SignInFailed, or TooManyTries after five wrong tries per account from one network
    address, twenty per address, or a hundred per account from anywhere, within fifteen minutes.
    Tries are counted even when refused.
    """
    account, address = email.strip().lower(), work.network.get("address", "")
    here = f"{account} {address}"
    async with hash_turn(work):
        limited = await count_try(
            work,
            (SIGN_IN_ACCOUNT, here),
            (SIGN_IN_ADDRESS, address),
            (SIGN_IN_ANYWHERE, account),
        )
        if limited is not None:
            raise work.refuse(limited)
        found = (
            await work.session.execute(
                select(Member, Credential)
                .join(Credential, Credential.member_id == Member.id)
                .where(Member.email == account, Member.state.in_(ACTIVE_STATES))
            )
        ).one_or_none()
        stored = found[1].password_hash if found else passwords.dummy_hash()
        right = await asyncio.to_thread(passwords.password_matches, stored, password)
        if found is None or not right:
            raise work.refuse(SignInFailed("This address and password do not belong together."))
        member, credential = found
        if passwords.needs_new_hash(stored):
            credential.password_hash = await hash_password(password)
    await forget_tries(work, SIGN_IN_ACCOUNT, here)
    await forgive_try(work, SIGN_IN_ADDRESS, address)
    await forgive_try(work, SIGN_IN_ANYWHERE, account)
    await end_session(work, former_token)
    session = await _begin_session(work, member)
    await work.emit(SignedIn(member_id=member.id))
    return session


async def sign_out(work: Work, token: str | None) -> None:
    """End this browser's session, if there is one."""
    await end_session(work, token)


async def change_password(work: Work, *, current: str, new: str) -> NewSession:
    """Set another password, end all sessions, and begin one new session for this browser."""
    member = await work.session.get_one(Member, work.actor.member_id)
    limited = await count_try(work, (PASSWORD_ACCOUNT, member.email))
    if limited is not None:
        raise work.refuse(limited)
    credential = await work.session.get_one(Credential, member.id, with_for_update=True)
    async with hash_turn(work):
        right = await asyncio.to_thread(
            passwords.password_matches, credential.password_hash, current
        )
        if not right:
            raise work.refuse(SignInFailed("The current password is not right.", field="current"))
        passwords.check_password(new, member.email, member.legal_name, member.display_name)
        credential.password_hash = await hash_password(new)
    credential.changed_at = work.now
    await forget_tries(work, PASSWORD_ACCOUNT, member.email)
    await end_sessions_of(work, member.id)
    send_mail(
        work,
        to=member.email,
        subject="Your password was changed",
        text="Your password was changed just now, and all other browsers were signed out.\n"
        "If this was not you, write to the office at once.",
        reason="You get this because the password of your account was changed.",
        lang=member.language,
    )
    await work.emit(PasswordChanged(member_id=member.id))
    return await _begin_session(work, member)


async def set_password(work: Work, member: Member, password: str) -> None:
    """Give a new account its first password, in the caller's turn; raises PasswordTooWeak."""
    passwords.check_password(password, member.email, member.legal_name, member.display_name)
    hashed = await hash_password(password)
    work.session.add(Credential(member_id=member.id, password_hash=hashed, changed_at=work.now))


async def end_session(work: Work, token: str | None) -> None:
    """Delete the session behind a raw id; an id that is not ours changes nothing."""
    if token and len(token) <= TOKEN_LENGTH_MAX:
        await work.session.execute(
            delete(WebSession).where(WebSession.id_hash == token_hash(token))
        )


async def end_sessions_of(work: Work, member_id: MemberId) -> None:
    """Sign a member out everywhere: at each change of what she may do, and when she leaves."""
    await work.session.execute(delete(WebSession).where(WebSession.member_id == member_id))


async def sweep_sessions(work: Work) -> None:
    """Drop sessions that are over."""
    await work.session.execute(delete(WebSession).where(WebSession.expires_at <= work.now))


async def _begin_session(work: Work, member: Member) -> NewSession:
    token = new_token()
    expires_at = work.now + SESSION_LIFE
    work.session.add(
        WebSession(
            id_hash=token_hash(token),
            member_id=member.id,
            created_at=work.now,
            last_seen=work.now,
            expires_at=expires_at,
        )
    )
    await work.session.flush()
    return NewSession(
        token=token, member_id=member.id, display_name=member.display_name, expires_at=expires_at
    )
