"""Reads about contracts."""

from guild.contracts.queries.checks import checks_of, retention_of
from guild.contracts.queries.invariants import INVARIANTS
from guild.contracts.queries.proof import SealedFile, sealed_file
from guild.contracts.queries.views import (
    code_view,
    contract_events,
    contract_row,
    contract_view,
    deliveries_view,
    delivery_by_id,
    delivery_view,
    document_html,
    linked_row,
    list_contracts,
    masked,
    milestone_by_row,
    milestone_view,
    milestones_of,
    offer_view,
    sealed_document,
    sealed_pdf,
)
from guild.contracts.schemas import ChecksOut

__all__ = [
    "INVARIANTS",
    "ChecksOut",
    "SealedFile",
    "checks_of",
    "code_view",
    "contract_events",
    "contract_row",
    "contract_view",
    "deliveries_view",
    "delivery_by_id",
    "delivery_view",
    "document_html",
    "linked_row",
    "list_contracts",
    "masked",
    "milestone_by_row",
    "milestone_view",
    "milestones_of",
    "offer_view",
    "retention_of",
    "sealed_document",
    "sealed_file",
    "sealed_pdf",
]
