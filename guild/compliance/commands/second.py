"""The second pair of eyes: drawn, not chosen, among reps without a tie."""

import secrets
from datetime import date

from guild.compliance.access import untied_reps
from guild.compliance.errors import NoSecondRep, ReasonsTellTooMuch
from guild.compliance.events import SecondRepDrawn
from guild.compliance.models import Review
from guild.compliance.rules import REVIEW_BUSINESS_DAYS, tells_too_much, ties_since
from guild.contracts.models import Contract
from guild.core.clock import add_business_days
from guild.core.ids import ContractId, MemberId
from guild.core.mail import send_mail
from guild.core.work import Work
from guild.members.models import Contact, Member, Organisation


async def second_for(work: Work, review: Review) -> MemberId:
    """The second rep of a proposal: the one who sent it back, else one by lot.

    It stays with her who did not agree, so that nobody can shop for a milder eye.
    """
    if review.seconder_id is None:
        return await draw_second(work, review)
    same = await work.session.get_one(Member, review.seconder_id)
    review.seconder_due_on = _answer_by(work)
    tell_second(work, same, f"/reviews/{review.id}", "review")
    return same.id


def _answer_by(work: Work) -> date:
    return add_business_days(work.today, REVIEW_BUSINESS_DAYS, work.settings.coop.country)


async def draw_second(work: Work, review: Review) -> MemberId:
    """Draw, not choose, a second rep without a tie; raises NoSecondRep when nobody is left."""
    assert review.reviewer_id is not None, "only a taken review has a proposal"
    contract = await work.session.get_one(Contract, review.contract_id)
    drawn, out_of = await draw(
        work,
        contract,
        besides=frozenset({review.reviewer_id, review.seconder_id or review.member_id}),
    )
    review.seconder_id = drawn.id
    review.seconder_due_on = _answer_by(work)
    await work.session.flush()
    await work.emit(SecondRepDrawn(review_id=review.id, rep_id=drawn.id, drawn_from=out_of))
    tell_second(work, drawn, f"/reviews/{review.id}", "review")
    return drawn.id


async def draw(
    work: Work, contract: Contract, *, besides: frozenset[MemberId]
) -> tuple[Member, int]:
    """One rep by lot among those without a tie, and out of how many; raises NoSecondRep."""
    free = await untied_reps(work, contract, besides=besides, since=ties_since(work.now))
    if not free:
        raise NoSecondRep(
            "No other rep is free of ties to this contract.",
            mend="The assembly can elect another rep; nothing was decided.",
        )
    return secrets.choice(free), len(free)


def tell_second(work: Work, rep: Member, path: str, what: str) -> None:
    """Write to the drawn rep what is asked of her; `path` is the page where she answers."""
    send_mail(
        work,
        to=rep.email,
        subject=f"You were drawn as the second rep of a {what}",
        text=(
            f"Another rep made a proposal and asks for a second pair of eyes:\n"
            f"{work.settings.base_url}{path}\n"
            f"Nobody chose you; you were drawn. You may hand it over if you have a tie."
        ),
        reason="You get this because you are a representative.",
        lang=rep.language,
    )


async def refuse_telling(work: Work, contract_id: ContractId, reasons: str) -> None:
    """Raise ReasonsTellTooMuch when public reasons hold a name of the case or a sum."""
    contract = await work.session.get_one(Contract, contract_id)
    member = await work.session.get_one(Member, contract.member_id)
    client = await work.session.get_one(Organisation, contract.client_id)
    contact = await work.session.get_one(Contact, contract.contact_id)
    names = (member.legal_name, member.display_name, client.name, contact.name, contract.number)
    if told := tells_too_much(reasons, names):
        raise ReasonsTellTooMuch(
            f"The reasons are shown in public, and they hold {told}.",
            mend="Leave it out here; put it into the note to both sides.",
            field="reasons",
        )
