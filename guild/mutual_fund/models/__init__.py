"""The tables of the fund: levies and guarantees (`money.py`), claims and juries (`claims.py`)."""

from guild.mutual_fund.models.claims import (
    CLAIM,
    JUROR,
    SEALED_EVIDENCE,
    Claim,
    ClaimAccess,
    ClaimDecision,
    ClaimEvidence,
    ClaimPayout,
    Juror,
    JuryDraw,
    evidence_context,
)
from guild.mutual_fund.models.money import (
    RESERVATION,
    Advance,
    AdvanceLoss,
    GuaranteeBar,
    GuaranteeReservation,
    LeviedInvoice,
)

__all__ = [
    "CLAIM",
    "JUROR",
    "RESERVATION",
    "SEALED_EVIDENCE",
    "Advance",
    "AdvanceLoss",
    "Claim",
    "ClaimAccess",
    "ClaimDecision",
    "ClaimEvidence",
    "ClaimPayout",
    "GuaranteeBar",
    "GuaranteeReservation",
    "Juror",
    "JuryDraw",
    "LeviedInvoice",
    "evidence_context",
]
