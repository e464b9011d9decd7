"""What can go wrong with contracts, offers, signatures and deliveries."""

from guild.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    StaleVersion,
    TooMany,
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
