"""Refusals about offers, links, codes and signatures."""

from guild.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    StaleVersion,
    TooMany,
    Unauthenticated,
)


class OfferNotFound(NotFound):
    """The link opens no offer (any more)."""

    code = "offer_not_found"
    title = "This link opens no offer"


class DocumentNotReady(NotFound):
    """The sealed file is still being made."""

    code = "contract_document_not_ready"
    title = "The sealed file is not ready yet"


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


class TooManyLinks(TooMany):
    """Enough links were mailed for one version."""

    code = "contract_links_too_many"
    title = "Too many links were sent"


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
