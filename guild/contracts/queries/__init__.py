"""Reads about contracts."""

from guild.contracts.queries.afterwards import (
    may_object_until,
    objection_view,
    open_objections,
    voiding_of,
    voiding_view,
)
from guild.contracts.queries.answered import ANSWERS, Answered, answered
from guild.contracts.queries.awaiting import (
    Agreed,
    Awaited,
    agreed_with,
    awaited_by,
    contract_to_answer,
)
from guild.contracts.queries.bundle import INVOICES, evidence_bundle, evidence_page
from guild.contracts.queries.calendar import (
    PAYMENTS,
    calendar_of,
    feed_url,
    feed_view,
    my_deadlines,
)
from guild.contracts.queries.checks import checks_for, checks_of, retention_of
from guild.contracts.queries.ending import ending_of, ending_preview, linked_ending
from guild.contracts.queries.erasures import erasure, erasures, keeping_of, keeping_view, over_now
from guild.contracts.queries.expiry import ends_on
from guild.contracts.queries.facts import Drafted, drafted, effort_of, floors_of
from guild.contracts.queries.invariants import INVARIANTS
from guild.contracts.queries.levels import eid_url, open_request, open_sending, signing_options
from guild.contracts.queries.next_steps import next_steps
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
from guild.contracts.queries.proof import Judgement, SealedFile, judgement_of, sealed_file
from guild.contracts.queries.rates import rate_by_id, rate_choices, rates
from guild.contracts.queries.remarks import linked_thread, thread
from guild.contracts.queries.sealing import sealing_of
from guild.contracts.queries.searching import Sieve, list_contracts
from guild.contracts.queries.signers import member_consent, reader_language, signer_views
from guild.contracts.queries.templates import (
    clause_library,
    copyable,
    template,
    template_row,
    templates,
)
from guild.contracts.queries.ties import TIES, too_close
from guild.contracts.queries.versions import comparison, versions
from guild.contracts.queries.views import (
    code_view,
    contract_events,
    contract_row,
    contract_view,
    delivered_file,
    deliveries_view,
    delivery_by_id,
    delivery_view,
    document_html,
    linked_row,
    masked,
    milestone_by_row,
    milestone_view,
    milestones_of,
    offer_view,
    sealed_document,
    sealed_pdf,
)
from guild.contracts.queries.worked import (
    case_by_id,
    cases,
    cost_view,
    entry_view,
    linked_sheets,
    own_case_ids,
    receipt,
    sheet_view,
    to_deliver,
    worked,
)
from guild.contracts.schemas import ChecksOut

__all__ = [
    "ANSWERS",
    "GUARANTEE",
    "INVARIANTS",
    "INVOICES",
    "PAYMENTS",
    "TIES",
    "Agreed",
    "Answered",
    "Awaited",
    "ChecksOut",
    "Drafted",
    "Judgement",
    "SealedFile",
    "Sieve",
    "agreed_with",
    "answered",
    "awaited_by",
    "calendar_of",
    "case_by_id",
    "cases",
    "checks_for",
    "checks_of",
    "clause_library",
    "code_view",
    "comparison",
    "contract_events",
    "contract_row",
    "contract_to_answer",
    "contract_view",
    "copyable",
    "cost_view",
    "delivered_file",
    "deliveries_view",
    "delivery_by_id",
    "delivery_view",
    "document_html",
    "drafted",
    "effort_of",
    "eid_url",
    "ending_of",
    "ending_preview",
    "ends_on",
    "entry_view",
    "erasure",
    "erasures",
    "evidence_bundle",
    "evidence_page",
    "feed_url",
    "feed_view",
    "floors_of",
    "judgement_of",
    "keeping_of",
    "keeping_view",
    "linked_ending",
    "linked_row",
    "linked_sheets",
    "linked_thread",
    "list_contracts",
    "masked",
    "may_object_until",
    "member_consent",
    "milestone_by_row",
    "milestone_view",
    "milestones_of",
    "my_deadlines",
    "next_steps",
    "objection_view",
    "offer_view",
    "offered_paper",
    "open_objections",
    "open_request",
    "open_sending",
    "over_now",
    "own_case_ids",
    "panel_for",
    "panel_of",
    "paper_file",
    "paper_view",
    "rate_by_id",
    "rate_choices",
    "rates",
    "reader_language",
    "receipt",
    "rep_tasks",
    "retention_of",
    "sealed_document",
    "sealed_file",
    "sealed_pdf",
    "sealing_of",
    "sheet_view",
    "signer_views",
    "signing_options",
    "task_view",
    "tasks_about",
    "template",
    "template_row",
    "templates",
    "thread",
    "to_deliver",
    "too_close",
    "versions",
    "voiding_of",
    "voiding_view",
    "waivers_by_quarter",
    "worked",
]
