"""What can be refused about attestations and scores."""

from guild.core.errors import Conflict, Forbidden, Invalid, NotFound


class AttestationNotFound(NotFound):
    """Absent, hidden, or somebody else's."""

    code = "attestation_not_found"
    title = "No such entry"


class DisputeNotFound(NotFound):
    """Absent, or not for this actor."""

    code = "dispute_not_found"
    title = "No such dispute"


class NothingToRate(NotFound):
    """Not a contract of the actor's, or nothing that can be spoken about."""

    code = "contract_not_found"
    title = "No such contract"


class NotYetRateable(Conflict):
    """The contract is not completed, or its invoices are neither paid nor overdue."""

    code = "not_yet_rateable"
    title = "It is too early to speak about this contract"


class RatingClosed(Conflict):
    """The time is over, or the other side's word is public already."""

    code = "rating_closed"
    title = "The time to speak about this contract is over"


class AlreadySpoken(Conflict):
    """Each side speaks once."""

    code = "already_spoken"
    title = "You have spoken about this contract"


class UnknownQuestion(Invalid):
    """An answer to a question that the charter does not ask."""

    code = "unknown_question"
    title = "The charter does not ask this"


class OwnDealing(Forbidden):
    """Both sides are one person."""

    code = "own_dealing"
    title = "Nobody speaks about herself"


class DisputeClosed(Conflict):
    """Six months have passed, or a rep has ruled already."""

    code = "dispute_closed"
    title = "This entry can no longer be disputed"


class RepInvolved(Forbidden):
    """A rep with a tie to either side never rules."""

    code = "rep_involved"
    title = "You have a tie to one of the sides"


class NoSuchParty(NotFound):
    """No such member or client, or none that the actor may see."""

    code = "no_such_party"
    title = "Nothing is known of them"
