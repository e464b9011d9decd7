"""Reads of the fund: how it stands, what members see, claims, the public journal, invariants."""

from guild.mutual_fund.queries.claims import (
    claim_for,
    claims_to_pay,
    claims_with_papers,
    claims_without_jury,
    draw_proof,
    jury_list,
    my_claims,
    view_claim,
)
from guild.mutual_fund.queries.fund import (
    benefit_terms,
    fund_journal,
    fund_overview,
    my_coverage,
    public_export,
    public_totals,
)
from guild.mutual_fund.queries.invariants import (
    INVARIANTS,
    advances_fit_the_books,
    claims_are_paid_once,
    levies_fit_the_books,
    limits_are_kept,
)
from guild.mutual_fund.queries.panel import guarantee_said
from guild.mutual_fund.queries.standing import (
    advances_as_co_worker,
    advances_out,
    due_advances,
    limits_of,
    lock,
    standing_for,
    standing_now,
)

__all__ = [
    "INVARIANTS",
    "advances_as_co_worker",
    "advances_fit_the_books",
    "advances_out",
    "benefit_terms",
    "claim_for",
    "claims_are_paid_once",
    "claims_to_pay",
    "claims_with_papers",
    "claims_without_jury",
    "draw_proof",
    "due_advances",
    "fund_journal",
    "fund_overview",
    "guarantee_said",
    "jury_list",
    "levies_fit_the_books",
    "limits_are_kept",
    "limits_of",
    "lock",
    "my_claims",
    "my_coverage",
    "public_export",
    "public_totals",
    "standing_for",
    "standing_now",
    "view_claim",
]
