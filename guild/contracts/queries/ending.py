"""What is owed when a contract ends early: reckoned before anybody confirms, stated after."""

from typing import Literal

import msgspec
from sqlalchemy import select

from guild.contracts.access import DELIVERY_LINK
from guild.contracts.models import Contract, ContractEnding, Milestone
from guild.contracts.queries.views import contract_row, linked_row
from guild.contracts.rules.canonical import canonical, sha256
from guild.contracts.schemas.ending import EndingOut
from guild.core.ids import ContractId
from guild.core.money import Money, share_bps
from guild.core.work import Work

CLIENT_STOPS = frozenset({"not_needed"})
"""Reasons of a member that mean that the client wanted no more."""


LEFT = ("planned", "changes_requested")
"""States of a milestone that is still to be delivered."""


class Reckoned(msgspec.Struct, frozen=True, kw_only=True):
    """Sums in minor units of the contract's currency, net, and their fingerprint."""

    accepted_minor: int
    delivered_minor: int
    not_begun_minor: int
    kill_fee_bps: int
    kill_fee_minor: int
    sha256: str


async def standing(work: Work, contract: Contract) -> str:
    """Whether there is anything to end: `tried` when there is.

    `delivered` when all work is delivered and waits for its answers: the contract completes by
    them. Otherwise what the contract is already, such as `completed`.
    """
    if contract.state != "signed":
        return contract.state
    left = await work.session.scalar(
        select(Milestone.id)
        .where(Milestone.contract_id == contract.id, Milestone.state.in_(LEFT))
        .limit(1)
    )
    return "delivered" if left is None else "tried"


async def reckon(
    work: Work, contract: Contract, *, by: Literal["member", "client"], reason: str
) -> Reckoned:
    """Accepted work is owed; of work not begun the kill fee, when it is the client that stops."""
    rows = (
        await work.session.scalars(select(Milestone).where(Milestone.contract_id == contract.id))
    ).all()

    def total(*states: str) -> int:
        return sum(row.payable_minor for row in rows if row.state in states)

    owed = by == "client" or reason in CLIENT_STOPS
    bps = contract.kill_fee_bps if owed else 0
    not_begun = sum(
        row.payable_minor for row in rows if row.state == "planned" and row.rounds_used == 0
    )
    sums = {
        "contract": contract.number,
        "accepted_minor": total("accepted"),
        "delivered_minor": total("delivered", "changes_requested"),
        "not_begun_minor": not_begun,
        "kill_fee_bps": bps,
        "kill_fee_minor": share_bps(not_begun, bps),
    }
    print_of = sha256(canonical(sums))
    sums.pop("contract")
    return msgspec.convert({**sums, "sha256": print_of}, Reckoned)


async def ending_preview(
    work: Work, contract_id: ContractId, *, by: Literal["member", "client"], reason: str
) -> EndingOut:
    """What ending now would mean; nothing is written."""
    contract = await contract_row(work, contract_id)
    return await _tried(work, contract, by, reason)


async def _tried(
    work: Work, contract: Contract, by: Literal["member", "client"], reason: str
) -> EndingOut:
    sums = await reckon(work, contract, by=by, reason=reason)
    return view(contract, sums, None, state=await standing(work, contract))


async def ending_of(work: Work, contract: Contract) -> EndingOut | None:
    """The closing statement, if the contract has one."""
    row = await work.session.scalar(
        select(ContractEnding).where(ContractEnding.contract_id == contract.id)
    )
    return None if row is None else view(contract, _stated(row), row)


def _stated(row: ContractEnding) -> Reckoned:
    names = Reckoned.__struct_fields__
    return Reckoned(**{name: getattr(row, name) for name in names})


def view(
    contract: Contract, sums: Reckoned, row: ContractEnding | None, *, state: str = ""
) -> EndingOut:
    """A statement on the wire; without a row it is only tried, and `state` says how that stands."""

    def money(minor: int) -> str:
        return Money(minor, contract.currency).text

    return EndingOut(
        contract_id=contract.id,
        number=contract.number,
        state=row.state if row else state,
        currency=contract.currency,
        accepted=money(sums.accepted_minor),
        delivered=money(sums.delivered_minor),
        not_begun=money(sums.not_begun_minor),
        kill_fee_bps=sums.kill_fee_bps,
        kill_fee=money(sums.kill_fee_minor),
        owed=money(sums.accepted_minor + sums.kill_fee_minor),
        notice_days=contract.notice_days,
        notice_until=row.notice_until if row else None,
        sha256=sums.sha256,
        answer_by=row.answer_by if row else None,
        answered_at=row.answered_at if row else None,
        answer_name=row.answer_name if row else None,
        answer_note=row.answer_note if row else None,
    )


async def linked_ending(work: Work) -> EndingOut:
    """For the client: the statement of its contract, or what ending it now would cost."""
    contract = await linked_row(work, DELIVERY_LINK)
    stated = await ending_of(work, contract)
    if stated is not None:
        return stated
    return await _tried(work, contract, "client", "not_needed")
