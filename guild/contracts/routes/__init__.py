"""Contracts over HTTP: the member's side, the client's side, and drafting with its tools."""

from guild.contracts.routes import contract, drafting
from guild.contracts.routes.contract import NO_STORE, pdf_answer

ROUTES = [*contract.ROUTES, *drafting.ROUTES]

__all__ = ["NO_STORE", "ROUTES", "pdf_answer"]
