"""Performing: deliver, accept all or part, ask for another round; silence counts as acceptance."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from guild.contracts import access
from guild.contracts.access import DELIVERY_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.files import keep_files
from guild.contracts.commands.letters import mail_answer, mail_delivery
from guild.contracts.commands.links import new_link
from guild.contracts.commands.loading import (
    locked,
    milestone_with_contract,
    people,
)
from guild.contracts.errors import (
    ContractNotFound,
    NotAllInvoiceable,
    NothingDelivered,
    PartTooLarge,
    TimeIsDelivered,
)
from guild.contracts.events import (
    ContractCompleted,
    MilestoneAccepted,
    MilestoneAcceptedInPart,
    MilestoneChangesRequested,
    MilestoneDelivered,
)
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    Contract,
    Delivery,
    Milestone,
    TimeSheet,
)
from guild.contracts.rules.deadlines import deadline
from guild.contracts.schemas import DeliveryChangesIn, DeliveryIn
from guild.contracts.schemas.contract import AcceptPartIn
from guild.core.errors import IllegalMove
from guild.core.ids import ContractId, DeliveryId, MilestoneId, new_id
from guild.core.money import Money
from guild.core.wire import money_in
from guild.core.work import Work

LINK_GRACE_HOURS: Final = 72
"""A delivery's link works a little longer than its deadline, to read what was decided."""


async def deliver_milestone(work: Work, milestone_id: MilestoneId, data: DeliveryIn) -> Delivery:
    """Hand work over: the client gets a link, and its days to answer run from now."""
    contract, milestone = await milestone_with_contract(
        work, milestone_id, access.owned_by(work.actor)
    )
    _must_be_running(contract)
    if contract.kind == "time" and await work.session.scalar(
        select(TimeSheet.id).where(TimeSheet.contract_id == contract.id).limit(1)
    ):
        raise TimeIsDelivered(mend="Submit the next time sheet instead.")
    MILESTONE_LIFECYCLE.move(milestone, "deliver")
    _, client, _ = await people(work, contract)
    days = contract.acceptance_silence_days
    milestone.delivered_at = work.now
    milestone.accept_by = deadline(work.now, days, client.country)
    milestone.reminders_sent = 0
    delivery = Delivery(
        id=DeliveryId(new_id()),
        contract_id=contract.id,
        milestone_id=milestone.id,
        round=milestone.rounds_used + 1,
        note=data.note,
        links=list(data.links),
        delivered_at=work.now,
        answer_by=milestone.accept_by,
    )
    work.session.add(delivery)
    await work.session.flush()
    files = await keep_files(work, contract, delivery, data.files)
    await record(
        work, contract, "delivered",
        {
            "milestone_id": str(milestone.id), "delivery_id": str(delivery.id),
            "round": delivery.round, "note": data.note, "links": list(data.links),
            "files": [{"name": one.name, "sha256": one.sha256} for one in files],
        },
    )  # fmt: skip
    await _mail_delivery(work, contract, milestone, delivery, reminder=False)
    await work.emit(MilestoneDelivered(contract_id=contract.id, milestone_id=milestone.id))
    return delivery


async def _mail_delivery(
    work: Work, contract: Contract, milestone: Milestone, delivery: Delivery, *, reminder: bool
) -> None:
    _, _, contact = await people(work, contract)
    left = delivery.answer_by - work.now
    hours = max(1, -(-int(left.total_seconds()) // 3600)) + LINK_GRACE_HOURS
    token, _ = await new_link(work, contract, contact.id, DELIVERY_LINK, hours)
    mail_delivery(work, contract, milestone, delivery, contact, token=token, reminder=reminder)


async def accept_milestone(
    work: Work, milestone_id: MilestoneId, delivery_id: DeliveryId
) -> Milestone:
    """The client accepts the delivery that it saw."""
    contract, milestone = await milestone_with_contract(
        work, milestone_id, access.linked_to(work.actor, DELIVERY_LINK)
    )
    _must_be_running(contract)
    delivery = await _waiting_delivery(work, milestone, delivery_id)
    await _accept(work, contract, milestone, delivery, by="client")
    return milestone


async def accept_part(work: Work, milestone_id: MilestoneId, data: AcceptPartIn) -> Milestone:
    """The client accepts a share of the delivery; the rest becomes a milestone to be delivered.

    Returns the accepted one. Raises PartTooLarge.
    """
    contract, milestone = await milestone_with_contract(
        work, milestone_id, access.linked_to(work.actor, DELIVERY_LINK)
    )
    _must_be_running(contract)
    delivery = await _waiting_delivery(work, milestone, data.delivery_id)
    part = money_in(data.accepted_net, contract.currency, field="accepted_net")
    if part.minor >= milestone.net_minor:
        raise PartTooLarge(
            f"The whole is {Money(milestone.net_minor, contract.currency)}.", field="accepted_net",
            mend="Accept the delivery, or name a smaller part.",
        )  # fmt: skip
    rest = Milestone(
        id=MilestoneId(new_id()), contract_id=contract.id,
        position=await _next_position(work, contract), title=f"{milestone.title} (rest)"[:200],
        description=data.missing, net_minor=milestone.net_minor - part.minor,
        due_on=milestone.due_on, state=MILESTONE_LIFECYCLE.initial,
        rounds_used=milestone.rounds_used, reminders_sent=0,
    )  # fmt: skip
    work.session.add(rest)
    milestone.accepted_minor = part.minor
    await record(
        work, contract, "accepted_in_part",
        {
            "milestone_id": str(milestone.id), "delivery_id": str(delivery.id),
            "accepted_minor": part.minor, "rest_minor": rest.net_minor, "note": data.missing,
            **origin(work),
        },
    )  # fmt: skip
    await _accept(work, contract, milestone, delivery, by="client")
    member, _, _ = await people(work, contract)
    mail_answer(
        work, contract, member, f"“{milestone.title}” accepted in part",
        f"{part} can be invoiced. For the rest your client wrote:\n\n{data.missing}",
    )  # fmt: skip
    await work.emit(
        MilestoneAcceptedInPart(
            contract_id=contract.id, milestone_id=milestone.id, rest_id=rest.id,
            accepted_minor=part.minor, rest_minor=rest.net_minor,
        )
    )  # fmt: skip
    return milestone


async def _next_position(work: Work, contract: Contract) -> int:
    last = await work.session.scalar(
        select(func.max(Milestone.position)).where(Milestone.contract_id == contract.id)
    )
    return (last or 0) + 1


async def accept_by_silence(work: Work, milestone_id: MilestoneId) -> None:
    """Accept what has lain without an answer past its deadline; nothing else (may run twice)."""
    contract, milestone = await milestone_with_contract(
        work, milestone_id, access.visible_to(work.actor)
    )
    over = milestone.accept_by is not None and milestone.accept_by < work.now
    if milestone.state != "delivered" or contract.state != "signed" or not over:
        return
    delivery = await _waiting_delivery(work, milestone, None)
    await _accept(work, contract, milestone, delivery, by="silence")


async def remind_of_delivery(work: Work, milestone_id: MilestoneId, due: int) -> None:
    """Mail the client that silence will count, if fewer than `due` reminders have gone out."""
    contract, milestone = await milestone_with_contract(
        work, milestone_id, access.visible_to(work.actor)
    )
    if milestone.state != "delivered" or milestone.reminders_sent >= due:
        return
    if contract.state != "signed":
        return
    delivery = await _waiting_delivery(work, milestone, None)
    milestone.reminders_sent = due
    await work.session.flush()
    await record(work, contract, "reminded", {"milestone_id": str(milestone.id), "reminder": due})
    await _mail_delivery(work, contract, milestone, delivery, reminder=True)


async def _accept(
    work: Work, contract: Contract, milestone: Milestone, delivery: Delivery, *, by: str
) -> None:
    MILESTONE_LIFECYCLE.move(milestone, "accept")
    milestone.accepted_at, milestone.accepted_by = work.now, by
    delivery.answered_at, delivery.answer = work.now, f"accepted_{by}"
    await work.session.flush()
    details = {
        "milestone_id": str(milestone.id), "delivery_id": str(delivery.id), "by": by,
        "answer_by": delivery.answer_by.isoformat(),
    }  # fmt: skip
    await record(
        work, contract, "accepted", {**details, **(origin(work) if by == "client" else {})}
    )
    member, _, _ = await people(work, contract)
    how = "by your client" if by == "client" else "because the days to answer are over"
    mail_answer(
        work, contract, member, f"“{milestone.title}” is accepted",
        f"“{milestone.title}” was accepted {how}. You can invoice it.",
    )  # fmt: skip
    await work.emit(
        MilestoneAccepted(
            contract_id=contract.id,
            milestone_id=milestone.id,
            member_id=contract.member_id,
            by_silence=by == "silence",
        )
    )
    await complete_if_done(work, contract)


async def complete_if_done(work: Work, contract: Contract) -> None:
    """Complete a contract that this Work has locked when nothing is left to accept."""
    states = await work.session.scalars(
        select(Milestone.state).where(Milestone.contract_id == contract.id)
    )
    if not set(states) <= {"accepted", "invoiced", "cancelled"} or contract.state != "signed":
        return
    CONTRACT_LIFECYCLE.move(contract, "complete")
    contract.completed_at = contract.updated_at = work.now
    await record(work, contract, "completed", {})
    await work.emit(
        ContractCompleted(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )


async def request_milestone_changes(
    work: Work, milestone_id: MilestoneId, data: DeliveryChangesIn
) -> Milestone:
    """The client asks for another round; rounds beyond the agreed ones are marked as such."""
    contract, milestone = await milestone_with_contract(
        work, milestone_id, access.linked_to(work.actor, DELIVERY_LINK)
    )
    _must_be_running(contract)
    delivery = await _waiting_delivery(work, milestone, data.delivery_id)
    MILESTONE_LIFECYCLE.move(milestone, "request_changes")
    milestone.rounds_used += 1
    milestone.accept_by = None
    beyond = milestone.rounds_used > contract.revision_rounds
    delivery.answered_at, delivery.answer = work.now, "changes_requested"
    delivery.answer_note = data.wishes
    await work.session.flush()
    await record(
        work, contract, "milestone_changes_requested",
        {
            "milestone_id": str(milestone.id), "delivery_id": str(delivery.id),
            "round": milestone.rounds_used, "beyond_agreed": beyond, "wishes": data.wishes,
            **origin(work),
        },
    )  # fmt: skip
    member, _, _ = await people(work, contract)
    note = "\n\nThis round is beyond the agreed ones: you may ask for more pay." if beyond else ""
    mail_answer(
        work, contract, member, f"changes to “{milestone.title}”",
        f"Your client wrote:\n\n{data.wishes}{note}",
    )  # fmt: skip
    await work.emit(
        MilestoneChangesRequested(
            contract_id=contract.id,
            milestone_id=milestone.id,
            round=milestone.rounds_used,
            beyond_agreed=beyond,
        )
    )
    return milestone


async def mark_milestones_invoiced(
    work: Work, contract_id: ContractId, milestone_ids: Sequence[MilestoneId]
) -> list[Milestone]:
    """Accepted milestones become invoiced, each once (called by invoicing when it issues).

    Raises NotAllInvoiceable when one is unknown, of another contract, not accepted, or invoiced.
    """
    contract = await locked(work, Contract.id == contract_id)
    if contract is None:
        raise ContractNotFound
    rows = list(
        await work.session.scalars(
            select(Milestone)
            .where(Milestone.contract_id == contract_id, Milestone.id.in_(milestone_ids))
            .order_by(Milestone.position)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    ready = all(MILESTONE_LIFECYCLE.may(row.state, "invoice") for row in rows)
    if not rows or len(rows) != len(milestone_ids) or not ready:
        raise NotAllInvoiceable(mend="Invoice milestones that are accepted and not yet invoiced.")
    for row in rows:
        MILESTONE_LIFECYCLE.move(row, "invoice")
        row.invoiced_at = work.now
    await work.session.flush()
    return rows


def _must_be_running(contract: Contract) -> None:
    if contract.state != "signed":
        raise IllegalMove(
            f"The contract is {contract.state.replace('_', ' ')}; nothing is delivered under it.",
            state=contract.state,
        )


async def _waiting_delivery(
    work: Work, milestone: Milestone, delivery_id: DeliveryId | None
) -> Delivery:
    """The newest unanswered delivery; it must be the one that the client says it saw."""
    delivery: Delivery | None = await work.session.scalar(
        select(Delivery)
        .where(Delivery.milestone_id == milestone.id, Delivery.answered_at.is_(None))
        .order_by(Delivery.round.desc())
        .limit(1)
        .with_for_update()
    )
    if delivery is None or (delivery_id is not None and delivery.id != delivery_id):
        raise NothingDelivered(mend="Load the deliveries again; this one has been answered.")
    return delivery
