"""What has happened to attestations, for the record and for packages above."""

from typing import ClassVar, Literal

from guild.core.events import Event
from guild.core.ids import AttestationId, ContractId, DisputeId, MemberId


class AttestationInvited(Event, frozen=True, kw_only=True):
    """Both sides of a finished contract may speak from now on."""

    subject: ClassVar[str] = "contract_id"

    contract_id: ContractId


class AttestationCommitted(Event, frozen=True, kw_only=True):
    """One side has spoken; what it said is hidden, but can no longer be changed."""

    subject: ClassVar[str] = "attestation_id"

    attestation_id: AttestationId
    contract_id: ContractId


class AttestationPublished(Event, frozen=True, kw_only=True):
    """Both have spoken, or the blind period is over: the opening is public."""

    subject: ClassVar[str] = "attestation_id"

    attestation_id: AttestationId
    contract_id: ContractId


class AttestationReplied(Event, frozen=True, kw_only=True):
    """The subject's reply stands beside the entry."""

    subject: ClassVar[str] = "attestation_id"

    attestation_id: AttestationId


class AttestationDisputed(Event, frozen=True, kw_only=True):
    """An entry is contested and out of the score until a rep has ruled."""

    subject: ClassVar[str] = "attestation_id"

    attestation_id: AttestationId
    dispute_id: DisputeId


class DisputeRuled(Event, frozen=True, kw_only=True):
    """An uninvolved rep has ruled, with reasons."""

    subject: ClassVar[str] = "attestation_id"

    attestation_id: AttestationId
    dispute_id: DisputeId
    outcome: Literal["upheld", "struck"]


class ReputationErased(Event, frozen=True, kw_only=True):
    """Salts, payloads and pseudonym of a person are gone; the commitments stay."""

    subject: ClassVar[str] = "member_id"

    member_id: MemberId
