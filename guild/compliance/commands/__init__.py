"""What reps and members do about reviews and labels."""

from guild.compliance.commands.labels import (
    confirm_withdrawal,
    pause_label,
    propose_withdrawal,
)
from guild.compliance.commands.reviews import (
    confirm_conclusion,
    hand_over_review,
    open_review,
    propose_conclusion,
    record_findings,
    take_review,
)
from guild.compliance.commands.second import draw_second

__all__ = [
    "confirm_conclusion",
    "confirm_withdrawal",
    "draw_second",
    "hand_over_review",
    "open_review",
    "pause_label",
    "propose_conclusion",
    "propose_withdrawal",
    "record_findings",
    "take_review",
]
