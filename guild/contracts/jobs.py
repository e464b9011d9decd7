"""Background work of contracts: the sealed file, offers that expire, silence that counts."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select

from guild.contracts import commands, queries
from guild.contracts.models import (
    CASE_LIFECYCLE,
    Contract,
    ContractCase,
    ContractEnding,
    ContractOffer,
    ContractSigner,
    Milestone,
    SigningObjection,
    TimeSheet,
)
from guild.contracts.rules.deadlines import REP_REMINDER, reminders_due
from guild.contracts.rules.signers import (
    FIRST_REMINDER,
    LAST_REMINDER,
    REMINDERS_MAX,
    offer_reminders_due,
)
from guild.core.ids import (
    ContractCaseId,
    ContractEndingId,
    ContractId,
    MilestoneId,
    ObjectionToSigningId,
    PaperId,
    SignerId,
    TimeSheetId,
)
from guild.core.jobs import OutsideJob, job, scheduled
from guild.core.work import Work

BATCH_MAX: Final = 200
"""Rows that one run looks at; the rest waits a quarter of an hour."""


seal: Final = OutsideJob(
    "contracts.seal",
    prepare=commands.prepare_seal,
    call=commands.call_seal,
    record=commands.record_seal,
    timeout_s=120,
)
"""Make, seal and store the signed file; a file that was not recorded is made again."""


@job("contracts.alarm_unsealed")
async def alarm_unsealed(work: Work, contract_id: ContractId) -> None:
    """Tell the office of one signed contract that has no sealed file yet."""
    await commands.alarm_unsealed(work, contract_id)


@scheduled("contracts.look_for_unsealed", every_minutes=15)
async def look_for_unsealed(work: Work) -> None:
    """Queue an alarm for each contract that was signed half an hour ago and is not sealed."""
    late = await work.session.scalars(
        select(Contract.id)
        .where(
            Contract.sealed_at.is_(None),
            Contract.seal_alarmed_at.is_(None),
            Contract.signed_at < work.now - commands.UNSEALED_ALARM,
        )
        .order_by(Contract.signed_at)
        .limit(BATCH_MAX)
    )
    for contract_id in late:
        work.later(alarm_unsealed, contract_id=contract_id)


@job("contracts.remind_signer")
async def remind_signer(work: Work, signer_id: SignerId, due: int) -> None:
    """Remind one person that an offer waits for her."""
    await commands.remind_signer(work, signer_id, due)


@scheduled("contracts.remind_signers", every_minutes=60)
async def remind_signers(work: Work) -> None:
    """Queue reminders of offers: per person, by steps, never after the time is over."""
    rows = await work.session.execute(
        select(ContractSigner, ContractOffer.answer_by)
        .join(Contract, Contract.id == ContractSigner.contract_id)
        .join(
            ContractOffer,
            (ContractOffer.contract_id == Contract.id)
            & (ContractOffer.version == Contract.version),
        )
        .where(
            ContractSigner.state == "asked",
            ContractSigner.version == Contract.version,
            ContractSigner.reminders_sent < REMINDERS_MAX,
            Contract.state == "sent",
            ContractOffer.answer_by > work.now,
            (ContractSigner.asked_at <= work.now - FIRST_REMINDER)
            | (ContractOffer.answer_by <= work.now + LAST_REMINDER),
        )
        .order_by(ContractSigner.id)
        .limit(5 * BATCH_MAX)
    )
    for signer, answer_by in rows:
        assert signer.asked_at is not None, "its state says so"
        due = offer_reminders_due(signer.asked_at, answer_by, work.now)
        if due > signer.reminders_sent:
            work.later(remind_signer, signer_id=signer.id, due=due)


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


@job("contracts.read_paper", timeout_s=90)
async def read_paper(work: Work, paper_id: PaperId) -> None:
    """Read one client's document in a child process, and check its clauses."""
    await commands.read_stored_paper(work, paper_id)


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


@scheduled("contracts.find_refused_links", every_minutes=5)
async def find_refused_links(work: Work) -> None:
    """Mark people whose link came back while it was handed over."""
    await commands.find_refused_links(work)


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


@job("contracts.approve_silent_sheet")
async def approve_silent_sheet(work: Work, sheet_id: TimeSheetId) -> None:
    """Approve one time sheet that lies beyond its deadline."""
    await commands.approve_sheet_by_silence(work, sheet_id)


@job("contracts.remind_of_sheet")
async def remind_sheet(work: Work, sheet_id: TimeSheetId) -> None:
    """Remind one client that silence will approve a time sheet."""
    await commands.remind_of_sheet(work, sheet_id)


@job("contracts.deem_ending")
async def deem_ending(work: Work, ending_id: ContractEndingId) -> None:
    """Agree to one closing statement by silence."""
    await commands.deem_ending(work, ending_id)


@job("contracts.warn_of_expiry")
async def warn_expiry(work: Work, contract_id: ContractId) -> None:
    """Tell one member that a retainer or licence ends soon."""
    await commands.warn_of_expiry(work, contract_id)


@job("contracts.erase_when_over")
async def erase_when_over(work: Work, contract_id: ContractId) -> None:
    """Erase one contract whose time is over."""
    await commands.erase_when_over(work, contract_id)


@scheduled("contracts.erase_what_is_over", every_minutes=24 * 60)
async def erase_what_is_over(work: Work) -> None:
    """Queue each contract that need not be kept any more."""
    for contract_id in await queries.over_now(work):
        work.later(erase_when_over, contract_id=contract_id)


@scheduled("contracts.silent_sheets", every_minutes=15)
async def silent_sheets(work: Work) -> None:
    """Queue what silence approves or agrees to: time sheets, closing statements."""
    sheets = await work.session.scalars(
        select(TimeSheet.id)
        .where(TimeSheet.state == "submitted", TimeSheet.answer_by < work.now)
        .order_by(TimeSheet.answer_by)
        .limit(BATCH_MAX)
    )
    for sheet_id in sheets:
        work.later(approve_silent_sheet, sheet_id=sheet_id)
    endings = await work.session.scalars(
        select(ContractEnding.id)
        .where(ContractEnding.state == "proposed", ContractEnding.answer_by < work.now)
        .order_by(ContractEnding.answer_by)
        .limit(BATCH_MAX)
    )
    for ending_id in endings:
        work.later(deem_ending, ending_id=ending_id)


@scheduled("contracts.remind_of_sheets", every_minutes=60)
async def remind_of_sheets(work: Work) -> None:
    """Queue reminders of time sheets, and alerts of what ends soon."""
    sheets = await work.session.scalars(
        select(TimeSheet.id)
        .where(
            TimeSheet.state == "submitted",
            TimeSheet.submitted_at < work.now - timedelta(days=1),
            TimeSheet.reminders_sent < 2,
        )
        .order_by(TimeSheet.answer_by)
        .limit(BATCH_MAX)
    )
    for sheet_id in sheets:
        work.later(remind_sheet, sheet_id=sheet_id)
    ending = await work.session.scalars(
        select(Contract)
        .where(
            Contract.kind.in_(("retainer", "licence")),
            Contract.state.in_(("signed", "completed")),
            Contract.expiry_warned_at.is_(None),
        )
        .order_by(Contract.id)
        .limit(BATCH_MAX)
    )
    for contract in ending:
        last = queries.ends_on(contract)
        if last is not None and last <= work.today + timedelta(days=30):
            work.later(warn_expiry, contract_id=contract.id)


@job("contracts.chase_case")
async def chase_case(work: Work, case_id: ContractCaseId) -> None:
    """Remind the reps of one dispute, or say that its day has passed."""
    await commands.chase_case(work, case_id)


@job("contracts.chase_objection")
async def chase_objection(work: Work, objection_id: ObjectionToSigningId) -> None:
    """The same for one objection to a signature."""
    await commands.chase_objection(work, objection_id)


@scheduled("contracts.chase_decisions", every_minutes=60)
async def chase_decisions(work: Work) -> None:
    """Queue what waits for a rep's decision and was not reminded of, or not told as late."""
    cases = await work.session.scalars(
        select(ContractCase.id)
        .where(
            ContractCase.state.in_(CASE_LIFECYCLE.moves["decide"][0]),
            _unsaid(ContractCase, work.now),
        )
        .order_by(ContractCase.decide_by)
        .limit(BATCH_MAX)
    )
    for case_id in cases:
        work.later(chase_case, case_id=case_id)
    objections = await work.session.scalars(
        select(SigningObjection.id)
        .where(SigningObjection.state == "open", _unsaid(SigningObjection, work.now))
        .order_by(SigningObjection.decide_by)
        .limit(BATCH_MAX)
    )
    for objection_id in objections:
        work.later(chase_objection, objection_id=objection_id)


def _unsaid(row: type[ContractCase] | type[SigningObjection], now: datetime) -> ColumnElement[bool]:
    """Of whose day the reps have not heard all that they should by now."""
    before = (row.rep_letters == 0) & (row.decide_by <= now + REP_REMINDER)
    return before | ((row.rep_letters == 1) & (row.decide_by < now))
