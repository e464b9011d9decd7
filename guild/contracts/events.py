"""What has happened to contracts, for packages above (invoicing, fund, reputation, compliance)."""

from typing import ClassVar, Literal

from guild.core.events import Event
from guild.core.ids import (
    ContractCaseId,
    ContractId,
    MemberId,
    MilestoneId,
    OrganisationId,
    PaperId,
    RemarkId,
    RepTaskId,
    TimeSheetId,
)


class ContractDrafted(Event, frozen=True):
    """A member began a contract."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId


class ContractOffered(Event, frozen=True):
    """A version was signed by the member and sent; the fund answers with its guarantee."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    value_minor: int
    currency: str


class OfferOpened(Event, frozen=True):
    """The client read the offer: a fact, not a state."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    version: int


class ContractSigned(Event, frozen=True):
    """Both sides have signed; the contract binds."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    value_minor: int
    currency: str


class ContractSuspended(Event, frozen=True):
    """A signer says that the signature in her name should not stand; nothing goes on meanwhile."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    kind: Literal["not_me", "not_authorised"]


class ContractResumed(Event, frozen=True):
    """A rep found that the signature stands; the contract goes on."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId


class ContractVoided(Event, frozen=True):
    """A signed contract counts as never made: both sides agreed, or a rep found so."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId


class ContractSealed(Event, frozen=True):
    """The signed file is sealed, stored and in the transparency log."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    sha256: str


class ChangesRequested(Event, frozen=True):
    """The client asked for another version; the one it read is void."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId


class ContractDeclined(Event, frozen=True):
    """The client said no; what was reserved for it is free again."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId


class ContractWithdrawn(Event, frozen=True):
    """The member took the offer back before it was signed."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId


class ContractExpired(Event, frozen=True):
    """The answer-by time passed without an answer."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId


class ContractRemarked(Event, frozen=True):
    """A side said something about an offer; the other was told."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    remark_id: RemarkId
    member_id: MemberId
    by: Literal["member", "client"]


class ContractErased(Event, frozen=True):
    """The time of a contract was over: all but its frame is gone, and the log has the proof."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    rule: str


class MilestoneDelivered(Event, frozen=True):
    """The member handed work over; the client's days to answer run."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    milestone_id: MilestoneId


class MilestoneChangesRequested(Event, frozen=True):
    """The client asked for another round; `round` counts from one."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    milestone_id: MilestoneId
    round: int
    beyond_agreed: bool


class MilestoneAccepted(Event, frozen=True):
    """The work is accepted, by the client's word or by its silence; it can be invoiced."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    milestone_id: MilestoneId
    member_id: MemberId
    by_silence: bool


class ContractCompleted(Event, frozen=True):
    """Every milestone is accepted."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId


class ContractTerminated(Event, frozen=True):
    """One side ended a signed contract early, with a reason."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    by: Literal["member", "client"]


class PaperAdded(Event, frozen=True):
    """A client's own document was uploaded for a draft; it is read in the background."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    paper_id: PaperId


class RepAsked(Event, frozen=True):
    """A member asked the reps about a draft: `floor_waiver` or `own_paper`."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    task_id: RepTaskId
    kind: str


class RepAnswered(Event, frozen=True):
    """A rep answered what was asked about a draft, with yes or no."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    task_id: RepTaskId
    kind: str
    outcome: str


class ContractAmended(Event, frozen=True):
    """An amendment is signed by all and in force; prices are net, in minor units."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    amendment_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    value_minor: int
    former_value_minor: int
    currency: str


class TimeSheetSubmitted(Event, frozen=True):
    """A month of time and costs lies before the client."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    sheet_id: TimeSheetId


class TimeSheetApproved(Event, frozen=True):
    """A month of time and costs is approved and can be invoiced."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    sheet_id: TimeSheetId
    member_id: MemberId
    by_silence: bool


class MilestoneAcceptedInPart(Event, frozen=True):
    """The client accepted a share of a delivery; the rest stays to be delivered."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    milestone_id: MilestoneId
    rest_id: MilestoneId
    accepted_minor: int
    rest_minor: int


class EndingAgreed(Event, frozen=True):
    """The closing statement of an ended contract is agreed, signed or by silence."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    member_id: MemberId
    kill_fee_minor: int
    by_silence: bool


class CaseOpened(Event, frozen=True):
    """A side disputes something about a contract; reps see it."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    case_id: ContractCaseId
    by: Literal["member", "client"]


class CaseDecided(Event, frozen=True):
    """A rep has decided a dispute about a contract."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId
    case_id: ContractCaseId
    outcome: str
