"""API keys: made by a member for her programs, shown once, narrowed by scopes, revocable."""

from msgspec import Struct
from sqlalchemy import func, select, update

from guild.core.ids import ApiKeyId, MemberId, new_id
from guild.core.mail import send_mail
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.members.errors import ApiKeyNotFound, ScopeNotAllowed
from guild.members.events import ApiKeyIssued, ApiKeyRevoked
from guild.members.models import ApiKey, Member
from guild.members.rules.powers import KEY_SCOPES
from guild.members.rules.tokens import PREFIX_LENGTH, new_api_key, token_hash
from guild.members.schemas import ApiKeyIn

KEYS_MAX = 20


class MadeKey(Struct, frozen=True):
    """The row, and the key that is shown this once."""

    row: ApiKey
    secret: str


async def make_api_key(work: Work, wanted: ApiKeyIn) -> MadeKey:
    """Make a key with some of one's own rights; raises ScopeNotAllowed.

    A key never carries rights that need a person: approving, admitting, judging, managing keys.
    """
    work.require(Permission.API_KEYS_MANAGE)
    for scope in sorted(wanted.scopes):
        if scope not in KEY_SCOPES:
            raise ScopeNotAllowed(f"“{scope}” needs a person at a page.", field="scopes")
        if not work.actor.may(scope):
            raise ScopeNotAllowed(f"You do not have the right “{scope}” yourself.", field="scopes")
    if wanted.expires_at is not None and wanted.expires_at <= work.now:
        raise ScopeNotAllowed("The key would be over before it begins.", field="expires_at")
    alive = await work.session.scalar(
        select(func.count())
        .select_from(ApiKey)
        .where(ApiKey.member_id == work.actor.member_id, ApiKey.revoked_at.is_(None))
    )
    if (alive or 0) >= KEYS_MAX:
        raise ScopeNotAllowed(f"You have {KEYS_MAX} keys.", mend="Revoke one that is not used.")
    secret = new_api_key()
    row = ApiKey(
        id=ApiKeyId(new_id()),
        member_id=work.actor.member_id,
        name=wanted.name,
        prefix=secret[:PREFIX_LENGTH],
        key_hash=token_hash(secret),
        scopes=sorted(wanted.scopes),
        created_at=work.now,
        expires_at=wanted.expires_at,
    )
    work.session.add(row)
    await work.session.flush()
    member = await work.session.get_one(Member, work.actor.member_id)
    send_mail(
        work,
        to=member.email,
        subject="An API key was made for your account",
        text=f"Its name is “{wanted.name}”, and it may: {', '.join(row.scopes)}.\n"
        "If this was not you, revoke it and change your password.",
        reason="You get this because a key can act in your name.",
        lang=member.language,
    )
    await work.emit(ApiKeyIssued(member_id=row.member_id, api_key_id=row.id))
    return MadeKey(row, secret)


async def revoke_api_key(work: Work, key_id: ApiKeyId) -> None:
    """Withdraw one's own key, at once and for good; raises ApiKeyNotFound."""
    work.require(Permission.API_KEYS_MANAGE)
    row = await work.session.scalar(
        select(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.member_id == work.actor.member_id)
        .with_for_update()
    )
    if row is None:
        raise ApiKeyNotFound
    if row.revoked_at is None:
        row.revoked_at = work.now
        await work.emit(ApiKeyRevoked(member_id=row.member_id, api_key_id=row.id))


async def revoke_keys_of(work: Work, member_id: MemberId) -> None:
    """End all keys of a member: with her membership, and when she had to set a new password, since
    whoever knew the old one could have made a key.
    """
    await work.session.execute(
        update(ApiKey)
        .where(ApiKey.member_id == member_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=work.now)
    )
