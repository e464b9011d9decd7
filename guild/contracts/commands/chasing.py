"""Reps who have not decided: reminded before the day, and when it has passed the house is told.

Each is said once for every dispute and every objection to a signature.
"""

from datetime import datetime

from sqlalchemy import select

from guild.contracts.commands.letters import mail_rep
from guild.contracts.commands.loading import locked, others_with
from guild.contracts.models import CASE_LIFECYCLE, Contract, ContractCase, SigningObjection
from guild.contracts.rules.deadlines import rep_letters_due
from guild.core.ids import ContractCaseId, ObjectionToSigningId
from guild.core.mail import send_mail
from guild.core.pages import long_date
from guild.core.permissions import Role
from guild.core.work import Work


async def chase_case(work: Work, case_id: ContractCaseId) -> None:
    """Write to the reps about one dispute that waits for its decision (may run twice)."""
    owner = select(ContractCase.contract_id).where(ContractCase.id == case_id)
    contract = await locked(work, Contract.id == owner.scalar_subquery())
    assert contract is not None, "a job names one that is there"
    case = await work.session.get_one(
        ContractCase, case_id, with_for_update=True, populate_existing=True
    )
    if CASE_LIFECYCLE.may(case.state, "decide"):
        await _chase(work, contract, case, "the dispute", "/contract-cases")


async def chase_objection(work: Work, objection_id: ObjectionToSigningId) -> None:
    """The same for one objection to a signature, while the contract is suspended."""
    owner = select(SigningObjection.contract_id).where(SigningObjection.id == objection_id)
    contract = await locked(work, Contract.id == owner.scalar_subquery())
    assert contract is not None, "a job names one that is there"
    objection = await work.session.get_one(
        SigningObjection, objection_id, with_for_update=True, populate_existing=True
    )
    if objection.state == "open":
        await _chase(work, contract, objection, "the objection to a signature", "/rep-tasks")


async def _chase(
    work: Work, contract: Contract, row: ContractCase | SigningObjection, what: str, path: str
) -> None:
    due = rep_letters_due(row.decide_by, work.now)
    if due <= row.rep_letters:
        return
    row.rep_letters = due
    await work.session.flush()
    link = f"{work.settings.base_url}{path}"
    if due == 1:
        for rep in await others_with(work, Role.REP, contract.member_id):
            mail_rep(
                work, rep.email, f"Reminder: {contract.number} waits for your decision",
                f"In {what} about {contract.number} a representative is to decide by "
                f"{long_date(row.decide_by)}:\n\n{link}",
            )  # fmt: skip
        return
    await _escalate(work, contract, row.decide_by, what, link)


async def _escalate(
    work: Work, contract: Contract, decide_by: datetime, what: str, link: str
) -> None:
    """The reps, the secretaries and the office: nobody has decided, and the sides wait."""
    subject = f"{contract.number}: nobody has decided in time"
    text = (
        f"In {what} about {contract.number} a representative was to decide by "
        f"{long_date(decide_by)}. Nobody has, and both sides wait."
    )
    told = set()
    for rep in await others_with(work, Role.REP, contract.member_id):
        told.add(rep.email)
        mail_rep(work, rep.email, subject, f"{text} Please decide now:\n\n{link}")
    keepers = await others_with(work, Role.SECRETARY, contract.member_id)
    for email in {*(one.email for one in keepers), work.settings.coop.email} - told:
        send_mail(
            work, to=email, subject=subject,
            text=f"{text} Please see to it that a representative without a tie to the sides "
            "decides now.",
            reason="You get this because you run the office or keep the register.",
        )  # fmt: skip
