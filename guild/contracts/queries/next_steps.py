"""What a member does next under her contracts: deliver soon, or write the version asked for."""

from datetime import date, timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import or_, select

from guild.contracts import access
from guild.contracts.models import Contract, Milestone
from guild.core.work import Work
from guild.members.models import Organisation

SOON: Final = timedelta(days=7)
STEPS_MAX: Final = 20


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is due within a week or asked for again, or a new version of an offer."""

    kind: Literal["delivery", "version"]
    title: str
    text: str
    path: str
    day: date | None


async def next_steps(work: Work) -> list[NextStep]:
    """The acting member's, twenty of a kind at most."""
    return [*await _versions(work), *await _deliveries(work)]


async def _versions(work: Work) -> list[NextStep]:
    rows = await work.session.execute(
        select(Contract.id, Contract.title, Organisation.name)
        .join(Organisation, Organisation.id == Contract.client_id)
        .where(access.owned_by(work.actor), Contract.state == "changes_requested")
        .order_by(Contract.id)
        .limit(STEPS_MAX)
    )
    return [
        NextStep(
            kind="version", title=title, text=f"{client} asks for changes to the offer",
            path=f"/contracts/{contract_id}", day=None,
        )
        for contract_id, title, client in rows
    ]  # fmt: skip


async def _deliveries(work: Work) -> list[NextStep]:
    """Not those of work by the hour: its months are sent when they are over."""
    rows = await work.session.execute(
        select(Milestone.id, Milestone.title, Milestone.due_on, Milestone.state, Organisation.name)
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Organisation, Organisation.id == Contract.client_id)
        .where(
            access.owned_by(work.actor), Contract.state == "signed", Contract.kind != "time",
            or_(
                Milestone.state == "changes_requested",
                (Milestone.state == "planned") & (Milestone.due_on <= work.today + SOON),
            ),
        )
        .order_by(Milestone.due_on, Milestone.id)
        .limit(STEPS_MAX)
    )  # fmt: skip
    return [
        NextStep(
            kind="delivery", title=title,
            text=f"{client} asks for changes" if state == "changes_requested"
            else f"To be delivered to {client}",
            path=f"/milestones/{milestone_id}/deliver", day=due_on,
        )
        for milestone_id, title, due_on, state, client in rows
    ]  # fmt: skip
