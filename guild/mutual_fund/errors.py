"""What can go wrong in the fund.

GuildError
├── NotFound  ← ClaimNotFound, EvidenceNotFound, LevyNotFound
├── Forbidden ← OwnCase, NotOnThisJury
├── Conflict  ← DuplicateClaim, AppealClosed, NoMoreJurors, SeedNotSigned, VerdictGiven,
│               NothingToWriteOff, SecondPersonNeeded
├── Invalid   ← NotYetCovered, PeriodImpossible, EvidenceUnreadable, PartOutOfRange
└── PayloadTooLarge ← EvidenceTooLarge
"""

from guild.core.errors import Conflict, Forbidden, Invalid, NotFound, PayloadTooLarge


class ClaimNotFound(NotFound):
    """No such claim, or not one that the actor may see."""

    code = "claim_not_found"
    title = "No such claim"


class EvidenceNotFound(NotFound):
    """No such document with the claim, or not one that the actor may open."""

    code = "evidence_not_found"
    title = "No such document"


class LevyNotFound(NotFound):
    """The fund does not know the invoice."""

    code = "levy_not_found"
    title = "The fund does not know this invoice"


class OwnCase(Forbidden):
    """Nobody decides in her own case."""

    code = "own_case"
    title = "You may not decide in your own case"


class NotOnThisJury(Forbidden):
    """Only the jurors of a claim, who have accepted, judge it."""

    code = "not_on_this_jury"
    title = "You are not on this jury"


class NothingToWriteOff(Conflict):
    """No advance is out on the invoice, or its loss was asked for or confirmed already."""

    code = "nothing_to_write_off"
    title = "There is no advance to give up"


class SecondPersonNeeded(Conflict):
    """Another person than the one who asked has to confirm."""

    code = "second_person_needed"
    title = "A second person is needed"


class DuplicateClaim(Conflict):
    """The days are in another claim of the same member already."""

    code = "duplicate_claim"
    title = "These days are claimed already"


class AppealClosed(Conflict):
    """One appeal, within the charter's days."""

    code = "appeal_closed"
    title = "This decision can no longer be appealed"


class SeedNotSigned(Conflict):
    """The seed of a draw is the first checkpoint that the public log signs over the filing."""

    code = "seed_not_signed"
    title = "The public log has not signed this filing yet"
    mend = "It signs once a minute; the draw then happens by itself."


class NoMoreJurors(Conflict):
    """There are not enough members without a conflict to make a jury."""

    code = "no_more_jurors"
    title = "There are not enough members to draw a jury from"


class VerdictGiven(Conflict):
    """A verdict is given once."""

    code = "verdict_given"
    title = "You have given your verdict"


class NotYetCovered(Invalid):
    """The waiting period is not over; the answer says from which day it is."""

    code = "not_yet_covered"
    title = "Not covered yet"


class PeriodImpossible(Invalid):
    """The period of a claim ends before it begins, lies ahead, or before membership."""

    code = "period_impossible"
    title = "The period cannot be right"


class PartOutOfRange(Invalid):
    """A part of the claim lies between nothing and all of it."""

    code = "part_out_of_range"
    title = "The part must be more than nothing and less than all"


class EvidenceUnreadable(Invalid):
    """The content is not base64, or not of a kind that the fund takes."""

    code = "evidence_unreadable"
    title = "The document could not be read"


class EvidenceTooLarge(PayloadTooLarge):
    """Documents are at most 256 kB."""

    code = "evidence_too_large"
    title = "The document is too large"
