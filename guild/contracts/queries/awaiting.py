"""What of contracts waits for a client's person, over all that she is known as.

The caller has asked `members.queries.known_as` who she is; these reads take only what it answered.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, Select, and_, select

from guild.contracts.access import was_sent_to
from guild.contracts.errors import ContractNotFound
from guild.contracts.models import (
    Contract,
    ContractEnding,
    ContractOffer,
    ContractSigner,
    Delivery,
    Milestone,
    TimeSheet,
)
from guild.core.ids import ContactId, ContractId
from guild.core.money import Money
from guild.core.work import Work
from guild.members.models import Member
from guild.members.queries import KnownAs

AGREED_SHOWN = 100
AGREED = ("signed", "completed", "terminated", "suspended", "void")
AwaitedKind = Literal["offer", "delivery", "time_sheet", "ending"]


class Awaited(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to answer. `what` is the delivery or the month ("2026-11"); amounts are net."""

    kind: AwaitedKind
    contract_id: ContractId
    number: str
    title: str
    what: str
    member_name: str
    answer_by: datetime
    amount: Money


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed file of a contract or of one of its amendments; `sealed` when it is made."""

    contract_id: ContractId
    number: str
    sealed: bool


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """A contract that both sides signed; the amount is net.

    `answers` says that deliveries are hers to answer; `copies` begin with the contract's own.
    """

    contract_id: ContractId
    number: str
    title: str
    member_name: str
    signed_at: datetime
    state: str
    amount: Money
    answers: bool
    copies: list[Copy]


async def agreed_with(work: Work, known: Sequence[KnownAs]) -> list[Agreed]:
    """Her signed contracts, the latest first; amendments are part of what they amend."""
    contacts = {one.contact_id for one in known}
    rows = (
        await work.session.execute(
            select(Contract, Member.display_name)
            .join(Member, Member.id == Contract.member_id)
            .where(
                Contract.state.in_(AGREED), Contract.signed_at.is_not(None),
                Contract.amends_id.is_(None), Contract.erased_at.is_(None),
                was_sent_to(contacts),
            )
            .order_by(Contract.signed_at.desc(), Contract.id.desc())
            .limit(AGREED_SHOWN)
        )
    ).all()  # fmt: skip
    amendments = await _amendments(work, [one.id for one, _ in rows])
    return [
        Agreed(
            contract_id=one.id, number=one.number, title=one.title, member_name=name,
            signed_at=one.signed_at, state=one.state,
            amount=Money(one.net_minor, one.currency), answers=one.contact_id in contacts,
            copies=[_copy(one), *(_copy(more) for more in amendments if more.amends_id == one.id)],
        )
        for one, name in rows
        if one.signed_at is not None
    ]  # fmt: skip


async def _amendments(work: Work, contracts: Sequence[ContractId]) -> list[Contract]:
    """What changes these contracts by the signatures of all."""
    rows = await work.session.scalars(
        select(Contract)
        .where(
            Contract.amends_id.in_(contracts), Contract.state == "applied",
            Contract.erased_at.is_(None),
        )
        .order_by(Contract.id)
    )  # fmt: skip
    return list(rows)


def _copy(row: Contract) -> Copy:
    return Copy(contract_id=row.id, number=row.number, sealed=row.sealed_document_id is not None)


async def awaited_by(work: Work, known: Sequence[KnownAs]) -> list[Awaited]:
    """Offers to sign, deliveries, months and closing statements to answer, the soonest first."""
    found = [
        *await _offers(work, known), *await _deliveries(work, known),
        *await _sheets(work, known), *await _endings(work, known),
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.answer_by, one.number, one.what))


async def contract_to_answer(
    work: Work, known: Sequence[KnownAs], contract_id: ContractId
) -> ContactId:
    """As which contact she answers deliveries of the contract; raises ContractNotFound."""
    contact_id: ContactId | None = await work.session.scalar(
        select(Contract.contact_id).where(
            Contract.id == contract_id, Contract.signed_at.is_not(None), *_theirs(known)
        )
    )
    if contact_id is None:
        raise ContractNotFound
    return contact_id


def _theirs(known: Sequence[KnownAs]) -> tuple[ColumnElement[bool], ...]:
    """Contracts whose deliveries she answers."""
    return (
        Contract.client_id.in_([one.client_id for one in known]),
        Contract.contact_id.in_([one.contact_id for one in known]),
        Contract.erased_at.is_(None),
    )


async def _offers(work: Work, known: Sequence[KnownAs]) -> list[Awaited]:
    rows = await work.session.execute(
        select(Contract, Member.display_name, ContractOffer.answer_by)
        .join(Member, Member.id == Contract.member_id)
        .join(
            ContractSigner,
            and_(
                ContractSigner.contract_id == Contract.id,
                ContractSigner.version == Contract.version,
            ),
        )
        .join(
            ContractOffer,
            and_(
                ContractOffer.contract_id == Contract.id,
                ContractOffer.version == Contract.version,
            ),
        )
        .where(
            Contract.client_id.in_([one.client_id for one in known]),
            Contract.state == "sent",
            ContractSigner.contact_id.in_([one.contact_id for one in known]),
            ContractSigner.state == "asked",
        )
    )
    return [_awaited("offer", row, "", name, by, row.net_minor) for row, name, by in rows]


async def _deliveries(work: Work, known: Sequence[KnownAs]) -> list[Awaited]:
    rows = await work.session.execute(
        _contracts(known)
        .add_columns(Delivery.answer_by, Milestone.title, Milestone.net_minor)
        .join(Delivery, Delivery.contract_id == Contract.id)
        .join(Milestone, Milestone.id == Delivery.milestone_id)
        .where(Delivery.answer.is_(None), Milestone.state == "delivered")
    )
    return [
        _awaited("delivery", row, title, name, by, minor) for row, name, by, title, minor in rows
    ]


async def _sheets(work: Work, known: Sequence[KnownAs]) -> list[Awaited]:
    rows = await work.session.execute(
        _contracts(known)
        .add_columns(TimeSheet)
        .join(TimeSheet, TimeSheet.contract_id == Contract.id)
        .where(TimeSheet.state == "submitted")
    )
    return [
        _awaited(
            "time_sheet", row, f"{sheet.month:%Y-%m}", name, sheet.answer_by,
            sheet.time_minor + sheet.costs_minor,
        )
        for row, name, sheet in rows
    ]  # fmt: skip


async def _endings(work: Work, known: Sequence[KnownAs]) -> list[Awaited]:
    rows = await work.session.execute(
        _contracts(known)
        .add_columns(ContractEnding)
        .join(ContractEnding, ContractEnding.contract_id == Contract.id)
        .where(ContractEnding.state == "proposed")
    )
    return [
        _awaited(
            "ending", row, "", name, one.answer_by,
            one.accepted_minor + one.kill_fee_minor,
        )
        for row, name, one in rows
    ]  # fmt: skip


def _contracts(known: Sequence[KnownAs]) -> Select[Contract, str]:
    return (
        select(Contract, Member.display_name)
        .join(Member, Member.id == Contract.member_id)
        .where(Contract.state != "suspended", *_theirs(known))
    )


def _awaited(
    kind: AwaitedKind, row: Contract, what: str, member_name: str, answer_by: datetime, minor: int
) -> Awaited:
    return Awaited(
        kind=kind, contract_id=row.id, number=row.number, title=row.title, what=what,
        member_name=member_name, answer_by=answer_by, amount=Money(minor, row.currency),
    )  # fmt: skip
