"""Ending early: what is owed is reckoned and shown first, then stated, then agreed or disputed."""

from datetime import date, timedelta
from typing import Any, Final, Literal

from sqlalchemy import select

from guild.contracts.access import DELIVERY_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.letters import mail_answer
from guild.contracts.commands.links import new_link
from guild.contracts.commands.loading import linked_contract, locked, own_contract, people
from guild.contracts.commands.work_letters import mail_ending
from guild.contracts.errors import EndingNotFound, NameMissing, NothingLeft, StaleEnding
from guild.contracts.events import ContractTerminated, EndingAgreed
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    ENDING_LIFECYCLE,
    Contract,
    ContractCharge,
    ContractEnding,
)
from guild.contracts.queries.ending import Reckoned, reckon, standing
from guild.contracts.rules.deadlines import deadline
from guild.contracts.schemas import TerminateIn
from guild.contracts.schemas.ending import (
    AgreeEndingIn,
    ClientNoticeIn,
    ContestEndingIn,
)
from guild.core.errors import IllegalMove, StaleVersion
from guild.core.ids import ContractChargeId, ContractEndingId, ContractId, new_id
from guild.core.work import Work
from guild.members import commands as members

ANSWER_DAYS: Final = 14
"""A closing statement that nobody objects to for so long is agreed."""


async def terminate_contract(work: Work, contract_id: ContractId, data: TerminateIn) -> Contract:
    """The member ends her signed contract with notice, having seen what is owed.

    Raises StaleVersion when the sums have changed since she looked, IllegalMove.
    """
    contract = await own_contract(work, contract_id)
    return await end_early(
        work, contract, by="member", reason=data.reason, note=data.note, seen=data.seen_sha256
    )


async def client_ends(work: Work, data: ClientNoticeIn) -> Contract:
    """The client ends the contract of its link; the kill fee of the contract is then owed."""
    contract = await linked_contract(work, DELIVERY_LINK)
    return await end_early(
        work, contract, by="client", reason="not_needed", note=data.note, seen=data.seen_sha256
    )


async def end_early(
    work: Work, contract: Contract, *, by: Literal["member", "client"], reason: str, note: str,
    seen: str | None,
) -> Contract:  # fmt: skip
    """End a contract that this Work has locked and state what is owed.

    Raises NothingLeft when all work is delivered, IllegalMove, StaleVersion.
    """
    if contract.amends_id is not None:
        raise IllegalMove("An amendment is not ended; its contract is.", state=contract.state)
    await _must_have_an_end(work, contract)
    sums = await reckon(work, contract, by=by, reason=reason)
    if seen is not None and seen != sums.sha256:
        raise StaleVersion(
            "What is owed has changed since you looked.", mend="Look at it again and confirm."
        )
    CONTRACT_LIFECYCLE.move(contract, "terminate")
    contract.ended_at = contract.updated_at = work.now
    contract.ended_reason, contract.ended_note = reason, note or None
    await work.session.flush()
    await record(
        work, contract, "terminated",
        {"by": by, "reason": reason, "note": note, "statement": sums.sha256, **origin(work)},
    )  # fmt: skip
    await members.revoke_links(work, purpose=DELIVERY_LINK, subject_id=contract.id)
    await _state(work, contract, sums, by)
    await work.emit(
        ContractTerminated(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id,
            by=by,
        )
    )  # fmt: skip
    return contract


async def _must_have_an_end(work: Work, contract: Contract) -> None:
    """Only what is not yet done can end early; the rest is told how it ends by itself."""
    match await standing(work, contract):
        case "delivered":
            raise NothingLeft(
                "All work under this contract is delivered.",
                mend="It is complete when the client has answered each delivery, or by silence.",
                state=contract.state,
            )
        case "completed":
            raise NothingLeft(
                "All work is accepted: the contract is complete.",
                mend="Invoice what is not invoiced yet.", state=contract.state,
            )  # fmt: skip


async def _state(work: Work, contract: Contract, sums: Reckoned, by: str) -> None:
    member, client, contact = await people(work, contract)
    ending = ContractEnding(
        id=ContractEndingId(new_id()),
        contract_id=contract.id,
        state=ENDING_LIFECYCLE.initial,
        ended_by=by,
        notice_until=work.today + timedelta(days=contract.notice_days),
        accepted_minor=sums.accepted_minor,
        delivered_minor=sums.delivered_minor,
        not_begun_minor=sums.not_begun_minor,
        kill_fee_bps=sums.kill_fee_bps,
        kill_fee_minor=sums.kill_fee_minor,
        sha256=sums.sha256,
        proposed_at=work.now,
        answer_by=deadline(work.now, ANSWER_DAYS, client.country),
    )
    work.session.add(ending)
    await work.session.flush()
    token, _ = await new_link(work, contract, contact.id, DELIVERY_LINK, (ANSWER_DAYS + 7) * 24)
    mail_ending(work, contract, ending, contact, token=token)
    if by == "client":
        mail_answer(
            work, contract, member, "ended by your client",
            "Your client has ended the contract. The closing statement with the kill fee is on the "
            "contract's page.",
        )  # fmt: skip


async def agree_ending(work: Work, data: AgreeEndingIn) -> ContractEnding:
    """The client signs the closing statement that it saw, with its name."""
    contract, ending = await _linked(work, data.seen_sha256)
    if not data.typed_name.strip():
        raise NameMissing(field="typed_name")
    ending.answer_name = data.typed_name
    await _agreed(work, contract, ending, "agree", {"typed_name": data.typed_name, **origin(work)})
    return ending


async def contest_ending(work: Work, data: ContestEndingIn) -> ContractEnding:
    """The client says what is wrong with the statement; a case decides it."""
    contract, ending = await _linked(work, data.seen_sha256)
    ENDING_LIFECYCLE.move(ending, "contest")
    ending.answered_at, ending.answer_note = work.now, data.note
    await work.session.flush()
    details = {"answer": "contested", "note": data.note, **origin(work)}
    await record(work, contract, "ending_answered", details)
    return ending


async def deem_ending(work: Work, ending_id: ContractEndingId) -> None:
    """Agree for a client that has been silent beyond its days (may run twice)."""
    owner = select(ContractEnding.contract_id).where(ContractEnding.id == ending_id)
    contract = await locked(work, Contract.id == owner.scalar_subquery())
    assert contract is not None, "a job names one that is there"
    ending = await work.session.get_one(
        ContractEnding, ending_id, with_for_update=True, populate_existing=True
    )
    if ending.state == "proposed" and ending.answer_by < work.now:
        await _agreed(work, contract, ending, "deem", {"by": "silence"})


async def settle_ending(work: Work, contract: Contract, kill_fee_minor: int) -> None:
    """A rep's decision about a contested statement: so much, perhaps nothing, is the kill fee."""
    ending = await work.session.scalar(
        select(ContractEnding)
        .where(ContractEnding.contract_id == contract.id, ContractEnding.state == "contested")
        .with_for_update()
    )
    if ending is None:
        return
    ENDING_LIFECYCLE.move(ending, "settle")
    ending.kill_fee_minor = kill_fee_minor
    await work.session.flush()
    _charge(work, contract, ending, work.today)
    await work.session.flush()


async def _agreed(
    work: Work, contract: Contract, ending: ContractEnding, step: str, details: dict[str, Any]
) -> None:
    ENDING_LIFECYCLE.move(ending, step)
    ending.answered_at = work.now
    await work.session.flush()  # a charge needs the agreement that it follows from
    _charge(work, contract, ending, work.today)
    await work.session.flush()
    said = {"answer": ending.state, "statement": ending.sha256, **details}
    await record(work, contract, "ending_answered", said)
    member, _, _ = await people(work, contract)
    mail_answer(
        work, contract, member, "the closing statement is agreed",
        "What is accepted and the kill fee can be invoiced now.",
    )  # fmt: skip
    await work.emit(
        EndingAgreed(
            contract_id=contract.id, member_id=contract.member_id,
            kill_fee_minor=ending.kill_fee_minor, by_silence=step == "deem",
        )
    )  # fmt: skip


def _charge(work: Work, contract: Contract, ending: ContractEnding, on: date) -> None:
    if not ending.kill_fee_minor:
        return
    work.session.add(
        ContractCharge(
            id=ContractChargeId(new_id()), contract_id=contract.id, sheet_id=None,
            kind="kill_fee", text=f"Kill fee, {contract.title}"[:200], quantity_hundredths=100,
            unit="C62", price_minor=ending.kill_fee_minor, worked_until=on, created_at=work.now,
        )
    )  # fmt: skip


async def _linked(work: Work, seen: str) -> tuple[Contract, ContractEnding]:
    contract = await linked_contract(work, DELIVERY_LINK)
    ending = await work.session.scalar(
        select(ContractEnding).where(ContractEnding.contract_id == contract.id).with_for_update()
    )
    if ending is None:
        raise EndingNotFound
    if ending.sha256 != seen:
        raise StaleEnding(mend="Load the page again and look at what it shows.")
    return contract, ending
