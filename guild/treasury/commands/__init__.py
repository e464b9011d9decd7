"""Use cases of the treasury, one subject per file."""

from guild.treasury.commands.accounts import open_coop_account
from guild.treasury.commands.batches import make_payment_batch, mark_batch_sent
from guild.treasury.commands.matching import confirm_match, confirm_payout, explain_entry
from guild.treasury.commands.payouts import approve_payout, reject_payout, request_payout
from guild.treasury.commands.runs import prepare_payout_run
from guild.treasury.commands.statements import import_statements

__all__ = [
    "approve_payout",
    "confirm_match",
    "confirm_payout",
    "explain_entry",
    "import_statements",
    "make_payment_batch",
    "mark_batch_sent",
    "open_coop_account",
    "prepare_payout_run",
    "reject_payout",
    "request_payout",
]
