"""A person's own passkeys, and what a browser is asked to make or sign with them."""

from sqlalchemy import select

from guild.core.work import Work
from guild.members.access import passkeys_owned_by
from guild.members.models import Contact, Member, Passkey
from guild.members.rules.passkeys import (
    RelyingParty,
    assertion_options,
    registration_options,
    relying_party,
)
from guild.members.schemas.passkeys import PasskeyOut


def party_of(work: Work) -> RelyingParty:
    """For whom keys are made here."""
    return relying_party(work.settings.base_url, work.settings.coop.name)


async def passkeys_of(work: Work) -> list[Passkey]:
    """The actor's keys in use, oldest first."""
    rows = await work.session.scalars(
        select(Passkey)
        .where(passkeys_owned_by(work.actor), Passkey.state == "active")
        .order_by(Passkey.id)
    )
    return list(rows)


async def asked_passkey(work: Work) -> Passkey | None:
    """The passkey that the actor has asked for and may still make."""
    found: Passkey | None = await work.session.scalar(
        select(Passkey).where(
            passkeys_owned_by(work.actor), Passkey.state == "asked", Passkey.expires_at > work.now
        )
    )
    return found


async def asked_options(work: Work) -> str | None:
    """Options for the browser to make the passkey that was asked for."""
    row = await asked_passkey(work)
    if row is None:
        return None
    owner = row.member_id or row.contact_id
    assert owner is not None, "a passkey has one owner"
    _, email = await owner_of(work)
    known = [one.credential_id for one in await passkeys_of(work) if one.credential_id]
    return registration_options(
        party_of(work), challenge=row.challenge, user_id=owner.bytes, user_name=email, known=known
    )


async def sign_options(work: Work, challenge: bytes) -> str | None:
    """Options for the browser to sign this challenge with one of the actor's keys, if any."""
    known = [one.credential_id for one in await passkeys_of(work) if one.credential_id]
    return assertion_options(party_of(work), challenge=challenge, known=known) if known else None


async def owner_of(work: Work) -> tuple[str, str]:
    """Name and address of the person that the actor is."""
    if work.actor.kind == "member":
        member = await work.session.get_one(Member, work.actor.member_id)
        return member.display_name, member.email
    assert work.actor.link is not None, "only members and contacts have passkeys"
    contact = await work.session.get_one(Contact, work.actor.link.contact_id)
    return contact.name, contact.email


async def passkey_views(work: Work) -> list[PasskeyOut]:
    """The actor's keys in use, oldest first."""
    return [passkey_view(row) for row in await passkeys_of(work)]


def passkey_view(row: Passkey) -> PasskeyOut:
    """A key on the wire."""
    assert row.registered_at is not None, "a key in use was registered"
    return PasskeyOut(
        id=row.id, label=row.label, synced=row.synced, registered_at=row.registered_at,
        last_used_at=row.last_used_at,
    )  # fmt: skip
