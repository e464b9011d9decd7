"""What is done about what clients owe: object, promise, remind, claim, give up, give back."""

from guild.receivables.commands.credit import (
    apply_credit,
    decide_refund,
    note_overpayment,
    note_refund,
    propose_refund,
)
from guild.receivables.commands.ending import end_by_delivery, remind_mediators
from guild.receivables.commands.insolvency import (
    bundle_proofs,
    flag_insolvent,
    lift_insolvency,
)
from guild.receivables.commands.interest import (
    claim_interest,
    print_interest,
    record_interest_payment,
    reverse_interest_payment,
    waive_interest,
)
from guild.receivables.commands.objecting import object_to
from guild.receivables.commands.objections import (
    answer_objection,
    apply_silence,
    concede,
    rule_on,
)
from guild.receivables.commands.profile import reply_to_profile, settle_profile, tell_of_profile
from guild.receivables.commands.promises import keep_promises, notice_broken, promise_payment
from guild.receivables.commands.reminding import (
    due_invoices,
    print_reminder,
    remind,
    set_rule,
)
from guild.receivables.commands.writing_off import (
    ask_write_off,
    credit_write_off,
    decide_vat,
    decide_write_off,
    reinstate,
)

__all__ = [
    "answer_objection",
    "apply_credit",
    "apply_silence",
    "ask_write_off",
    "bundle_proofs",
    "claim_interest",
    "concede",
    "credit_write_off",
    "decide_refund",
    "decide_vat",
    "decide_write_off",
    "due_invoices",
    "end_by_delivery",
    "flag_insolvent",
    "keep_promises",
    "lift_insolvency",
    "note_overpayment",
    "note_refund",
    "notice_broken",
    "object_to",
    "print_interest",
    "print_reminder",
    "promise_payment",
    "propose_refund",
    "record_interest_payment",
    "reinstate",
    "remind",
    "remind_mediators",
    "reply_to_profile",
    "reverse_interest_payment",
    "rule_on",
    "set_rule",
    "settle_profile",
    "tell_of_profile",
    "waive_interest",
]
