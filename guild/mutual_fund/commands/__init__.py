"""Use cases of the fund: levies and advances, guarantees, claims, juries."""

from guild.mutual_fund.commands.advances import hold_advance, pay_advance, resume_advance
from guild.mutual_fund.commands.benefits import note_payout, pay_benefit, refuse_juror
from guild.mutual_fund.commands.claims import appeal, file_claim, withdraw_claim
from guild.mutual_fund.commands.disputes import (
    bar_client,
    end_dispute,
    hold_disputed,
    note_given_up,
    note_taken_back,
    unbar_client,
)
from guild.mutual_fund.commands.evidence import (
    add_evidence,
    confirm_evidence,
    forget_evidence,
    open_evidence,
)
from guild.mutual_fund.commands.guarantee import (
    give_quote,
    merge_guarantee,
    quote_offer,
    release_guarantee,
    reserve_guarantee,
)
from guild.mutual_fund.commands.jury import (
    answer_invitation,
    draw_jury,
    give_verdict,
    replace_silent_jurors,
)
from guild.mutual_fund.commands.levy import (
    endow_pot,
    register_invoice,
    release_payment,
    return_levy,
    take_back_payment,
)
from guild.mutual_fund.commands.losses import ask_write_off, confirm_write_off

__all__ = [
    "add_evidence",
    "answer_invitation",
    "appeal",
    "ask_write_off",
    "bar_client",
    "confirm_evidence",
    "confirm_write_off",
    "draw_jury",
    "end_dispute",
    "endow_pot",
    "file_claim",
    "forget_evidence",
    "give_quote",
    "give_verdict",
    "hold_advance",
    "hold_disputed",
    "merge_guarantee",
    "note_given_up",
    "note_payout",
    "note_taken_back",
    "open_evidence",
    "pay_advance",
    "pay_benefit",
    "quote_offer",
    "refuse_juror",
    "register_invoice",
    "release_guarantee",
    "release_payment",
    "replace_silent_jurors",
    "reserve_guarantee",
    "resume_advance",
    "return_levy",
    "take_back_payment",
    "unbar_client",
    "withdraw_claim",
]
