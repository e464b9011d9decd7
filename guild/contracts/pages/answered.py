"""The page instead of a form that has nothing left to do: what she did, when, and what comes next.

Whoever comes back to a form after her answer, or after the offer was closed, reads this page.
"""

from typing import Final

from litestar import Response

from guild.contracts import queries
from guild.contracts.pages.words import offer_page, sayer
from guild.contracts.queries import Answered
from guild.contracts.schemas import OfferOut
from guild.core.pages import long_moment
from guild.core.work import Work

DONE: Final = ("signed", *queries.ANSWERS)
"""What a person can have done herself."""
AGREED: Final = ("signed", "applied")
OVER: Final = ("expired", "withdrawn", "suspended", "void", "completed", "terminated")
TURNS: Final = {"informed": "reads", "not_needed": "spare", "waiting": "waits"}
"""Places among the signers from which nobody answers; everything else gave no answer."""


def told(offer: OfferOut, given: Answered | None) -> dict[str, str]:
    """What she did, how the offer stands, and what comes next, in her language; `lead` in short."""
    if given is None:
        return {"lead": ""}
    standing, own = _standing(offer, given), _own(given)
    say, blanks = sayer(offer.language), _blanks(offer, given, standing)
    did = long_moment(given.signed_at or given.at or offer.sent_at, offer.language)
    said = {
        "title": say(f"an_t_{own if own in DONE else standing}", **blanks),
        "you": say(f"an_you_{own}", **{**blanks, "moment": did}),
        "stands": say(f"an_st_{standing}", **blanks),
        "next": say(f"an_nx_{_next(offer, given, standing)}", **blanks),
    }
    short = [said["you"]] if own != "nothing" else []
    if standing == "yours":
        short.append(said["next"])
    elif not (standing == "agreed" and own == "signed"):
        short.append(said["stands"])
    return {**said, "lead": " ".join(short)}


def _own(given: Answered) -> str:
    return given.yours if given.yours in DONE else TURNS.get(given.yours, "nothing")


def _standing(offer: OfferOut, given: Answered) -> str:
    """How the offer or the contract stands, as one name."""
    if offer.state in AGREED:
        return "agreed"
    if offer.state in OVER:
        return offer.state
    if given.by_you:
        return "yours"
    if given.at is not None:
        return "refused" if offer.state == "declined" else "changes"
    if offer.state != "sent":
        return "draft"
    return "expired" if given.late else "sent"


def _next(offer: OfferOut, given: Answered, standing: str) -> str:
    if standing == "agreed":
        return "sealed" if offer.sealed_at else "sealing"
    if standing == "yours":
        return "changes" if given.yours == "changes_requested" else "declined"
    if standing == "sent":
        return "turn" if given.yours == "waiting" else "sent"
    return {"completed": "over", "terminated": "over", "draft": "changes", "refused": "declined",
            "void": "withdrawn"}.get(standing, standing)  # fmt: skip


def _blanks(offer: OfferOut, given: Answered, standing: str) -> dict[str, str]:
    moment = {
        "agreed": offer.signed_at, "expired": offer.answer_by, "terminated": given.ended_at,
    }.get(standing, given.at)  # fmt: skip
    return {
        "member": offer.member_name,
        "client": offer.terms.client.name,
        "name": given.by,
        "moment": long_moment(moment or offer.sent_at, offer.language),
        "day": long_moment(offer.answer_by, offer.language),
    }


async def answered_page(
    work: Work, offer: OfferOut, *, errors: bool = False
) -> Response[str] | None:
    """The page, or nothing while she can still answer. After a form was sent it is a 409."""
    given = await queries.answered(work, offer)
    if given is None:
        return None
    answer = offer_page(
        work, "contracts/answered.html", offer, errors=[], told=told(offer, given), given=given
    )
    if errors:
        answer.status_code = 409
    return answer


async def closed_page(work: Work) -> Response[str] | None:
    """For a form that was sent: the page, as a 409, when it has nothing left to do."""
    offer, _ = await queries.offer_view(work)
    return await answered_page(work, offer, errors=True)
