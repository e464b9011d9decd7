"""Use cases of the fund: levies and advances, guarantees, claims, juries."""

from guild.mutual_fund.commands.claims import (
    add_evidence,
    appeal,
    confirm_evidence,
    file_claim,
    forget_evidence,
    note_payout,
    open_evidence,
    pay_benefit,
    withdraw_claim,
)
from guild.mutual_fund.commands.guarantee import (
    give_quote,
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
    hold_advance,
    pay_advance,
    register_invoice,
    release_payment,
    resume_advance,
    return_levy,
)

__all__ = [
    "add_evidence",
    "answer_invitation",
    "appeal",
    "confirm_evidence",
    "draw_jury",
    "endow_pot",
    "file_claim",
    "forget_evidence",
    "give_quote",
    "give_verdict",
    "hold_advance",
    "note_payout",
    "open_evidence",
    "pay_advance",
    "pay_benefit",
    "quote_offer",
    "register_invoice",
    "release_guarantee",
    "release_payment",
    "replace_silent_jurors",
    "reserve_guarantee",
    "resume_advance",
    "return_levy",
    "withdraw_claim",
]
