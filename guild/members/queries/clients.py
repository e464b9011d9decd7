"""Reads about clients, contacts and bank accounts."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, false, select
from sqlalchemy.orm import aliased

from guild.core.ids import BankAccountId, ContactId, MemberId, OrganisationId
from guild.core.permissions import Permission
from guild.core.wire import Page, decode_cursor, encode_cursor
from guild.core.work import Work
from guild.members.access import (
    bank_account_decidable_by,
    bank_accounts_visible_to,
    contacts_visible_to,
    organisations_visible_to,
)
from guild.members.errors import (
    BankAccountNotFound,
    ContactNotFound,
    LinkNotFound,
    OrganisationNotFound,
)
from guild.members.models import BankAccount, Contact, Member, Organisation
from guild.members.schemas import BankAccountOut, ContactOut, OrganisationOut

WORDS_MAX: Final = 5
"""Words of a search that are looked for; each has to be found."""


async def organisation(work: Work, organisation_id: OrganisationId) -> OrganisationOut:
    """One client with its contacts; raises OrganisationNotFound when absent or another's."""
    row = await work.session.scalar(
        select(Organisation).where(
            Organisation.id == organisation_id, organisations_visible_to(work.actor)
        )
    )
    if row is None:
        raise OrganisationNotFound
    return (await _with_contacts(work, [row]))[0]


async def organisations_page(
    work: Work, *, cursor: str | None, size: int, search: str = ""
) -> Page[OrganisationOut]:
    """One's own clients, newest first; `search` looks in name, city, VAT number and contacts."""
    wanted = select(Organisation).where(organisations_visible_to(work.actor))
    for word in search.split()[:WORDS_MAX]:
        wanted = wanted.where(_speaks_of(word))
    if cursor:
        wanted = wanted.where(Organisation.id < decode_cursor(cursor, tuple[UUID])[0])
    rows = list(await work.session.scalars(wanted.order_by(Organisation.id.desc()).limit(size + 1)))
    more = encode_cursor(rows[size - 1].id) if len(rows) > size else None
    return Page(items=await _with_contacts(work, rows[:size]), next_cursor=more)


def _speaks_of(word: str) -> ColumnElement[bool]:
    contact = select(Contact.organisation_id).where(
        Contact.name.icontains(word, autoescape=True)
        | Contact.email.icontains(word, autoescape=True)
    )
    return (
        Organisation.name.icontains(word, autoescape=True)
        | Organisation.city.icontains(word, autoescape=True)
        | Organisation.vat_number.icontains(word, autoescape=True)
        | Organisation.id.in_(contact)
    )


async def contact_of(work: Work, contact_id: ContactId) -> ContactOut:
    """A contact at one of one's own clients; raises ContactNotFound."""
    row = await work.session.scalar(
        select(Contact).where(Contact.id == contact_id, contacts_visible_to(work.actor))
    )
    if row is None:
        raise ContactNotFound
    return _contact(row)


async def my_bank_accounts(work: Work) -> list[BankAccountOut]:
    """One's own accounts and requests, newest first."""
    return await _accounts(work, BankAccount.member_id == work.actor.member_id)


async def bank_accounts_waiting(work: Work) -> list[BankAccountOut]:
    """What waits for this actor's decision: never her own."""
    return await _accounts(
        work, BankAccount.state == "requested", bank_account_decidable_by(work.actor)
    )


async def bank_account(work: Work, account_id: BankAccountId) -> BankAccountOut:
    """One account, own or (for those who decide) anybody's; raises BankAccountNotFound."""
    found = await _accounts(
        work, BankAccount.id == account_id, bank_accounts_visible_to(work.actor)
    )
    if not found:
        raise BankAccountNotFound
    return found[0]


async def approved_account(work: Work, member_id: MemberId) -> BankAccount | None:
    """The member's approved account, usable already or not."""
    found: BankAccount | None = await work.session.scalar(
        select(BankAccount).where(
            BankAccount.member_id == member_id, BankAccount.state == "approved"
        )
    )
    return found


async def usable_account(work: Work, member_id: MemberId) -> BankAccount | None:
    """The account that may be paid to at this moment: approved, and past its cooling-off."""
    found: BankAccount | None = await work.session.scalar(
        select(BankAccount).where(
            BankAccount.member_id == member_id,
            BankAccount.state == "approved",
            BankAccount.usable_from <= work.now,
        )
    )
    return found


async def _accounts(work: Work, *conditions: ColumnElement[bool]) -> list[BankAccountOut]:
    other = aliased(BankAccount)
    shared: ColumnElement[bool] = (
        exists().where(
            other.iban_index == BankAccount.iban_index, other.member_id != BankAccount.member_id
        )
        if work.actor.may(Permission.MEMBERS_APPROVE_ACCOUNT)
        else false()
    )
    rows = await work.session.execute(
        select(BankAccount, Member.legal_name, shared.label("shared"))
        .join(Member, Member.id == BankAccount.member_id)
        .where(*conditions)
        .order_by(BankAccount.id.desc())
        .limit(100)
    )
    return [_account(row, name, shared=twin) for row, name, twin in rows]


def _account(row: BankAccount, member_name: str, *, shared: bool) -> BankAccountOut:
    return BankAccountOut(
        id=row.id,
        member_id=row.member_id,
        member_name=member_name,
        holder=row.holder,
        iban_country=row.iban_country,
        iban_last4=row.iban_last4,
        bic=row.bic,
        state=row.state,
        requested_at=row.requested_at,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        usable_from=row.usable_from,
        also_used_by_others=shared,
    )


async def _with_contacts(work: Work, rows: Sequence[Organisation]) -> list[OrganisationOut]:
    contacts: defaultdict[Any, list[ContactOut]] = defaultdict(list)
    ids = [row.id for row in rows]
    for contact in await work.session.scalars(
        select(Contact).where(Contact.organisation_id.in_(ids)).order_by(Contact.id)
    ):
        contacts[contact.organisation_id].append(_contact(contact))
    fields = [name for name in OrganisationOut.__struct_fields__ if name != "contacts"]
    return [
        msgspec.convert(
            {**{name: getattr(row, name) for name in fields}, "contacts": contacts[row.id]},
            OrganisationOut,
        )
        for row in rows
    ]


def _contact(row: Contact) -> ContactOut:
    return msgspec.convert(row, ContactOut, from_attributes=True)


async def reader_language(work: Work) -> str:
    """The language of the person behind a client's link; raises LinkNotFound without one."""
    if work.actor.link is None:
        raise LinkNotFound(mend="Open the link exactly as it stands in the mail.")
    return (await work.session.get_one(Contact, work.actor.link.contact_id)).language
