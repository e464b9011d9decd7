"""What can go wrong with contracts, offers, signatures and deliveries."""

from guild.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    StaleVersion,
    TooMany,
    Unauthenticated,
    Unavailable,
)


class ContractNotFound(NotFound):
    """Absent, or another member's."""

    code = "contract_not_found"
    title = "No such contract"


class OfferNotFound(NotFound):
    """The link opens no offer (any more)."""

    code = "offer_not_found"
    title = "This link opens no offer"


class CalendarNotFound(NotFound):
    """The address is wrong, or was revoked."""

    code = "calendar_not_found"
    title = "There is no calendar at this address"


class RateNotFound(NotFound):
    """No such rate among the member's own."""

    code = "rate_not_found"
    title = "No such rate"


class RateTaken(Conflict):
    """Another rate of the same role, unit and currency begins on that day."""

    code = "rate_taken"
    title = "A rate for that day is there already"


class ErasureNotFound(NotFound):
    """No such erasure, or another member's."""

    code = "erasure_not_found"
    title = "No such erasure"


class KeptByLaw(Conflict):
    """The contract has to be kept for longer, or something about it is still open."""

    code = "contract_kept"
    title = "This contract is still kept"


class MilestoneNotFound(NotFound):
    """Absent, or of a contract that is not the actor's."""

    code = "milestone_not_found"
    title = "No such milestone"


class DocumentNotReady(NotFound):
    """The sealed file is still being made."""

    code = "contract_document_not_ready"
    title = "The sealed file is not ready yet"


class TermsInvalid(Invalid):
    """The terms contradict themselves."""

    code = "contract_terms_invalid"
    title = "The terms do not fit together"


class ProtectionsMissing(Invalid):
    """The law of the place asks for something the contract does not say; `findings` lists it."""

    code = "contract_protections_missing"
    title = "The contract lacks what the law asks for"


class StaleOffer(StaleVersion):
    """The client answered a version that is not the one on the table."""

    code = "contract_version_stale"
    title = "This version of the offer has been replaced"


class OfferExpired(Conflict):
    """The answer-by time has passed."""

    code = "contract_offer_expired"
    title = "The time to answer this offer has passed"


class CodeWrong(Invalid):
    """The one-time code does not match; `tries_left` says how many remain."""

    code = "signing_code_wrong"
    title = "The code does not match"


class CodeExpired(Invalid):
    """There is no code that still works; ask for a new one."""

    code = "signing_code_expired"
    title = "This code no longer works"


class CodeTriesUsedUp(TooMany):
    """The tries of this link are used up; only a new link helps."""

    code = "signing_code_tries_used_up"
    title = "Too many wrong codes"


class TooManyRemarks(TooMany):
    """One side has said enough about a contract for one day."""

    code = "contract_remarks_too_many"
    title = "Too many remarks for one day"


class TooManyCodes(TooMany):
    """Enough codes were mailed for one link."""

    code = "signing_codes_too_many"
    title = "Too many codes were asked for"


class ConsentMissing(Invalid):
    """Without the consent sentence there is no signature."""

    code = "signing_consent_missing"
    title = "Your consent is missing"


class NameMissing(Invalid):
    """The typed name is the signature."""

    code = "signing_name_missing"
    title = "Your name is missing"


class NotTheClient(Forbidden):
    """Only the person whom the link was mailed to may answer."""

    code = "not_the_client"
    title = "Only the client can answer an offer"


class SameAddress(Conflict):
    """The offer would go to the member's own address."""

    code = "contract_with_oneself"
    title = "Nobody signs a contract with themselves"


class NothingDelivered(Conflict):
    """There is no delivery waiting for an answer."""

    code = "nothing_delivered"
    title = "Nothing is waiting for an answer"


class NotAllInvoiceable(Conflict):
    """Only accepted milestones of that contract can be invoiced, and only once."""

    code = "milestones_not_invoiceable"
    title = "Not all of these milestones can be invoiced"


class TooManyLinks(TooMany):
    """Enough links were mailed for one version."""

    code = "contract_links_too_many"
    title = "Too many links were sent"


class LawNotKnown(Unavailable):
    """No legal data covers the day; nothing is guessed."""

    code = "law_not_known"
    title = "The law of that day is not in the data"


class PaperNotFound(NotFound):
    """The contract stands on no document of the client's, or is not the actor's."""

    code = "contract_paper_not_found"
    title = "No document of the client"


class PaperRefused(Invalid):
    """The file is no PDF, too large, or not readable as base64."""

    code = "contract_paper_refused"
    title = "This file cannot be taken"


class RepTaskNotFound(NotFound):
    """Absent, or about a contract that is not the actor's."""

    code = "rep_task_not_found"
    title = "No such request"


class NothingToAsk(Conflict):
    """There is nothing of that kind to ask a rep about, or it was asked already."""

    code = "nothing_to_ask"
    title = "There is nothing to ask"


class OwnCase(Forbidden):
    """Nobody answers a request of her own."""

    code = "own_case"
    title = "Nobody decides in their own case"


class FloorRate(Conflict):
    """The contract brings less than the floor that the members voted; the sum is in the detail."""

    code = "floor_rate"
    title = "Below the floor"


class TemplateNotFound(NotFound):
    """No template of the house or of this member has that name or id."""

    code = "contract_template_not_found"
    title = "No such template"


class TemplateNameTaken(Conflict):
    """This member has a template of that name."""

    code = "contract_template_name_taken"
    title = "There is a template of that name"


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


class SignersInvalid(Invalid):
    """The people who are to sign, or their order, do not fit together."""

    code = "signers_invalid"
    title = "These people cannot sign like this"


class NotYourTurn(Conflict):
    """Somebody else answers first, or this person only reads along."""

    code = "not_your_turn"
    title = "It is not your turn to answer"


class AlreadyAnswered(Conflict):
    """This person has answered; others have not yet."""

    code = "already_answered"
    title = "You have answered already"


class EndingNotFound(NotFound):
    """This contract has no closing statement."""

    code = "ending_not_found"
    title = "No closing statement"


class StaleEnding(Conflict):
    """The answer names another statement than the one that was sent."""

    code = "stale_ending"
    title = "The statement has changed"


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


class ExtensionNotAsked(Conflict):
    """The client has not asked for more time."""

    code = "extension_not_asked"
    title = "Nobody asked for more time"


class TooManyExtensions(TooMany):
    """The time to answer this version was lengthened often enough."""

    code = "extensions_too_many"
    title = "The time was lengthened often enough"


class LevelTooLow(Conflict):
    """The charter asks for a stronger signature at this value; `needed` names it."""

    code = "signature_level_too_low"
    title = "This contract needs a stronger signature"


class NothingPrepared(Conflict):
    """No signature waits for a passkey or provider, or its time is over."""

    code = "signature_not_prepared"
    title = "No signature waits for this"


class EidNotOffered(Conflict):
    """No provider of identities is connected here."""

    code = "eid_not_offered"
    title = "Signing by eID is not offered here"


class EidAnswerRefused(Unauthenticated):
    """What claims to come from the provider of identities is not signed by it, or is old."""

    code = "eid_answer_refused"
    title = "The provider's answer was refused"


class EidAnswerStrange(Conflict):
    """A true answer of the provider that does not fit what waits."""

    code = "eid_answer_strange"
    title = "The answer does not belong to a signature that waits"


class ObjectionTooLate(Conflict):
    """The days in which a signer may say that it was not she are over."""

    code = "signing_objection_too_late"
    title = "The time to object to the signature is over"


class ObjectionNotFound(NotFound):
    """Absent, or not for the actor's eyes."""

    code = "signing_objection_not_found"
    title = "No such objection"


class VoidingAsked(Conflict):
    """One side has asked already to make the contract void."""

    code = "contract_voiding_asked"
    title = "This has been asked already"


class VoidingNotAsked(Conflict):
    """Nobody asked to make the contract void."""

    code = "contract_voiding_not_asked"
    title = "Nobody asks to make this contract void"


class AlreadyInvoiced(Conflict):
    """What is accepted or invoiced is settled first; a contract in course is ended, not undone."""

    code = "contract_already_invoiced"
    title = "Work under this contract has been accepted"
