"""A lost password: a token to the known address, one hour, once; then a new password.

The answer is the same for known and unknown addresses. Setting the password signs the member out
everywhere, ends her API keys and does not sign her in: whoever reads her mail still has to use the
front door.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from guild.core.mail import send_mail
from guild.core.work import Work
from guild.members.commands.keys import revoke_keys_of
from guild.members.commands.limits import (
    LINK_ADDRESS,
    RESET_ACCOUNT,
    RESET_ADDRESS,
    count_try,
)
from guild.members.commands.sign_in import end_sessions_of, hash_password, hash_turn
from guild.members.errors import LinkNotFound
from guild.members.events import PasswordChanged
from guild.members.models import Credential, Member, PasswordReset
from guild.members.models.people import ACTIVE_STATES
from guild.members.rules.passwords import check_password
from guild.members.rules.tokens import new_token, token_hash

RESET_LIFE: Final = timedelta(hours=1)


async def ask_new_password(work: Work, email: str) -> None:
    """Mail a token to an active member; for anybody else nothing happens, and nothing is said.

    Raises TooManyTries after three asks per account or ten per network address within an hour.
    """
    account = email.strip().lower()
    limited = await count_try(
        work, (RESET_ACCOUNT, account), (RESET_ADDRESS, work.network.get("address", ""))
    )
    if limited is not None:
        raise work.refuse(limited)
    member = await work.session.scalar(
        select(Member).where(Member.email == account, Member.state.in_(ACTIVE_STATES))
    )
    if member is None:
        return
    token = new_token()
    await _forget(work, member)
    work.session.add(
        PasswordReset(
            token_hash=token_hash(token),
            member_id=member.id,
            created_at=work.now,
            expires_at=work.now + RESET_LIFE,
        )
    )
    await work.session.flush()
    send_mail(
        work,
        to=member.email,
        subject="Set a new password",
        text="Somebody, probably you, asked for a new password. This link works once, for an "
        f"hour:\n\n{work.settings.base_url}/new-password/{token}\n\n"
        "If it was not you, do nothing: your password stays as it is.",
        reason="You get this because somebody entered your address on our sign-in page.",
        lang=member.language,
    )


async def set_new_password(work: Work, token: str, password: str) -> None:
    """Use the token up and set the password; all sessions and API keys end.

    Unknown, used and expired tokens raise the same LinkNotFound; PasswordTooWeak leaves the token
    usable. Raises TooManyTries.
    """
    async with hash_turn(work):
        limited = await count_try(work, (LINK_ADDRESS, work.network.get("address", "")))
        if limited is not None:
            raise work.refuse(limited)
        member = await work.session.scalar(
            select(Member)
            .join(PasswordReset, PasswordReset.member_id == Member.id)
            .where(
                PasswordReset.token_hash == token_hash(token),
                PasswordReset.expires_at > work.now,
                Member.state.in_(ACTIVE_STATES),
            )
            .with_for_update()
        )
        if member is None:
            raise work.refuse(
                LinkNotFound(
                    "It was used already, or it is too old.", mend="Ask for a new one; it is quick."
                )
            )
        check_password(password, member.email, member.legal_name, member.display_name)
        credential = await work.session.get_one(Credential, member.id, with_for_update=True)
        credential.password_hash = await hash_password(password)
    credential.changed_at = work.now
    await _forget(work, member)
    await end_sessions_of(work, member.id)
    await revoke_keys_of(work, member.id)
    send_mail(
        work,
        to=member.email,
        subject="Your password was changed",
        text="A new password was set by mail just now. All browsers were signed out, and API keys "
        "no longer work: make new ones if you need them.\n"
        "If this was not you, write to the office at once.",
        reason="You get this because the password of your account was changed.",
        lang=member.language,
    )
    await work.emit(PasswordChanged(member_id=member.id))


async def sweep_resets(work: Work) -> None:
    """Drop tokens that are over."""
    await work.session.execute(delete(PasswordReset).where(PasswordReset.expires_at <= work.now))


async def _forget(work: Work, member: Member) -> None:
    await work.session.execute(delete(PasswordReset).where(PasswordReset.member_id == member.id))
