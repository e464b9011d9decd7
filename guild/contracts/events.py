"""What has happened to contracts, for packages above (invoicing, fund, reputation, compliance)."""

from typing import ClassVar, Literal

from guild.core.events import Event
from guild.core.ids import ContractId, MemberId, MilestoneId, OrganisationId


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
