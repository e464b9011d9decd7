"""What can go wrong between the books and the bank.

StatementUnreadable     422  no camt.053 that we read: DTD, wrong schema, broken XML
StatementDoesNotAdd     422  its own sums contradict each other
StatementTooLarge       413
ForeignStatement        409  another account's statement
StatementGap            409  its opening balance is not the last closing balance
EntryAlreadyBooked      409  it repeats an entry that another statement booked
BankAccountNotFound, StatementNotFound, BankEntryNotFound, PayoutNotFound, BatchNotFound   404
BankAccountTaken        409
EntryAlreadyExplained, MatchTooLarge, SuggestionStale   409
NotAvailable            409  more than the member can be paid
NoUsableBankAccount     409
OwnPayout, AlreadyApproved, OfficeMissing, NothingToPay, PayeeChanged    403, 409
NotReturned             409  only a payout that came back is asked for again
RunStillGoing           409  one run at a time
StatusReportUnreadable  422  no pain.002 that we read
ForeignReport           409  a status report about a file that we did not make
MandateNotFound, RunNotFound, DirectDebitNotFound, IncomeNotFound   404
MandateTaken, MandateUnusable, NothingToCollect   409
UnknownPayrollCountry   422
"""

from guild.core.errors import Conflict, Forbidden, Invalid, NotFound, PayloadTooLarge


class StatementUnreadable(Invalid):
    """The file is no statement that may be read safely; nothing was booked."""

    code = "statement_unreadable"
    title = "This file cannot be read as a bank statement"


class ObjectionTooLate(Conflict):
    """The days to say that a transfer was meant otherwise are over, or it was said already."""

    code = "allocation_objection_late"
    title = "This can no longer be said here"


class AllocationObjectionNotFound(NotFound):
    """Nobody objects to how this entry was shared out."""

    code = "allocation_objection_not_found"
    title = "No such objection"


class StatementDoesNotAdd(Invalid):
    """Entries, totals and balances of the file contradict each other; nothing was booked."""

    code = "statement_does_not_add_up"
    title = "The sums in this statement do not add up"


class StatementTooLarge(PayloadTooLarge):
    """More bytes or entries than one import takes."""

    code = "statement_too_large"
    title = "This statement is too large for one import"


class ForeignStatement(Conflict):
    """The statement belongs to an account that this co-operative does not keep."""

    code = "foreign_statement"
    title = "This statement is of another account"


class StatementGap(Conflict):
    """The opening balance is not the closing balance of the statement before it."""

    code = "statement_gap"
    title = "A statement is missing before this one"


class EntryAlreadyBooked(Conflict):
    """Some entries of the file were booked by another statement."""

    code = "entry_already_booked"
    title = "This statement repeats entries that are already booked"


class BankAccountTaken(Conflict):
    """The account is registered already."""

    code = "bank_account_taken"
    title = "This account is already kept"


class BankAccountNotFound(NotFound):
    """No such account of the co-operative."""

    code = "bank_account_not_found"
    title = "No such bank account"


class StatementNotFound(NotFound):
    """No such statement."""

    code = "statement_not_found"
    title = "No such bank statement"


class BankEntryNotFound(NotFound):
    """No such entry on any statement."""

    code = "bank_entry_not_found"
    title = "No such bank entry"


class PayoutNotFound(NotFound):
    """Absent, or another member's."""

    code = "payout_not_found"
    title = "No such payout"


class BatchNotFound(NotFound):
    """No such payment file."""

    code = "payment_batch_not_found"
    title = "No such payment file"


class EntryAlreadyExplained(Conflict):
    """Somebody has already said what this entry is."""

    code = "entry_already_explained"
    title = "This entry is already explained"


class MatchTooLarge(Conflict):
    """The amount does not fit the entry or the invoice."""

    code = "match_too_large"
    title = "The amount does not fit"


class IbanRefused(Invalid):
    """The account number's check digits or bank code are wrong."""

    code = "iban_refused"
    title = "This account number cannot be right"


class NotAvailable(Conflict):
    """More than can be paid out to this member now."""

    code = "payout_not_available"
    title = "This is more than can be paid out"


class NoUsableBankAccount(Conflict):
    """The member has no approved account that may be used yet."""

    code = "no_usable_bank_account"
    title = "There is no account to pay to yet"


class OwnPayout(Forbidden):
    """Nobody approves a payout that she asked for or receives."""

    code = "own_payout"
    title = "A payout is approved by others"


class AlreadyApproved(Conflict):
    """The same person does not count twice."""

    code = "already_approved"
    title = "You have already approved this payout"


class NothingToPay(Conflict):
    """There is no approved payout that waits for a payment file, or nobody to pay."""

    code = "nothing_to_pay"
    title = "There is nothing to pay out"


class PayeeChanged(Conflict):
    """The payee's account was replaced after the payout was approved."""

    code = "payee_changed"
    title = "The payee's account changed after the approval"


class PaymentFileInvalid(Invalid):
    """A payment order cannot be written so that banks accept it."""

    code = "payment_file_invalid"
    title = "The payment file cannot be made"


class OfficeMissing(Forbidden):
    """The approvals that are still missing must come from another office."""

    code = "office_missing"
    title = "Another office must approve this"


class NotReturned(Conflict):
    """Only a payout that came back is asked for again, and once."""

    code = "payout_not_returned"
    title = "This payout is not asked for again"


class NotOrderable(Conflict):
    """A refund or a supplier's invoice that is not owed, is ordered, or names no account."""

    code = "not_orderable"
    title = "This cannot be ordered"


class RunStillGoing(Conflict):
    """One run at a time, or two would ask for the same money."""

    code = "payout_run_still_going"
    title = "A payout run is still under way"


class RunNotFound(NotFound):
    """No such payout run."""

    code = "payout_run_not_found"
    title = "No such payout run"


class StatusReportUnreadable(Invalid):
    """The file is no status report that may be read safely; nothing was changed."""

    code = "status_report_unreadable"
    title = "This file cannot be read as a status report"


class ForeignReport(Conflict):
    """The report is about a payment file that this co-operative did not make."""

    code = "foreign_status_report"
    title = "This status report is about another file"


class MandateNotFound(NotFound):
    """No such mandate."""

    code = "mandate_not_found"
    title = "No such mandate"


class MandateTaken(Conflict):
    """The client has a mandate already, or its reference was used."""

    code = "mandate_taken"
    title = "There is such a mandate already"


class MandateUnusable(Conflict):
    """Nothing can be collected under this mandate, or in this way."""

    code = "mandate_unusable"
    title = "Nothing can be collected under this mandate"


class DirectDebitNotFound(NotFound):
    """No such collection."""

    code = "direct_debit_not_found"
    title = "No such direct debit"


class NothingToCollect(Conflict):
    """No announced collection is due for a file, or the invoice is not open."""

    code = "nothing_to_collect"
    title = "There is nothing to collect"


class IncomeNotFound(NotFound):
    """No such year statement, or it is not printed yet."""

    code = "income_statement_not_found"
    title = "No such year statement"


class UnknownPayrollCountry(Invalid):
    """There is no payroll template for that country and month."""

    code = "unknown_payroll_country"
    title = "There is no payroll template for this"


class MappingMissing(Invalid):
    """A CSV whose columns nobody has explained yet; nothing was booked."""

    code = "csv_mapping_missing"
    title = "Nobody has said yet what this CSV's columns mean"


class MappingNotFound(NotFound):
    """No such saved mapping."""

    code = "csv_mapping_not_found"
    title = "No such mapping of columns"


class UploadNotFound(NotFound):
    """The file was imported, discarded, or is older than a day."""

    code = "bank_upload_not_found"
    title = "This upload is gone"


class UndoNotFound(NotFound):
    """Nobody asked to undo this, or it is decided."""

    code = "match_undo_not_found"
    title = "No such request to undo"


class NothingToUndo(Conflict):
    """The entry is not explained, or pays something that is undone elsewhere."""

    code = "nothing_to_undo"
    title = "There is nothing to undo here"


class SecondPersonNeeded(Forbidden):
    """Whoever asks for an undo does not carry it out."""

    code = "second_person_needed"
    title = "Another person has to decide this"


class BankRuleNotFound(NotFound):
    """No such rule."""

    code = "bank_rule_not_found"
    title = "No such rule"


class RuleRefused(Invalid):
    """A rule without a condition, or with an action that rules may not take."""

    code = "bank_rule_refused"
    title = "This rule cannot be kept"


class ProviderNotFound(NotFound):
    """No such payment provider, or it is not set up."""

    code = "payment_provider_not_found"
    title = "No such payment provider"


class WebhookRefused(Forbidden):
    """The signature is not the provider's; nothing was recorded."""

    code = "provider_webhook_refused"
    title = "This message does not come from the payment provider"


class ProviderUnavailable(Conflict):
    """The provider did not answer as it documents."""

    code = "payment_provider_unavailable"
    title = "The payment provider could not be reached"
