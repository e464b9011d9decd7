"""Use cases of contracts, by subject: drafting, offering, answering, performing, sealing."""

from guild.contracts.commands.afterwards import (
    answer_voiding,
    ask_to_void,
    decide_objection,
    object_to_signing,
    withdraw_voiding,
)
from guild.contracts.commands.amending import (
    apply_amendment,
    begin_amendment,
    withdraw_amendments,
)
from guild.contracts.commands.answering import (
    decline_contract,
    note_opened,
    request_code,
    request_contract_changes,
)
from guild.contracts.commands.asking_reps import answer_task, ask_rep, withdraw_task
from guild.contracts.commands.calendar import make_calendar_feed, revoke_calendar_feed
from guild.contracts.commands.cases import (
    answer_case,
    decide_case,
    open_case,
    withdraw_case,
)
from guild.contracts.commands.chasing import chase_case, chase_objection
from guild.contracts.commands.drafting import draft_contract, edit_contract, rewrite_contract
from guild.contracts.commands.ending import (
    agree_ending,
    client_ends,
    contest_ending,
    deem_ending,
    terminate_contract,
)
from guild.contracts.commands.erasing import erase_contract, erase_when_over
from guild.contracts.commands.expiring import expire_offer
from guild.contracts.commands.offering import (
    prepare_sending,
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
    accept_part,
    deliver_milestone,
    mark_milestones_invoiced,
    remind_of_delivery,
    request_milestone_changes,
)
from guild.contracts.commands.previewing import preview_contract
from guild.contracts.commands.rates import add_rate, import_rates, remove_rate
from guild.contracts.commands.remarks import remark, remark_as_client
from guild.contracts.commands.renewing import (
    renew_contract,
    warn_of_expiry,
)
from guild.contracts.commands.sealing import (
    UNSEALED_ALARM,
    alarm_unsealed,
    call_seal,
    prepare_seal,
    record_seal,
    seal_contract,
)
from guild.contracts.commands.signers import delegate, plan_signers
from guild.contracts.commands.signing import sign_contract
from guild.contracts.commands.stronger import (
    ask_contact_passkey,
    prepare_signature,
    register_contact_passkey,
    sign_with_passkey,
    take_eid_answer,
)
from guild.contracts.commands.templating import (
    change_template,
    draft_from_template,
    retire_template,
    save_template,
)
from guild.contracts.commands.time_sheets import (
    approve_sheet,
    approve_sheet_by_silence,
    finish_timed_contract,
    mark_charges_invoiced,
    remind_of_sheet,
    request_sheet_changes,
    submit_sheet,
)
from guild.contracts.commands.timing import (
    note_cost,
    note_time,
    start_timer,
    stop_timer,
    strike_cost,
    strike_time,
)
from guild.contracts.commands.waiting import (
    ask_for_extension,
    find_refused_links,
    grant_extension,
    mail_awaited_offer,
    note_bounce,
    remind_signer,
    renew_link,
)

__all__ = [
    "UNSEALED_ALARM",
    "accept_by_silence",
    "accept_milestone",
    "accept_part",
    "add_rate",
    "agree_ending",
    "alarm_unsealed",
    "answer_case",
    "answer_task",
    "answer_voiding",
    "apply_amendment",
    "approve_sheet",
    "approve_sheet_by_silence",
    "ask_contact_passkey",
    "ask_for_extension",
    "ask_rep",
    "ask_to_void",
    "begin_amendment",
    "call_seal",
    "change_template",
    "chase_case",
    "chase_objection",
    "client_ends",
    "contest_ending",
    "decide_case",
    "decide_objection",
    "decline_contract",
    "deem_ending",
    "delegate",
    "deliver_milestone",
    "draft_contract",
    "draft_from_template",
    "edit_contract",
    "erase_contract",
    "erase_when_over",
    "expire_offer",
    "find_refused_links",
    "finish_timed_contract",
    "grant_extension",
    "import_rates",
    "mail_awaited_offer",
    "make_calendar_feed",
    "mark_charges_invoiced",
    "mark_milestones_invoiced",
    "note_bounce",
    "note_cost",
    "note_opened",
    "note_time",
    "object_to_signing",
    "open_case",
    "plan_signers",
    "prepare_seal",
    "prepare_sending",
    "prepare_signature",
    "preview_contract",
    "read_stored_paper",
    "record_seal",
    "register_contact_passkey",
    "remark",
    "remark_as_client",
    "remind_of_delivery",
    "remind_of_sheet",
    "remind_signer",
    "remove_rate",
    "renew_contract",
    "renew_link",
    "request_code",
    "request_contract_changes",
    "request_milestone_changes",
    "request_sheet_changes",
    "resend_link",
    "retire_template",
    "revoke_calendar_feed",
    "rewrite_contract",
    "save_template",
    "seal_contract",
    "send_contract",
    "set_guarantee",
    "sign_contract",
    "sign_with_passkey",
    "start_timer",
    "stop_timer",
    "strike_cost",
    "strike_time",
    "submit_sheet",
    "take_eid_answer",
    "take_off_paper",
    "terminate_contract",
    "upload_paper",
    "warn_of_expiry",
    "withdraw_all_of",
    "withdraw_amendments",
    "withdraw_case",
    "withdraw_contract",
    "withdraw_task",
    "withdraw_voiding",
]
