"""Wire shapes of exchange. Amounts are decimal strings in the document's currency."""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import (
    ContractId,
    DocumentId,
    InvoiceId,
    MemberId,
    SupplierId,
    SupplierInvoiceId,
    TransmissionId,
)
from guild.core.wire import In, LongText, Out

TransmissionState = Literal[
    "queued", "looking_up", "ready", "sending", "sent", "delivered", "accepted",
    "refused_by_receiver", "bounced", "failed", "unknown", "by_mail", "needs_person",
]  # fmt: skip
Channel = Literal["", "peppol", "mail"]
CostState = Literal["received", "accepted", "disputed", "refused", "booked", "ordered", "paid"]
Verdict = Literal["fine", "doubtful", "broken"]
ReasonCode = Literal[
    "REF", "LEG", "REC", "QUA", "DEL", "PRI", "QTY", "ITM", "PAY", "UNR", "FIN", "DUP", "OTH"
]
"""Clarification reasons of the Peppol Invoice Response (OPStatusReason); DUP is a duplicate."""
Address = Annotated[
    str, Meta(max_length=254, pattern=r"^[^\x00\r\n\s]*$", examples=["ap@x.example"])
]


class StepOut(Out, frozen=True, kw_only=True):
    """One thing that happened on the way."""

    state: TransmissionState
    code: str
    detail: str
    at: dt.datetime


class TransmissionOut(Out, frozen=True, kw_only=True):
    """One attempt to deliver a document; `next_step` is for a person."""

    id: TransmissionId
    invoice_id: InvoiceId
    state: TransmissionState
    channel: Channel
    address: str
    code: str
    """The receiver's, the network's or the mail server's own code."""
    detail: str
    next_step: str
    begun_at: dt.datetime
    changed_at: dt.datetime
    superseded: bool
    steps: list[StepOut]


class DeliveryOut(Out, frozen=True, kw_only=True):
    """How an issued document reaches its receiver: the present attempt first."""

    invoice_id: InvoiceId
    number: str
    ways: str
    """Which ways this installation has, in plain words."""
    may_send_again: bool
    attempts: list[TransmissionOut]


class SendAgainIn(In, frozen=True, kw_only=True):
    """Another attempt; an empty channel lets the house decide, an empty address keeps the known."""

    channel: Channel = ""
    address: Address = ""


class NoticeIn(In, frozen=True, kw_only=True):
    """A report of the gateway about a parcel, or about its inbox (`status` "waiting")."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,120}$", examples=["evt-0001"])]
    key: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{0,120}$")] = ""
    status: Literal["sent", "delivered", "accepted", "refused_by_receiver", "failed", "waiting"]
    code: Annotated[str, Meta(max_length=60, pattern=r"^[^\x00\r\n]*$")] = ""
    detail: Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")] = ""


class BounceIn(In, frozen=True, kw_only=True):
    """A report of the mail server: a mail of ours came back for good."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,120}$", examples=["evt-0001"])]
    message_id: Annotated[str, Meta(max_length=300, pattern=r"^[^\x00\r\n\s]*$")]
    """The Message-ID of our mail, with or without its angle brackets."""
    kind: Literal["bounced", "delayed"]
    code: Annotated[str, Meta(max_length=60, pattern=r"^[^\x00\r\n]*$")] = ""
    detail: Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")] = ""


class NoticeOut(Out, frozen=True, kw_only=True):
    """The notice is kept; what follows from it is done by a job."""

    id: str
    known: bool
    """Whether it had come before."""


class FindingOut(Out, frozen=True, kw_only=True):
    """One rule that does not hold."""

    rule: str
    level: Literal["error", "warning"]
    text: str
    field: str


class SupplierOut(Out, frozen=True, kw_only=True):
    """Who asks for money."""

    id: SupplierId
    name: str
    country: str
    vat_number: str
    legal_id: str


class CostLineOut(Out, frozen=True, kw_only=True):
    """One line as the supplier wrote it; quantities and prices in plain decimals."""

    id: str
    name: str
    description: str
    quantity: str
    unit: str
    price: str
    net: str
    vat_rate: str


class CostVatOut(Out, frozen=True, kw_only=True):
    """VAT of one category and rate."""

    category: str
    rate: str
    taxable: str
    vat: str
    reason: str


class SuggestionOut(Out, frozen=True, kw_only=True):
    """A contract that it may be for, and why."""

    contract_id: ContractId
    number: str
    title: str
    member_id: MemberId
    member_name: str
    reasons: list[str]


class CostRow(Out, frozen=True, kw_only=True):
    """A supplier's invoice in a list."""

    id: SupplierInvoiceId
    state: CostState
    kind: Literal["invoice", "credit_note"]
    supplier: str
    number: str
    issued_on: dt.date
    due_on: dt.date | None
    total: str
    payable: str
    currency: str
    verdict: Verdict
    project: str
    member_name: str
    next_step: str
    received_at: dt.datetime


class CostOut(Out, frozen=True, kw_only=True):
    """A supplier's invoice with everything that it says."""

    id: SupplierInvoiceId
    state: CostState
    kind: Literal["invoice", "credit_note"]
    source: Literal["upload", "peppol"]
    syntax: Literal["ubl", "cii", "facturx"]
    supplier: SupplierOut
    buyer: str
    number: str
    issued_on: dt.date
    due_on: dt.date | None
    currency: str
    lines: list[CostLineOut]
    vat: list[CostVatOut]
    allowances: str
    charges: str
    net: str
    vat_total: str
    total: str
    prepaid: str
    rounding: str
    payable: str
    note: str
    buyer_reference: str
    order_reference: str
    contract_reference: str
    payment_reference: str
    iban_last4: str
    attachments: list[str]
    verdict: Verdict
    findings: list[FindingOut]
    judged_by: str
    duplicate_of: SupplierInvoiceId | None
    wrong_buyer: bool
    contract_id: ContractId | None
    member_id: MemberId | None
    member_name: str
    project: str
    suggestions: list[SuggestionOut]
    reason: str
    sha256: str
    document_id: DocumentId
    next_step: str
    received_at: dt.datetime
    paid_on: dt.date | None


class UploadedOut(Out, frozen=True, kw_only=True):
    """What came of an upload."""

    id: SupplierInvoiceId
    state: CostState
    verdict: Verdict
    findings: list[FindingOut]
    duplicate_of: SupplierInvoiceId | None
    next_step: str


class MatchIn(In, frozen=True, kw_only=True):
    """The project that it is for."""

    contract_id: ContractId


class ReasonIn(In, frozen=True, kw_only=True):
    """Why it is disputed or refused; the supplier reads it."""

    code: ReasonCode
    reason: LongText


class UnreadOut(Out, frozen=True, kw_only=True):
    """A message of the inbox that could not be read."""

    message_id: str
    sender: str
    problem: str
    received_at: dt.datetime
    next_step: str
