"""What has happened at the fund."""

from datetime import date
from typing import ClassVar

from guild.core.events import Event
from guild.core.ids import ClaimId, ContractId, EntryId, InvoiceId, MemberId


class LevyPosted(Event, frozen=True, kw_only=True):
    """A payment was released: its levy is in the pots, the rest with the member or the advance.

    Negative after a credit note. Amounts are minor units of ``currency``.
    """

    subject: ClassVar[str] = "invoice_id"
    invoice_id: InvoiceId
    member_id: MemberId
    entry_id: EntryId
    net_minor: int
    levy_minor: int
    repaid_minor: int
    available_minor: int
    currency: str


class GuaranteeQuoted(Event, frozen=True, kw_only=True):
    """The fund answered an offer: how much of it it guarantees, nothing if it refuses."""

    subject: ClassVar[str] = "contract_id"
    contract_id: ContractId
    member_id: MemberId
    up_to_minor: int
    currency: str
    charter_version: int


class AdvancePaid(Event, frozen=True, kw_only=True):
    """The fund paid a member before the client did."""

    subject: ClassVar[str] = "invoice_id"
    invoice_id: InvoiceId
    member_id: MemberId
    amount_minor: int
    currency: str


class AdvanceHeld(Event, frozen=True, kw_only=True):
    """An advance was stopped, with the reason, until the question is settled."""

    subject: ClassVar[str] = "invoice_id"
    invoice_id: InvoiceId
    reason: str


class AdvanceWrittenOff(Event, frozen=True, kw_only=True):
    """Two persons decided that the fund bears the loss of an advance."""

    subject: ClassVar[str] = "invoice_id"
    invoice_id: InvoiceId
    amount_minor: int
    currency: str


class ClaimFiled(Event, frozen=True, kw_only=True):
    """A member asks for a benefit. The fact says nothing about health."""

    subject: ClassVar[str] = "claim_id"
    claim_id: ClaimId
    member_id: MemberId
    filed_on: date


class JuryDrawn(Event, frozen=True, kw_only=True):
    """A jury was drawn; seed and hash of the candidates (hex) let anyone draw it again."""

    subject: ClassVar[str] = "claim_id"
    claim_id: ClaimId
    round: int
    head: str
    seed: str
    candidates_hash: str
    jury_size: int


class ClaimDecided(Event, frozen=True, kw_only=True):
    """A jury decided: granted, part or rejected, with a reason code and the charter's version."""

    subject: ClassVar[str] = "claim_id"
    claim_id: ClaimId
    member_id: MemberId
    round: int
    outcome: str
    amount_minor: int
    currency: str
    reason_code: str
    charter_version: int


class BenefitGranted(Event, frozen=True, kw_only=True):
    """Money was set aside in the books for a granted claim."""

    subject: ClassVar[str] = "claim_id"
    claim_id: ClaimId
    member_id: MemberId
    entry_id: EntryId
    amount_minor: int
    currency: str


class ClaimAppealed(Event, frozen=True, kw_only=True):
    """The member asks a different, larger jury."""

    subject: ClassVar[str] = "claim_id"
    claim_id: ClaimId
    member_id: MemberId


class BenefitPaid(Event, frozen=True, kw_only=True):
    """The benefit has left the bank."""

    subject: ClassVar[str] = "claim_id"
    claim_id: ClaimId
    member_id: MemberId
