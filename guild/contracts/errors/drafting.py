"""Refusals about contracts, their terms, templates, papers and how long they are kept."""

from guild.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class ContractNotFound(NotFound):
    """Absent, or another member's."""

    code = "contract_not_found"
    title = "No such contract"


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


class TermsInvalid(Invalid):
    """The terms contradict themselves."""

    code = "contract_terms_invalid"
    title = "The terms do not fit together"


class ProtectionsMissing(Invalid):
    """The law of the place asks for something the contract does not say; `findings` lists it."""

    code = "contract_protections_missing"
    title = "The contract lacks what the law asks for"


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
