"""Reads about contracts."""

from guild.contracts.queries.checks import checks_for, checks_of, retention_of
from guild.contracts.queries.facts import Drafted, drafted, effort_of, floors_of
from guild.contracts.queries.invariants import INVARIANTS
from guild.contracts.queries.panel import GUARANTEE, panel_for, panel_of
from guild.contracts.queries.papers import (
    offered_paper,
    paper_file,
    paper_view,
    rep_tasks,
    task_view,
    tasks_about,
    waivers_by_quarter,
)
from guild.contracts.queries.proof import SealedFile, sealed_file
from guild.contracts.queries.templates import clause_library, template, template_row, templates
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
    "GUARANTEE",
    "INVARIANTS",
    "ChecksOut",
    "Drafted",
    "SealedFile",
    "checks_for",
    "checks_of",
    "clause_library",
    "code_view",
    "contract_events",
    "contract_row",
    "contract_view",
    "deliveries_view",
    "delivery_by_id",
    "delivery_view",
    "document_html",
    "drafted",
    "effort_of",
    "floors_of",
    "linked_row",
    "list_contracts",
    "masked",
    "milestone_by_row",
    "milestone_view",
    "milestones_of",
    "offer_view",
    "offered_paper",
    "panel_for",
    "panel_of",
    "paper_file",
    "paper_view",
    "rep_tasks",
    "retention_of",
    "sealed_document",
    "sealed_file",
    "sealed_pdf",
    "task_view",
    "tasks_about",
    "template",
    "template_row",
    "templates",
    "waivers_by_quarter",
]
