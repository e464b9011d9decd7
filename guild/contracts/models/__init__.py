"""Tables: the contract, its frozen offers, milestones, deliveries, and the chain of evidence."""

from guild.contracts.models.calendar import CalendarFeed
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
from guild.contracts.models.keeping import ContractErasure
from guild.contracts.models.performing import (
    CASE_LIFECYCLE,
    ENDING_LIFECYCLE,
    TIME_SHEET_LIFECYCLE,
    ContractCase,
    ContractCharge,
    ContractCost,
    ContractEnding,
    DeliveryFile,
    TimeEntry,
    TimeSheet,
)
from guild.contracts.models.rates import MemberRate
from guild.contracts.models.remarks import ContractRemark
from guild.contracts.models.signing import (
    OBJECTION_LIFECYCLE,
    REQUEST_LIFECYCLE,
    SIGNER_LIFECYCLE,
    VOIDING_LIFECYCLE,
    ContractSigner,
    ContractVoiding,
    SignatureRequest,
    SigningObjection,
)

__all__ = [
    "CASE_LIFECYCLE",
    "CONTRACT_LIFECYCLE",
    "ENDING_LIFECYCLE",
    "MILESTONE_LIFECYCLE",
    "OBJECTION_LIFECYCLE",
    "PAPER_LIFECYCLE",
    "REP_TASK_LIFECYCLE",
    "REQUEST_LIFECYCLE",
    "SIGNER_LIFECYCLE",
    "TIME_SHEET_LIFECYCLE",
    "VOIDING_LIFECYCLE",
    "CalendarFeed",
    "Contract",
    "ContractCase",
    "ContractCharge",
    "ContractCost",
    "ContractCounter",
    "ContractEnding",
    "ContractErasure",
    "ContractEvidence",
    "ContractOffer",
    "ContractPaper",
    "ContractRemark",
    "ContractSigner",
    "ContractTemplate",
    "ContractTemplateVersion",
    "ContractVoiding",
    "Delivery",
    "DeliveryFile",
    "MemberRate",
    "Milestone",
    "RepTask",
    "SignatureRequest",
    "SigningObjection",
    "TimeEntry",
    "TimeSheet",
]
