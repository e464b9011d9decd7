"""Offers whose time to answer is over."""

from guild.contracts import access
from guild.contracts.commands.chain import record
from guild.contracts.commands.letters import mail_answer
from guild.contracts.commands.loading import current_offer, locked, people
from guild.contracts.commands.signers import stop_signers
from guild.contracts.events import ContractExpired
from guild.contracts.models import CONTRACT_LIFECYCLE, Contract
from guild.contracts.rules.evidence import moment
from guild.core.ids import ContractId
from guild.core.work import Work


async def expire_offer(work: Work, contract_id: ContractId) -> None:
    """Close an offer that nobody answered in time; anything else is left alone (may run twice)."""
    contract = await locked(work, (Contract.id == contract_id) & access.visible_to(work.actor))
    if contract is None or contract.state != "sent":
        return
    offer = await current_offer(work, contract)
    if work.now <= offer.answer_by:
        return
    CONTRACT_LIFECYCLE.move(contract, "expire")
    contract.ended_at = contract.updated_at = work.now
    contract.ended_reason = "expired"
    offer.answered_at, offer.answer = work.now, "expired"
    await record(work, contract, "expired", {"answer_by": moment(offer.answer_by)})
    await stop_signers(work, contract, "expired")
    member, _, _ = await people(work, contract)
    mail_answer(
        work, contract, member, "no answer in time",
        f"Your client did not answer “{contract.title}” in time. Nothing is agreed.",
    )  # fmt: skip
    await work.emit(
        ContractExpired(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )
