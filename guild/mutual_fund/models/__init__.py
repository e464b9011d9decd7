"""The tables of the fund: levies and guarantees (`money.py`), claims and juries (`claims.py`)."""

from guild.mutual_fund.models.claims import (
    CLAIM,
    JUROR,
    Claim,
    ClaimAccess,
    ClaimDecision,
    ClaimEvidence,
    Juror,
    JuryDraw,
)
from guild.mutual_fund.models.money import (
    RESERVATION,
    Advance,
    GuaranteeReservation,
    LeviedInvoice,
)

__all__ = [
    "CLAIM",
    "JUROR",
    "RESERVATION",
    "Advance",
    "Claim",
    "ClaimAccess",
    "ClaimDecision",
    "ClaimEvidence",
    "GuaranteeReservation",
    "Juror",
    "JuryDraw",
    "LeviedInvoice",
]
