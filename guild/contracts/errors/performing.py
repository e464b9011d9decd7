"""Refusals about work under a contract: milestones, time, amendments, endings and disputes."""

from guild.core.errors import Conflict, IllegalMove, Invalid, NotFound


class MilestoneNotFound(NotFound):
    """Absent, or of a contract that is not the actor's."""

    code = "milestone_not_found"
    title = "No such milestone"


class NothingDelivered(Conflict):
    """There is no delivery waiting for an answer."""

    code = "nothing_delivered"
    title = "Nothing is waiting for an answer"


class NotAllInvoiceable(Conflict):
    """Only accepted milestones of that contract can be invoiced, and only once."""

    code = "milestones_not_invoiceable"
    title = "Not all of these milestones can be invoiced"


class AmendmentOpen(Conflict):
    """One amendment of a contract is on the table at a time."""

    code = "amendment_open"
    title = "There is an amendment already"


class AmendmentTouchesDone(Conflict):
    """What is delivered, accepted or invoiced is not changed by an amendment."""

    code = "amendment_touches_done"
    title = "The amendment changes what is done"


class TimerRuns(Conflict):
    """One timer of a member runs at a time."""

    code = "timer_runs"
    title = "A timer runs already"


class NoTimer(Conflict):
    """There is no timer to stop."""

    code = "no_timer"
    title = "No timer runs"


class TimeEntryNotFound(NotFound):
    """Absent, or another member's."""

    code = "time_entry_not_found"
    title = "No such entry"


class OnASheet(Conflict):
    """A client looks at this entry, or has approved it."""

    code = "on_a_sheet"
    title = "It stands on a time sheet"


class ReceiptRefused(Invalid):
    """The receipt is too large, or no PDF or picture."""

    code = "receipt_refused"
    title = "The receipt cannot be taken"


class SheetWaits(Conflict):
    """A time sheet is open."""

    code = "sheet_waits"
    title = "A time sheet is open"


class NothingOnSheet(Conflict):
    """Neither time nor costs to approve."""

    code = "nothing_on_sheet"
    title = "There is nothing to approve"


class AboveTheCap(Conflict):
    """More than the contract allows to be asked for."""

    code = "above_the_cap"
    title = "Above the agreed cap"


class TimeIsDelivered(Conflict):
    """Time is paid by sheets or as one delivery, not both."""

    code = "time_is_delivered"
    title = "Time and delivery exclude each other"


class StaleSheet(Conflict):
    """The answer names another time sheet than the one on the table."""

    code = "stale_sheet"
    title = "The time sheet has changed"


class EndingNotFound(NotFound):
    """This contract has no closing statement."""

    code = "ending_not_found"
    title = "No closing statement"


class StaleEnding(Conflict):
    """The answer names another statement than the one that was sent."""

    code = "stale_ending"
    title = "The statement has changed"


class NothingLeft(IllegalMove):
    """All work is delivered or accepted, so nothing can end early."""

    code = "nothing_left_to_end"
    title = "There is nothing left to end"


class CaseNotFound(NotFound):
    """Absent, or not yours to see."""

    code = "case_not_found"
    title = "No such dispute"


class CaseIsOpen(Conflict):
    """One dispute of a contract is open at a time."""

    code = "case_open"
    title = "A dispute is open already"


class PartTooLarge(Invalid):
    """A part is more than nothing and less than the whole."""

    code = "part_too_large"
    title = "That is no part of it"


class FileRefused(Invalid):
    """A file is too large or no base64."""

    code = "file_refused"
    title = "The file cannot be taken"
