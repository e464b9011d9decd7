"""Contracts over HTTP: the member's side, the client's side, and drafting with its tools."""

from guild.contracts.routes import (
    afterwards,
    amending,
    calendar,
    contract,
    drafting,
    ending,
    keeping,
    levels,
    proofs,
    rates,
    remarks,
    signing,
    working,
)
from guild.contracts.routes.contract import NO_STORE, pdf_answer

ROUTES = [
    *contract.ROUTES,
    *drafting.ROUTES,
    *proofs.ROUTES,
    *signing.ROUTES,
    *levels.ROUTES,
    *afterwards.ROUTES,
    *amending.ROUTES,
    *working.ROUTES,
    *ending.ROUTES,
    *keeping.ROUTES,
    *calendar.ROUTES,
    *rates.ROUTES,
    *remarks.ROUTES,
]

__all__ = ["NO_STORE", "ROUTES", "pdf_answer"]
