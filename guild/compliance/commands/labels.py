"""What becomes of labels: issued, paused, replaced, withdrawn."""

import secrets
from typing import Final

from sqlalchemy import select

from guild.compliance.access import may_conduct, rep_of, tied
from guild.compliance.commands.second import draw, refuse_telling, tell_second
from guild.compliance.errors import ConflictOfInterest, LabelNotFound, NotTheSecondRep
from guild.compliance.events import (
    LabelGranted,
    LabelPaused,
    LabelWithdrawn,
    LabelWithheld,
    SecondRepDrawn,
)
from guild.compliance.models import LABEL_LIFECYCLE, Label, Review
from guild.compliance.rules import months_after, ties_since
from guild.contracts.models import Contract
from guild.core.ids import ContractId, LabelId, MemberId, new_id
from guild.core.mail import send_mail
from guild.core.work import Work
from guild.governance.queries import charter_at
from guild.members.models import Member

CODE_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No signs that look alike: the code is read off paper."""
CODE_LENGTH: Final = 10


async def issue_label(work: Work, review: Review) -> LabelId:
    """Make the public outcome of a concluded review; it replaces the contract's earlier one."""
    await _replace_current(work, review.contract_id)
    charter = await charter_at(work)
    granted = review.outcome == "granted"
    label = Label(
        id=LabelId(new_id()),
        review_id=review.id,
        contract_id=review.contract_id,
        contract_version=review.contract_version,
        code="".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH)),
        state="granted" if granted else "withheld",
        reasons=review.reasons,
        issued_on=work.today,
        valid_until=months_after(work.today, charter.compliance.label_valid_months),
        charter_version=charter.version,
        checklist_version=review.checklist_version,
    )
    work.session.add(label)
    await work.session.flush()
    fact = LabelGranted if granted else LabelWithheld
    await work.emit(fact(label_id=label.id, review_id=review.id, contract_id=review.contract_id))
    contract = await work.session.get_one(Contract, review.contract_id)
    if contract.version != label.contract_version:
        # It was changed while two reps looked: what they judged is no longer what holds.
        await pause_label(work, contract.id, contract.version)
    member = await work.session.get_one(Member, review.member_id)
    send_mail(
        work,
        to=member.email,
        subject=f"The review of contract {contract.number} is concluded",
        text=(
            f"Outcome: the label is {review.outcome}.\nReasons: {review.reasons}\n"
            f"{work.settings.base_url}/reviews/{review.id}\n"
            "You can ask for another review at any time; other reps will then decide."
        ),
        reason="You get this because the contract is yours.",
        lang=member.language,
    )
    return label.id


async def _replace_current(work: Work, contract_id: ContractId) -> None:
    current = await work.session.scalar(
        select(Label)
        .where(Label.contract_id == contract_id, Label.state.in_(("granted", "paused", "withheld")))
        .with_for_update()
    )
    if current is not None:
        LABEL_LIFECYCLE.move(current, "replace")
        await work.session.flush()


async def pause_label(work: Work, contract_id: ContractId, version: int) -> None:
    """A granted label of another version of the contract pauses until somebody looks again."""
    label = await work.session.scalar(
        select(Label)
        .where(
            Label.contract_id == contract_id,
            Label.state == "granted",
            Label.contract_version != version,
        )
        .with_for_update()
    )
    if label is None:
        return
    LABEL_LIFECYCLE.move(label, "pause")
    label.paused_at = work.now
    await work.emit(LabelPaused(label_id=label.id, contract_id=contract_id))


async def _locked_label(work: Work, label_id: LabelId) -> tuple[Label, Contract]:
    label = await work.session.get(Label, label_id, with_for_update=True)
    if label is None or not may_conduct(work.actor):
        raise LabelNotFound
    contract = await work.session.get_one(Contract, label.contract_id)
    tie = select(tied(await rep_of(work), ties_since(work.now)))
    if await work.session.scalar(tie.where(Contract.id == contract.id).select_from(Contract)):
        raise ConflictOfInterest("You have a tie to one of the sides; another rep decides.")
    return label, contract


async def propose_withdrawal(work: Work, label_id: LabelId, reasons: str) -> MemberId:
    """A rep proposes to take a granted label back; a second one is drawn, whose id is returned."""
    label, contract = await _locked_label(work, label_id)
    if not LABEL_LIFECYCLE.may(label.state, "withdraw"):
        LABEL_LIFECYCLE.move(label, "withdraw")
    await refuse_telling(work, contract.id, reasons)
    proposer = work.actor.member_id
    drawn, out_of = await draw(work, contract, besides=frozenset({proposer}))
    label.withdrawal_reasons = reasons.strip()
    label.withdrawal_by = proposer
    label.withdrawal_second = drawn.id
    await work.session.flush()
    await work.emit(SecondRepDrawn(review_id=label.review_id, rep_id=drawn.id, drawn_from=out_of))
    tell_second(work, drawn, f"/reviews/{label.review_id}", "withdrawal")
    return drawn.id


async def confirm_withdrawal(work: Work, label_id: LabelId) -> None:
    """The drawn rep agrees, and the label is withdrawn; raises NotTheSecondRep."""
    label, contract = await _locked_label(work, label_id)
    if label.withdrawal_second != work.actor.member_id:
        raise NotTheSecondRep("You were not drawn to look at this a second time.")
    LABEL_LIFECYCLE.move(label, "withdraw")
    label.withdrawn_at = work.now
    await work.session.flush()
    await work.emit(LabelWithdrawn(label_id=label.id, contract_id=contract.id))
