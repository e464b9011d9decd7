"""What can go wrong about what clients owe."""

from guild.core.errors import Conflict, Forbidden, Invalid, NotFound


class ObjectionNotFound(NotFound):
    """Absent, or another's."""

    code = "objection_not_found"
    title = "No such objection"


class AlreadyDisputed(Conflict):
    """One objection at a time holds a part of an invoice."""

    code = "already_disputed"
    title = "An objection to this invoice is being dealt with"


class NothingOpen(Conflict):
    """The invoice is paid, credited or given up."""

    code = "nothing_open"
    title = "Nothing is open on this invoice"


class DisputedTooMuch(Invalid):
    """More than is open cannot be in dispute."""

    code = "disputed_too_much"
    title = "That is more than is open"


class PromiseTooLate(Invalid):
    """A promise names a day within what the charter believes."""

    code = "promise_day"
    title = "The promised day cannot be taken"


class NotLateEnough(Conflict):
    """Interest may be claimed some days after the due day only, and each period once."""

    code = "interest_not_yet"
    title = "There is no interest to claim now"


class NoStatutoryInterest(Conflict):
    """The debtor is a consumer, or the law of that country is not in the tables."""

    code = "no_statutory_interest"
    title = "No statutory interest for this debt"


class InterestRateUnknown(Conflict):
    """The dated table has no rate for that half-year; an old rate is never reused."""

    code = "interest_rate_unknown"
    title = "No interest rate is known for that half-year"


class InterestClaimNotFound(NotFound):
    """Absent, or another's."""

    code = "interest_claim_not_found"
    title = "No such claim of interest"


class WriteOffNotFound(NotFound):
    """Absent, or another's."""

    code = "write_off_not_found"
    title = "No such write-off"


class WriteOffAsked(Conflict):
    """A write-off of this invoice waits for its second person already."""

    code = "write_off_asked"
    title = "This was asked for already"


class RefundNotFound(NotFound):
    """Absent, or another's."""

    code = "refund_not_found"
    title = "No such refund"


class CreditTooSmall(Invalid):
    """The client has less on account than is asked of it."""

    code = "client_credit_too_small"
    title = "The client has less on account"


class InsolvencyNotFound(NotFound):
    """The client is not flagged as insolvent."""

    code = "insolvency_not_found"
    title = "This client is not flagged as insolvent"


class AlreadyFlagged(Conflict):
    """The client is flagged already."""

    code = "insolvency_flagged"
    title = "This client is flagged as insolvent already"


class BundleNotReady(NotFound):
    """The bundle is made by a background job a moment after the flag."""

    code = "bundle_not_ready"
    title = "The bundle of proofs does not exist (yet)"


class ReminderNotFound(NotFound):
    """No such reminder, or it went by mail and has no letter."""

    code = "reminder_not_found"
    title = "No such reminder letter"


class SecondPersonNeeded(Forbidden):
    """Money is given up or given back by two persons."""

    code = "second_person"
    title = "Another person has to decide this"


class NotContested(Conflict):
    """The client does not contest its figures, or that was settled."""

    code = "profile_not_contested"
    title = "Nobody contests these figures"


class OwnCase(Forbidden):
    """Nobody decides in her own case."""

    code = "own_case"
    title = "This is your own case"
