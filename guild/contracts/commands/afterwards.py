"""After signing: “this was not me”, a rep's decision about it, and a contract that both sides undo.

An objection suspends the contract at once: nothing is delivered, accepted by silence or invoiced
until a rep has found that the signature stands, or that it does not. Undoing needs both sides.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from guild.contracts import access, queries
from guild.contracts.access import DELIVERY_LINK, OFFER_LINK
from guild.contracts.commands.chain import origin, record
from guild.contracts.commands.letters import (
    contact_of,
    mail_answer,
    mail_member_too,
    mail_rep,
    mail_told,
)
from guild.contracts.commands.links import new_link
from guild.contracts.commands.loading import (
    linked_contract,
    locked,
    others_with,
    own_contract,
    people,
)
from guild.contracts.commands.signers import acting_signer, signers_of
from guild.contracts.errors import (
    AlreadyInvoiced,
    NotTheClient,
    ObjectionNotFound,
    ObjectionTooLate,
    OwnCase,
    VoidingAsked,
    VoidingNotAsked,
)
from guild.contracts.events import ContractResumed, ContractSuspended, ContractVoided
from guild.contracts.models import (
    CONTRACT_LIFECYCLE,
    OBJECTION_LIFECYCLE,
    VOIDING_LIFECYCLE,
    Contract,
    ContractSigner,
    ContractVoiding,
    Delivery,
    Milestone,
    SigningObjection,
)
from guild.contracts.rules.deadlines import deadline, end_of
from guild.contracts.schemas.signing import ObjectionDecisionIn, ObjectionIn, VoidAnswerIn, VoidIn
from guild.core.errors import IllegalMove
from guild.core.ids import ContractId, ObjectionToSigningId, VoidingId, new_id
from guild.core.pages import long_date
from guild.core.permissions import Permission, Role
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members import commands as members

DECIDE_DAYS: Final = 5
LINK_HOURS: Final = 24 * 14


async def object_to_signing(work: Work, data: ObjectionIn) -> SigningObjection:
    """A signer says that the signature in her name should not stand; the contract is suspended.

    Within the charter's days after she signed. Raises ObjectionTooLate, IllegalMove.
    """
    contract, signer = await _who_signed(work)
    _, client, _ = await people(work, contract)
    days = (await charter_at(work)).signing.objection_days
    assert signer.signed_at is not None, "she has signed"
    if work.now > deadline(signer.signed_at, days, client.country):
        raise ObjectionTooLate(
            f"It can be said for {days} days after signing.",
            mend="Ask the freelancer to make the contract void with you, or open a dispute.",
        )
    if contract.amends_id is not None:
        raise IllegalMove("An amendment in force is changed by another amendment.")
    CONTRACT_LIFECYCLE.move(contract, "suspend")
    contract.updated_at = work.now
    objection = SigningObjection(
        id=ObjectionToSigningId(new_id()), contract_id=contract.id, signer_id=signer.id,
        kind=data.kind, text=data.text, state=OBJECTION_LIFECYCLE.initial, raised_at=work.now,
        decide_by=end_of(work.today + timedelta(days=DECIDE_DAYS), work.settings.coop.country),
    )  # fmt: skip
    work.session.add(objection)
    await work.session.flush()
    said = {"kind": data.kind, "note": data.text, "email": signer.email, **origin(work)}
    await record(work, contract, "signature_objected", said)
    await _tell_all(
        work, contract, f"suspended_{data.kind}", signer=signer.name, until=objection.decide_by
    )
    await _tell_reps(work, contract, objection)
    await work.emit(
        ContractSuspended(contract_id=contract.id, member_id=contract.member_id, kind=data.kind)
    )
    return objection


async def decide_objection(
    work: Work, objection_id: ObjectionToSigningId, data: ObjectionDecisionIn
) -> SigningObjection:
    """A rep finds that the signature stands, or makes the contract void. Raises OwnCase.

    What was delivered before gets its full days to be answered again.
    """
    work.require(Permission.REVIEWS_CONDUCT)
    owner = select(SigningObjection.contract_id).where(SigningObjection.id == objection_id)
    contract = await locked(
        work, (Contract.id == owner.scalar_subquery()) & access.visible_to(work.actor)
    )
    if contract is None:
        raise ObjectionNotFound
    if work.actor.is_member(contract.member_id) or await queries.too_close(work, [contract.id]):
        raise OwnCase(
            "You or your own work are close to one of the sides.", mend="Another rep decides it."
        )
    objection = await work.session.get_one(
        SigningObjection, objection_id, with_for_update=True, populate_existing=True
    )
    OBJECTION_LIFECYCLE.move(objection, "lift" if data.outcome == "stands" else "uphold")
    objection.decided_by, objection.decided_at = work.actor.member_id, work.now
    objection.reasons = data.reasons
    await work.session.flush()
    said = {"outcome": data.outcome, "note": data.reasons}
    await record(work, contract, "objection_decided", said)
    if data.outcome == "void":
        await _void(work, contract, "objection", data.reasons)
        await _tell_all(work, contract, "void_decided", words=data.reasons)
        return objection
    CONTRACT_LIFECYCLE.move(contract, "lift")
    contract.updated_at = work.now
    await _full_days_again(work, contract)
    await _tell_all(work, contract, "goes_on", words=data.reasons)
    await work.emit(ContractResumed(contract_id=contract.id, member_id=contract.member_id))
    return objection


async def ask_to_void(work: Work, contract_id: ContractId | None, data: VoidIn) -> ContractVoiding:
    """One side wants the contract treated as never made; the client does so through its link.

    Raises IllegalMove, AlreadyInvoiced, VoidingAsked.
    """
    contract, side = await _side(work, contract_id)
    if not CONTRACT_LIFECYCLE.may(contract.state, "void") or contract.amends_id is not None:
        raise IllegalMove("Only a signed contract in course is made void.", state=contract.state)
    await _nothing_invoiced(work, contract)
    if await _asked(work, contract) is not None:
        raise VoidingAsked(mend="Answer it, or wait for the answer.")
    voiding = ContractVoiding(
        id=VoidingId(new_id()), contract_id=contract.id, asked_by=side, reason=data.reason,
        state=VOIDING_LIFECYCLE.initial, asked_at=work.now,
    )  # fmt: skip
    work.session.add(voiding)
    await work.session.flush()
    await record(work, contract, "void_asked", {"by": side, "note": data.reason, **origin(work)})
    member, _, _ = await people(work, contract)
    if side == "member":
        for one in await signers_of(work, contract):
            if one.state == "signed":
                token, _ = await new_link(work, contract, one.contact_id, OFFER_LINK, LINK_HOURS)
                link = f"{work.settings.base_url}/offers/{token}"
                mail_told(
                    work, contract, await contact_of(work, one), "void_asked",
                    member=member.display_name, words=data.reason, link=link,
                )  # fmt: skip
    else:
        mail_answer(
            work, contract, member, "make it void?",
            "Your client wants to make the contract void, as if it had never been made:\n\n"
            f"{data.reason}\n\nAnswer it here.",
        )  # fmt: skip
    return voiding


async def answer_voiding(
    work: Work, contract_id: ContractId | None, data: VoidAnswerIn
) -> ContractVoiding:
    """The side that did not ask says yes, and the contract is void; or no, and it stands.

    Raises VoidingNotAsked, OwnCase, AlreadyInvoiced.
    """
    contract, side = await _side(work, contract_id)
    voiding = await _asked(work, contract)
    if voiding is None:
        raise VoidingNotAsked
    if voiding.asked_by == side:
        raise OwnCase("The other side answers what you asked.")
    VOIDING_LIFECYCLE.move(voiding, "confirm" if data.agree else "refuse")
    voiding.answered_at = work.now
    await work.session.flush()
    answer = {"by": side, "agreed": data.agree, **origin(work)}
    await record(work, contract, "void_answered", answer)
    if not data.agree:
        await _tell_all(work, contract, "void_refused")
        return voiding
    await _nothing_invoiced(work, contract)
    await _void(work, contract, "agreed", voiding.reason)
    await _tell_all(work, contract, "void_agreed", words=voiding.reason)
    return voiding


async def withdraw_voiding(work: Work, contract_id: ContractId | None) -> ContractVoiding:
    """The side that asked takes it back. Raises VoidingNotAsked, OwnCase."""
    contract, side = await _side(work, contract_id)
    voiding = await _asked(work, contract)
    if voiding is None:
        raise VoidingNotAsked
    if voiding.asked_by != side:
        raise OwnCase("Only who asked takes it back; say no instead.")
    VOIDING_LIFECYCLE.move(voiding, "withdraw")
    voiding.answered_at = work.now
    await work.session.flush()
    await record(work, contract, "void_withdrawn", {"by": side})
    return voiding


async def _side(work: Work, contract_id: ContractId | None) -> tuple[Contract, str]:
    if contract_id is None:
        contract, _ = await _who_signed(work)
        return contract, "client"
    return await own_contract(work, contract_id), "member"


async def _who_signed(work: Work) -> tuple[Contract, ContractSigner]:
    """The contract of the link, and the person behind it, if she has signed it."""
    contract = await linked_contract(work, OFFER_LINK)
    signer = await acting_signer(work, contract, turn=False)
    if signer.state != "signed" or contract.signed_at is None:
        raise NotTheClient("Only who has signed a contract in force can say this.")
    return contract, signer


async def _asked(work: Work, contract: Contract) -> ContractVoiding | None:
    found: ContractVoiding | None = await work.session.scalar(
        select(ContractVoiding)
        .where(ContractVoiding.contract_id == contract.id, ContractVoiding.state == "asked")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


async def _nothing_invoiced(work: Work, contract: Contract) -> None:
    found = await work.session.scalar(
        select(Milestone.id)
        .where(Milestone.contract_id == contract.id, Milestone.invoiced_at.is_not(None))
        .limit(1)
    )
    if found is not None:
        raise AlreadyInvoiced(
            "Work under this contract has been invoiced, so it cannot be treated as never made.",
            mend="End it early instead; the closing statement says what is owed.",
        )


async def _void(work: Work, contract: Contract, reason: str, note: str) -> None:
    CONTRACT_LIFECYCLE.move(contract, "void")
    contract.ended_at = contract.updated_at = work.now
    contract.ended_reason, contract.ended_note = f"void_{reason}", note
    await work.session.flush()
    await record(work, contract, "voided", {"reason": reason})
    await members.revoke_links(work, purpose=DELIVERY_LINK, subject_id=contract.id)
    await work.emit(
        ContractVoided(
            contract_id=contract.id, member_id=contract.member_id, client_id=contract.client_id
        )
    )


async def _full_days_again(work: Work, contract: Contract) -> None:
    """Silence must not run out while nobody was to act."""
    _, client, _ = await people(work, contract)
    until = deadline(work.now, contract.acceptance_silence_days, client.country)
    waiting = await work.session.scalars(
        select(Milestone)
        .where(Milestone.contract_id == contract.id, Milestone.state == "delivered")
        .with_for_update()
    )
    for milestone in waiting.all():
        milestone.accept_by, milestone.reminders_sent = until, 0
        delivery = await work.session.scalar(
            select(Delivery)
            .where(Delivery.milestone_id == milestone.id, Delivery.answered_at.is_(None))
            .with_for_update()
        )
        if delivery is not None:
            delivery.answer_by = until
    await work.session.flush()


async def _tell_all(work: Work, contract: Contract, letter: str, **facts: object) -> None:
    """Both sides: the member, and everybody at the client who signed, reads along or got a copy."""
    for one in await signers_of(work, contract):
        if one.state in {"signed", "informed", "not_needed"} or one.role == "copy":
            mail_told(work, contract, await contact_of(work, one), letter, **facts)
    member, _, _ = await people(work, contract)
    mail_member_too(work, contract, member, letter, **facts)


async def _tell_reps(work: Work, contract: Contract, objection: SigningObjection) -> None:
    for rep in await others_with(work, Role.REP, contract.member_id):
        mail_rep(
            work, rep.email, f"{contract.number}: an objection to a signature",
            f"{contract.number} is suspended. Please decide by {long_date(objection.decide_by)}:"
            f"\n\n{work.settings.base_url}/rep-tasks",
        )  # fmt: skip
