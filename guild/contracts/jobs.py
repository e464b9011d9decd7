"""Background work of contracts: the sealed file, offers that expire, silence that counts."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from guild.contracts import commands
from guild.contracts.models import Contract, ContractOffer, Milestone
from guild.contracts.rules.deadlines import reminders_due
from guild.core.ids import ContractId, MilestoneId
from guild.core.jobs import job, scheduled
from guild.core.work import Work

BATCH_MAX: Final = 200
"""Rows that one run looks at; the rest waits a quarter of an hour."""


@job("contracts.seal", timeout_s=120)
async def seal(work: Work, contract_id: ContractId) -> None:
    """Make, seal and store the signed file; the second run finds it made."""
    await commands.seal_contract(work, contract_id)


@job("contracts.expire_offer")
async def expire(work: Work, contract_id: ContractId) -> None:
    """Close one offer whose time is over."""
    await commands.expire_offer(work, contract_id)


@job("contracts.accept_silent")
async def accept_silent(work: Work, milestone_id: MilestoneId) -> None:
    """Accept one delivery that lies beyond its deadline."""
    await commands.accept_by_silence(work, milestone_id)


@job("contracts.remind_of_delivery")
async def remind(work: Work, milestone_id: MilestoneId, due: int) -> None:
    """Remind one client that silence will count."""
    await commands.remind_of_delivery(work, milestone_id, due)


@scheduled("contracts.expire_offers", every_minutes=15)
async def expire_offers(work: Work) -> None:
    """Queue each offer whose answer-by time has passed; one job each, so one cannot stop all."""
    over = await work.session.scalars(
        select(Contract.id)
        .join(
            ContractOffer,
            (ContractOffer.contract_id == Contract.id)
            & (ContractOffer.version == Contract.version),
        )
        .where(Contract.state == "sent", ContractOffer.answer_by < work.now)
        .order_by(ContractOffer.answer_by)
        .limit(BATCH_MAX)
    )
    for contract_id in over:
        work.later(expire, contract_id=contract_id)


@scheduled("contracts.accept_by_silence", every_minutes=15)
async def accept_by_silence(work: Work) -> None:
    """Queue each delivery that lies beyond its deadline."""
    silent = await work.session.scalars(
        select(Milestone.id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .where(
            Milestone.state == "delivered",
            Milestone.accept_by < work.now,
            Contract.state == "signed",
        )
        .order_by(Milestone.accept_by)
        .limit(BATCH_MAX)
    )
    for milestone_id in silent:
        work.later(accept_silent, milestone_id=milestone_id)


@scheduled("contracts.remind_of_deliveries", every_minutes=60)
async def remind_of_deliveries(work: Work) -> None:
    """Queue reminders half-way and two days before silence counts."""
    rows = await work.session.execute(
        select(Milestone, Contract.acceptance_silence_days)
        .join(Contract, Contract.id == Milestone.contract_id)
        .where(
            Milestone.state == "delivered",
            Contract.state == "signed",
            Milestone.accept_by > work.now,
            Milestone.delivered_at < work.now - timedelta(days=1),
            Milestone.reminders_sent < 2,
        )
        .order_by(Milestone.accept_by)
        .limit(BATCH_MAX)
    )
    for milestone, days in rows:
        assert milestone.delivered_at is not None, "its state says so"
        due = reminders_due(milestone.delivered_at, days, work.now)
        if due > milestone.reminders_sent:
            work.later(remind, milestone_id=milestone.id, due=due)
