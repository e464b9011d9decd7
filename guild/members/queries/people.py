"""Reads about members, their offices and keys, and the export of everything about oneself."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select

from guild.core.ids import MemberId
from guild.core.permissions import Permission, Role
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.members.access import members_visible_to
from guild.members.errors import MemberNotFound, RoleGrantNotFound
from guild.members.models import (
    ApiKey,
    BankAccount,
    Contact,
    Member,
    MemberDetailChange,
    MemberNumberChange,
    MemberRole,
    MemberStep,
    Organisation,
    Passkey,
    RoleGrant,
    WebSession,
)
from guild.members.queries.numbers import my_numbers_waiting
from guild.members.schemas import ApiKeyOut, MemberOut, MeOut, RoleGrantOut


async def me(work: Work) -> MeOut:
    """The signed-in member with the roles and rights that count now."""
    row = await work.session.get_one(Member, work.actor.member_id)
    return MeOut(
        id=row.id,
        email=row.email,
        legal_name=row.legal_name,
        display_name=row.display_name,
        country=row.country,
        language=row.language,
        state=row.state,
        joined_on=row.joined_on,
        vat_number=row.vat_number,
        vat_exempt=row.vat_exempt,
        enterprise_number=row.enterprise_number,
        street=row.street,
        postcode=row.postcode,
        city=row.city,
        numbers_waiting=await my_numbers_waiting(work, row.id),
        roles=sorted(work.actor.roles),
        permissions=sorted(work.actor.permissions),
    )


async def member(work: Work, member_id: MemberId) -> MemberOut:
    """One entry of the register; raises MemberNotFound when absent or not visible."""
    row = await work.session.scalar(
        select(Member).where(Member.id == member_id, members_visible_to(work.actor))
    )
    if row is None:
        raise MemberNotFound
    return _out(row)


async def members_page(
    work: Work, *, state: str | None, cursor: str | None, size: int
) -> Page[MemberOut]:
    """The register, newest first."""
    wanted = select(Member).where(members_visible_to(work.actor))
    if state is not None:
        wanted = wanted.where(Member.state == state)
    if cursor:
        wanted = wanted.where(Member.id < decode_cursor(cursor, tuple[UUID])[0])
    rows = list(await work.session.scalars(wanted.order_by(Member.id.desc()).limit(size + 1)))
    more = encode_cursor(rows[size - 1].id) if len(rows) > size else None
    return Page(items=[_out(row) for row in rows[:size]], next_cursor=more)


async def active_members(work: Work, role: Role | None = None) -> list[MemberId]:
    """Ids of active members, or of those who hold an office now: for juries and notices."""
    wanted = select(Member.id).where(Member.state == "member")
    if role is not None and role is not Role.MEMBER:
        wanted = wanted.join(MemberRole, MemberRole.member_id == Member.id).where(
            MemberRole.role == role,
            MemberRole.ended_at.is_(None),
            or_(MemberRole.expires_at.is_(None), MemberRole.expires_at > work.now),
        )
    return list(await work.session.scalars(wanted.order_by(Member.id)))


async def role_grant(work: Work, grant_id: UUID) -> RoleGrantOut:
    """One request for an office; raises RoleGrantNotFound."""
    row = await work.session.get(RoleGrant, grant_id)
    if row is None:
        raise RoleGrantNotFound
    return _grant(row)


async def open_role_grants(work: Work) -> list[RoleGrantOut]:
    """Requests that wait for a second person, oldest first."""
    rows = await work.session.scalars(
        select(RoleGrant).where(RoleGrant.state == "requested").order_by(RoleGrant.id).limit(100)
    )
    return [_grant(row) for row in rows]


async def names_of(work: Work, ids: Iterable[MemberId]) -> dict[MemberId, str]:
    """What members are called in full, for those who keep the register."""
    work.require(Permission.MEMBERS_READ)
    rows = await work.session.execute(
        select(Member.id, Member.legal_name).where(Member.id.in_(list(ids)))
    )
    return {row.id: row.legal_name for row in rows}


async def api_keys(work: Work) -> list[ApiKeyOut]:
    """One's own keys, newest first, revoked ones too."""
    rows = await work.session.scalars(
        select(ApiKey)
        .where(ApiKey.member_id == work.actor.member_id)
        .order_by(ApiKey.id.desc())
        .limit(100)
    )
    return [msgspec.convert(row, ApiKeyOut, from_attributes=True) for row in rows]


async def personal_data(work: Work) -> dict[str, Any]:
    """Everything that this part of the house knows about the signed-in member, IBANs in clear.

    Regulation (EU) 2016/679, articles 15 and 20. Hashes of secrets are left out: they are not
    about her, and of no use elsewhere.
    """
    member_id = work.actor.member_id
    row = await work.session.get_one(Member, member_id)

    async def every(model: Any, *condition: Any) -> list[dict[str, Any]]:
        found = await work.session.scalars(select(model).where(*condition).limit(10_000))
        return [_plain(entry) for entry in found]

    clients = select(Organisation.id).where(Organisation.created_by == member_id)
    accounts = await work.session.scalars(
        select(BankAccount).where(BankAccount.member_id == member_id)
    )
    return {
        "exported_at": work.now,
        "member": _plain(row),
        "steps": await every(MemberStep, MemberStep.member_id == member_id),
        "detail_changes": await every(
            MemberDetailChange, MemberDetailChange.member_id == member_id
        ),
        "number_changes": await every(
            MemberNumberChange, MemberNumberChange.member_id == member_id
        ),
        "offices": await every(MemberRole, MemberRole.member_id == member_id),
        "office_requests": await every(RoleGrant, RoleGrant.member_id == member_id),
        "clients": await every(Organisation, Organisation.created_by == member_id),
        "contacts": await every(Contact, Contact.organisation_id.in_(clients)),
        "bank_accounts": [{**_plain(a), "iban": a.iban(work.keyring)} for a in accounts],
        "passkeys": await every(Passkey, Passkey.member_id == member_id),
        "api_keys": await every(ApiKey, ApiKey.member_id == member_id),
        "sessions": await every(WebSession, WebSession.member_id == member_id),
    }


def _plain(row: Any) -> dict[str, Any]:
    return {
        column.key: getattr(row, column.key)
        for column in row.__mapper__.column_attrs
        if not isinstance(getattr(row, column.key), bytes)
    }


def _out(row: Member) -> MemberOut:
    return msgspec.convert(row, MemberOut, from_attributes=True)


def _grant(row: RoleGrant) -> RoleGrantOut:
    return msgspec.convert(row, RoleGrantOut, from_attributes=True)
