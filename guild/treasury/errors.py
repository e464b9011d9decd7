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
OwnPayout, AlreadyApproved, NothingToPay, PayeeChanged    403, 409
"""

from guild.core.errors import Conflict, Forbidden, Invalid, NotFound, PayloadTooLarge


class StatementUnreadable(Invalid):
    """The file is no statement that may be read safely; nothing was booked."""

    code = "statement_unreadable"
    title = "This file cannot be read as a bank statement"


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
