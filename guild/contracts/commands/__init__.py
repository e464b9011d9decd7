"""Use cases of contracts, by subject: drafting, offering, answering, performing, sealing."""

from guild.contracts.commands.answering import (
    decline_contract,
    note_opened,
    request_code,
    request_contract_changes,
    sign_contract,
)
from guild.contracts.commands.drafting import draft_contract, edit_contract
from guild.contracts.commands.expiring import expire_offer
from guild.contracts.commands.offering import (
    resend_link,
    send_contract,
    set_guarantee,
    withdraw_all_of,
    withdraw_contract,
)
from guild.contracts.commands.performing import (
    accept_by_silence,
    accept_milestone,
    deliver_milestone,
    mark_milestones_invoiced,
    remind_of_delivery,
    request_milestone_changes,
    terminate_contract,
)
from guild.contracts.commands.sealing import seal_contract

__all__ = [
    "accept_by_silence",
    "accept_milestone",
    "decline_contract",
    "deliver_milestone",
    "draft_contract",
    "edit_contract",
    "expire_offer",
    "mark_milestones_invoiced",
    "note_opened",
    "remind_of_delivery",
    "request_code",
    "request_contract_changes",
    "request_milestone_changes",
    "resend_link",
    "seal_contract",
    "send_contract",
    "set_guarantee",
    "sign_contract",
    "terminate_contract",
    "withdraw_all_of",
    "withdraw_contract",
]
