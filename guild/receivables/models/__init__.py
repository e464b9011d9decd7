"""Tables of receivables: objections, promises, reminders, interest, write-offs, refunds."""

from guild.receivables.models.asking import PROMISE, Promise, Reminder, ReminderRule
from guild.receivables.models.interest import INTEREST_CLAIM, InterestClaim
from guild.receivables.models.objections import (
    HOLDING,
    OBJECTION,
    REASONS,
    Objection,
    ObjectionFile,
)
from guild.receivables.models.settling import (
    CLIENT_REFUND,
    INSOLVENCY,
    REFUND_LIVE,
    WRITE_OFF,
    WRITE_OFF_REASONS,
    ClientRefund,
    Insolvency,
    Overpayment,
    ProfileNotice,
    ProfileReply,
    WriteOff,
)

__all__ = [
    "CLIENT_REFUND",
    "HOLDING",
    "INSOLVENCY",
    "INTEREST_CLAIM",
    "OBJECTION",
    "PROMISE",
    "REASONS",
    "REFUND_LIVE",
    "WRITE_OFF",
    "WRITE_OFF_REASONS",
    "ClientRefund",
    "Insolvency",
    "InterestClaim",
    "Objection",
    "ObjectionFile",
    "Overpayment",
    "ProfileNotice",
    "ProfileReply",
    "Promise",
    "Reminder",
    "ReminderRule",
    "WriteOff",
]
