"""Use cases of the treasury, one subject per file."""

from guild.treasury.commands.accounts import open_coop_account
from guild.treasury.commands.allocating import mail_allocation
from guild.treasury.commands.approving import approve_payout, reject_payout
from guild.treasury.commands.automatic import confirm_exact
from guild.treasury.commands.batches import (
    make_payment_batch,
    make_payment_batches,
    mark_batch_sent,
)
from guild.treasury.commands.chargebacks import takes_back
from guild.treasury.commands.charging import tell_of_owing
from guild.treasury.commands.choices import choose_rhythm, record_payee_check
from guild.treasury.commands.collecting import (
    announce_collections,
    invoices_of,
    make_collection_file,
    note_collected,
    note_collection_returned,
    note_not_collected,
    stop_collection,
)
from guild.treasury.commands.confirming import confirm_match
from guild.treasury.commands.costs import confirm_supplier_invoice
from guild.treasury.commands.income import ask_for_statement, note_employment, payroll
from guild.treasury.commands.mandates import cancel_mandate, confirm_mandate, enter_mandate
from guild.treasury.commands.matching import confirm_payout, explain_entry, set_aside_entry
from guild.treasury.commands.meant_otherwise import (
    answer_allocation,
    follow_objection,
    object_to_allocation,
)
from guild.treasury.commands.ordering import keep_refund, order_invoice_again, order_refund_again
from guild.treasury.commands.orders import Payee, order_refund, order_supplier_payment
from guild.treasury.commands.paying import (
    ask_as_client,
    ask_through_provider,
    link_to_ask,
    note_link,
    take_webhook,
)
from guild.treasury.commands.payouts import pay_again, request_payout
from guild.treasury.commands.provided import record_seen
from guild.treasury.commands.reports import import_status_report
from guild.treasury.commands.ruling import change_rule, switch_rule, write_rule
from guild.treasury.commands.run_approvals import approve_run, set_aside_slice
from guild.treasury.commands.runs import advance_run, start_chosen_run, start_run
from guild.treasury.commands.splitting import confirm_split
from guild.treasury.commands.statements import import_statements
from guild.treasury.commands.undoing import ask_undo, decide_undo
from guild.treasury.commands.uploads import (
    discard_upload,
    drop_old_uploads,
    forget_mapping,
    import_upload,
    keep_upload,
    save_mapping,
)

__all__ = [
    "Payee",
    "advance_run",
    "announce_collections",
    "answer_allocation",
    "approve_payout",
    "approve_run",
    "ask_as_client",
    "ask_for_statement",
    "ask_through_provider",
    "ask_undo",
    "cancel_mandate",
    "change_rule",
    "choose_rhythm",
    "confirm_exact",
    "confirm_mandate",
    "confirm_match",
    "confirm_payout",
    "confirm_split",
    "confirm_supplier_invoice",
    "decide_undo",
    "discard_upload",
    "drop_old_uploads",
    "enter_mandate",
    "explain_entry",
    "follow_objection",
    "forget_mapping",
    "import_statements",
    "import_status_report",
    "import_upload",
    "invoices_of",
    "keep_refund",
    "keep_upload",
    "link_to_ask",
    "mail_allocation",
    "make_collection_file",
    "make_payment_batch",
    "make_payment_batches",
    "mark_batch_sent",
    "note_collected",
    "note_collection_returned",
    "note_employment",
    "note_link",
    "note_not_collected",
    "object_to_allocation",
    "open_coop_account",
    "order_invoice_again",
    "order_refund",
    "order_refund_again",
    "order_supplier_payment",
    "pay_again",
    "payroll",
    "record_payee_check",
    "record_seen",
    "reject_payout",
    "request_payout",
    "save_mapping",
    "set_aside_entry",
    "set_aside_slice",
    "start_chosen_run",
    "start_run",
    "stop_collection",
    "switch_rule",
    "take_webhook",
    "takes_back",
    "tell_of_owing",
    "write_rule",
]
