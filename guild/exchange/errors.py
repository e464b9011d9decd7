"""What can go wrong on the way out and on the way in."""

from guild.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PayloadTooLarge,
    Unauthenticated,
    Unavailable,
)


class TransmissionNotFound(NotFound):
    """The document is absent, another's, or has no files yet."""

    code = "transmission_not_found"
    title = "No such delivery"


class OutcomeUnknown(Conflict):
    """Nobody knows whether it arrived, so it must not be sent a second time."""

    code = "outcome_unknown"
    title = "It may have arrived already"


class StillUnderWay(Conflict):
    """An attempt is under way; its outcome is awaited first."""

    code = "still_under_way"
    title = "It is under way"


class NoGateway(Conflict):
    """This installation sends by mail only."""

    code = "no_gateway"
    title = "There is no way to the Peppol network here"


class AddressInvalid(Invalid):
    """Neither an e-mail address nor a participant of the network."""

    code = "address_invalid"
    title = "This address cannot be used"


class SignatureInvalid(Unauthenticated):
    """The notice was not signed with the secret that both sides keep."""

    code = "signature_invalid"
    title = "The signature does not hold"


class NoticeTooOld(Conflict):
    """The moment in the signature lies outside the window: a recording, or a wrong clock."""

    code = "notice_too_old"
    title = "The notice is too old"


class NoticeReused(Conflict):
    """One identifier, two contents: one of them is forged."""

    code = "notice_reused"
    title = "This identifier was used for something else"


class SupplierInvoiceNotFound(NotFound):
    """Absent, or not for this actor's eyes."""

    code = "supplier_invoice_not_found"
    title = "No such supplier's invoice"


class InvoiceUnreadable(Invalid):
    """The file is no electronic invoice that may be read; `detail` says why."""

    code = "invoice_unreadable"
    title = "This file cannot be read as an invoice"


class InvoiceNotInside(Invalid):
    """A PDF without the electronic invoice that Factur-X carries."""

    code = "invoice_not_inside"
    title = "There is no electronic invoice in this PDF"


class InvoiceTooLarge(PayloadTooLarge):
    """More than an invoice can be."""

    code = "invoice_too_large"
    title = "This is too large for an invoice"


class ReaderUnavailable(Unavailable):
    """The reading process could not be started or ran out of its limits without a verdict."""

    code = "reader_unavailable"
    title = "The file could not be read just now"


class RulesNotInstalled(Unavailable):
    """The official schemas are not there; nothing is said to have passed them."""

    code = "official_rules_missing"
    title = "The official rules cannot be asked"


class AlreadyReceived(Conflict):
    """The same bytes are here already."""

    code = "supplier_invoice_known"
    title = "This file was received before"


class ReceivedTwice(Conflict):
    """Another file of the same supplier, number and date counts already."""

    code = "supplier_invoice_twice"
    title = "This invoice counts already"


class NotMatched(Conflict):
    """It is not said yet whose project it is for."""

    code = "supplier_invoice_not_matched"
    title = "Say first which project it is for"


class NotForUs(Conflict):
    """It is addressed to another company; booking it would be wrong."""

    code = "supplier_invoice_not_ours"
    title = "It is addressed to somebody else"


class NotBookable(Conflict):
    """The books cannot show it without a person's decision; `mend` says which."""

    code = "supplier_invoice_not_bookable"
    title = "This invoice cannot be booked as it is"


class OwnCost(Forbidden):
    """Nobody books what her own project bought."""

    code = "own_cost"
    title = "Somebody else has to book this"


class SecondPersonNeeded(Conflict):
    """Above the charter's amount, whoever accepted or uploaded it does not book it."""

    code = "second_person_needed"
    title = "A second person has to book this"
