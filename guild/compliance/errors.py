"""What can go wrong in a review."""

from guild.core.errors import Conflict, Forbidden, Invalid, NotFound


class ReviewNotFound(NotFound):
    """Absent, or of a contract that this actor may not know about."""

    code = "review_not_found"
    title = "No such review"


class LabelNotFound(NotFound):
    """No label has this code or id."""

    code = "label_not_found"
    title = "No such label"


class ContractNotReviewable(NotFound):
    """Absent, or somebody else's."""

    code = "contract_not_found"
    title = "No such contract"


class ReviewAlreadyOpen(Conflict):
    """A contract has one open review at a time."""

    code = "review_already_open"
    title = "This contract is under review"


class ContractOver(Conflict):
    """A contract that never came about has nothing to review."""

    code = "contract_over"
    title = "This contract did not come about"


class ConflictOfInterest(Forbidden):
    """The rep has a tie to one of the sides; the content stays hidden."""

    code = "conflict_of_interest"
    title = "You have a tie to this contract"


class NotYourReview(Forbidden):
    """Another rep has it."""

    code = "not_your_review"
    title = "This review is with another rep"


class NotTheSecondRep(Forbidden):
    """The second pair of eyes is drawn; nobody chooses it, and nobody confirms herself."""

    code = "not_the_second_rep"
    title = "Another rep was drawn for this"


class NoSecondRep(Conflict):
    """Nobody is left who could be drawn."""

    code = "no_second_rep"
    title = "No second rep can be drawn"


class EvidenceMissing(Invalid):
    """`Met` without saying by what."""

    code = "evidence_missing"
    title = "“Met” needs evidence"


class BasicFirst(Invalid):
    """The second point of a principle only with the first."""

    code = "basic_first"
    title = "The advanced point needs the basic one"


class FindingsIncomplete(Conflict):
    """A conclusion answers all principles, if only with “no evidence”."""

    code = "findings_incomplete"
    title = "Some principles are not answered yet"


class LabelNotEarned(Conflict):
    """The findings do not carry a label."""

    code = "label_not_earned"
    title = "The findings do not carry the label"


class ReasonsTellTooMuch(Invalid):
    """Reasons are public: no names, no sums."""

    code = "reasons_tell_too_much"
    title = "The reasons are public"
