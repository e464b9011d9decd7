"""Tables: the contract, its frozen offers, milestones, deliveries, and the chain of evidence."""

from guild.contracts.models.contract import (
    CONTRACT_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    Contract,
    ContractCounter,
    ContractEvidence,
    ContractOffer,
    Delivery,
    Milestone,
)
from guild.contracts.models.drafting import (
    PAPER_LIFECYCLE,
    REP_TASK_LIFECYCLE,
    ContractPaper,
    ContractTemplate,
    ContractTemplateVersion,
    RepTask,
)

__all__ = [
    "CONTRACT_LIFECYCLE",
    "MILESTONE_LIFECYCLE",
    "PAPER_LIFECYCLE",
    "REP_TASK_LIFECYCLE",
    "Contract",
    "ContractCounter",
    "ContractEvidence",
    "ContractOffer",
    "ContractPaper",
    "ContractTemplate",
    "ContractTemplateVersion",
    "Delivery",
    "Milestone",
    "RepTask",
]
