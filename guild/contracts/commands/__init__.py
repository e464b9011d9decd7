"""Use cases of contracts, by subject: drafting, offering, answering, performing, sealing."""

from guild.contracts.commands.answering import (
    decline_contract,
    note_opened,
    request_code,
    request_contract_changes,
    sign_contract,
)
from guild.contracts.commands.asking_reps import answer_task, ask_rep, withdraw_task
from guild.contracts.commands.drafting import draft_contract, edit_contract, rewrite_contract
from guild.contracts.commands.expiring import expire_offer
from guild.contracts.commands.offering import (
    resend_link,
    send_contract,
    set_guarantee,
    withdraw_all_of,
    withdraw_contract,
)
from guild.contracts.commands.papers import read_stored_paper, take_off_paper, upload_paper
from guild.contracts.commands.performing import (
    accept_by_silence,
    accept_milestone,
    deliver_milestone,
    mark_milestones_invoiced,
    remind_of_delivery,
    request_milestone_changes,
    terminate_contract,
)
from guild.contracts.commands.previewing import preview_contract
from guild.contracts.commands.sealing import seal_contract
from guild.contracts.commands.templating import (
    change_template,
    draft_from_template,
    retire_template,
    save_template,
)

__all__ = [
    "accept_by_silence",
    "accept_milestone",
    "answer_task",
    "ask_rep",
    "change_template",
    "decline_contract",
    "deliver_milestone",
    "draft_contract",
    "draft_from_template",
    "edit_contract",
    "expire_offer",
    "mark_milestones_invoiced",
    "note_opened",
    "preview_contract",
    "read_stored_paper",
    "remind_of_delivery",
    "request_code",
    "request_contract_changes",
    "request_milestone_changes",
    "resend_link",
    "retire_template",
    "rewrite_contract",
    "save_template",
    "seal_contract",
    "send_contract",
    "set_guarantee",
    "sign_contract",
    "take_off_paper",
    "terminate_contract",
    "upload_paper",
    "withdraw_all_of",
    "withdraw_contract",
    "withdraw_task",
]
