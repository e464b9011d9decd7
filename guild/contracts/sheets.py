"""The printed contract and its certificate of signature as data: what `contract_print.html` needs.

The same sheet prints the offer (no signer has signed, `certificate` is None) and the signed
contract. The hash of what was shown is taken over the offer's PDF, so the sheet holds nothing that
changes by itself.
"""

import datetime as dt
from typing import Literal

import msgspec

from guild.documents.schemas import Addressee, Language, Letterhead


class MilestoneRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to deliver, and its net price in minor units."""

    title: str
    detail: str
    due_on: dt.date
    net_minor: int


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """A clause that binds, and beside it plain words that explain and do not bind."""

    heading: str
    text: str
    plain: str


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """A right that no clause takes away, with its legal source."""

    heading: str
    text: str
    source: str


class PasskeyProof(msgspec.Struct, frozen=True, kw_only=True):
    """The passkey that signed: its name and public key (COSE), both base64url."""

    credential_id: str
    public_key: str


class EidProof(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers for the person: the provider, the name it gave, and its level of assurance."""

    provider: str
    name: str
    assurance: str


class SignatureEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded when one person signed. Times are aware UTC.

    `identified` says how the mailbox was proved: "link" (opened from the mail) or "signed_in";
    `identified_at` when. `proof` is the second proof: "email_code", "passkey", "eid", or
    "session" for a member who was signed in and gave none; `proof_at` when it was given,
    `proof_tries` how many tries it took. `origin` is empty where nothing is known of it.
    `consent_text` is the sentence that was ticked.
    `log_index` is the leaf in the transparency log, None while it is not yet in the tree.
    """

    typed_name: str
    email: str
    signed_at: dt.datetime
    identified: Literal["link", "signed_in"]
    identified_at: dt.datetime
    proof: Literal["email_code", "passkey", "eid", "session"]
    proof_at: dt.datetime
    proof_tries: int
    origin: str
    consent_text: str
    consent_version: int
    log_index: int | None
    level: Literal["simple", "advanced", "eid"] = "simple"
    manifest_sha256: str = ""
    """What the passkey or the provider signed: the evidence as it was before the signature."""
    passkey: PasskeyProof | None = None
    eid: EidProof | None = None


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two parties' signers; `evidence` is None until the person has signed."""

    side: Literal["client", "member"]
    name: str
    role: str
    evidence: SignatureEvidence | None


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The hashes that let anyone check the signature: lower-case hex SHA-256.

    `shown_sha256` is the hash of the offer's PDF bytes; `manifest_sha256` of the evidence manifest
    attached to this file. `log_root` is None while the log has no checkpoint that holds both
    signatures.
    """

    shown_sha256: str
    manifest_sha256: str
    terms_name: str
    terms_version: int
    log_url: str
    log_size: int | None
    log_root: str | None
    checkpoint_at: dt.datetime | None
    witnesses: int
    verify_url: str
    stamp: Literal["none", "local", "foreign"] = "none"
    """Who said when it was sealed; a local authority is named as such."""
    stamp_url: str = ""


class ContractSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A whole contract. `summary` is three sentences at most, in the contract's language.

    `answer_by` is None once nothing is awaited. `guaranteed` says that the mutual fund pays the
    member when the client does not. `law_country` is ISO 3166 alpha-2, `payment_term_days` calendar
    days.
    """

    lang: Language
    number: str
    title: str
    currency: str
    seller: Letterhead
    to: Addressee
    client_name: str
    client_vat_number: str
    member_name: str
    net_minor: int
    finish_on: dt.date
    answer_by: dt.date | None
    payment_term_days: int
    law_country: str
    guaranteed: bool
    summary: tuple[str, ...]
    milestones: tuple[MilestoneRow, ...]
    clauses: tuple[Clause, ...]
    protections: tuple[Protection, ...]
    signers: tuple[Signer, ...]
    certificate: Certificate | None
