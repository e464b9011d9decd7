"""Identifiers: UUIDv7 (RFC 9562), one distinct type per kind of thing.

Version 7 starts with the time, so that rows written together lie together in an index, and a
keyset page by id is a page by time.
"""

import os
import time
from typing import Final, NewType
from uuid import UUID

from asyncpg.pgproto import pgproto

MemberId = NewType("MemberId", UUID)
OrganisationId = NewType("OrganisationId", UUID)
ContactId = NewType("ContactId", UUID)
LinkId = NewType("LinkId", UUID)
SessionId = NewType("SessionId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
BankAccountId = NewType("BankAccountId", UUID)
CharterVersionId = NewType("CharterVersionId", UUID)
ContractId = NewType("ContractId", UUID)
SignerId = NewType("SignerId", UUID)
SignatureRequestId = NewType("SignatureRequestId", UUID)
ObjectionToSigningId = NewType("ObjectionToSigningId", UUID)
PasskeyId = NewType("PasskeyId", UUID)
VoidingId = NewType("VoidingId", UUID)
MilestoneId = NewType("MilestoneId", UUID)
OfferId = NewType("OfferId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
InvoiceId = NewType("InvoiceId", UUID)
PaymentId = NewType("PaymentId", UUID)
AccountId = NewType("AccountId", UUID)
EntryId = NewType("EntryId", UUID)
StatementId = NewType("StatementId", UUID)
BankEntryId = NewType("BankEntryId", UUID)
PayoutId = NewType("PayoutId", UUID)
BatchId = NewType("BatchId", UUID)
PayoutRunId = NewType("PayoutRunId", UUID)
MandateId = NewType("MandateId", UUID)
DirectDebitId = NewType("DirectDebitId", UUID)
ClaimId = NewType("ClaimId", UUID)
AttestationId = NewType("AttestationId", UUID)
DisputeId = NewType("DisputeId", UUID)
ReviewId = NewType("ReviewId", UUID)
LabelId = NewType("LabelId", UUID)
DocumentId = NewType("DocumentId", UUID)
EventId = NewType("EventId", UUID)
OutboxId = NewType("OutboxId", UUID)
MailId = NewType("MailId", UUID)
ObjectionId = NewType("ObjectionId", UUID)
PromiseId = NewType("PromiseId", UUID)
ReminderId = NewType("ReminderId", UUID)
InterestClaimId = NewType("InterestClaimId", UUID)
WriteOffId = NewType("WriteOffId", UUID)
RefundId = NewType("RefundId", UUID)
InsolvencyId = NewType("InsolvencyId", UUID)
TransmissionId = NewType("TransmissionId", UUID)
SupplierId = NewType("SupplierId", UUID)
SupplierInvoiceId = NewType("SupplierInvoiceId", UUID)
PaperId = NewType("PaperId", UUID)
RepTaskId = NewType("RepTaskId", UUID)
ContractTemplateId = NewType("ContractTemplateId", UUID)
TimeEntryId = NewType("TimeEntryId", UUID)
CalendarFeedId = NewType("CalendarFeedId", UUID)
RateId = NewType("RateId", UUID)
RemarkId = NewType("RemarkId", UUID)
ContractCostId = NewType("ContractCostId", UUID)
TimeSheetId = NewType("TimeSheetId", UUID)
ContractChargeId = NewType("ContractChargeId", UUID)
ContractEndingId = NewType("ContractEndingId", UUID)
ContractCaseId = NewType("ContractCaseId", UUID)
WebhookId = NewType("WebhookId", UUID)
WebhookDeliveryId = NewType("WebhookDeliveryId", UUID)
ExportId = NewType("ExportId", UUID)
SelfBillingMandateId = NewType("SelfBillingMandateId", UUID)
RecurringPlanId = NewType("RecurringPlanId", UUID)
InvoiceNoteId = NewType("InvoiceNoteId", UUID)
BankRuleId = NewType("BankRuleId", UUID)
CsvMappingId = NewType("CsvMappingId", UUID)
UploadId = NewType("UploadId", UUID)
UndoId = NewType("UndoId", UUID)
NotificationId = NewType("NotificationId", UUID)
PendingEntryId = NewType("PendingEntryId", UUID)
ProviderAccountId = NewType("ProviderAccountId", UUID)
ProviderPaymentId = NewType("ProviderPaymentId", UUID)

ID_TYPES: Final = (
    MemberId, OrganisationId, ContactId, LinkId, SessionId, ApiKeyId, BankAccountId,
    SignatureRequestId, ObjectionToSigningId, PasskeyId, VoidingId,
    CharterVersionId, ContractId, SignerId, MilestoneId, InvoiceId, PaymentId, AccountId, EntryId,
    StatementId, BankEntryId, PayoutId, BatchId, ClaimId, AttestationId, DisputeId, ReviewId,
    PayoutRunId, MandateId, DirectDebitId,
    LabelId, DocumentId, EventId, OutboxId, MailId, WebhookId, WebhookDeliveryId,
    OfferId, DeliveryId,
    TransmissionId, SupplierId, SupplierInvoiceId, ObjectionId, PromiseId, ReminderId,
    InterestClaimId, WriteOffId, RefundId, InsolvencyId,
    PaperId, RepTaskId, ContractTemplateId,
    CalendarFeedId, RateId, RemarkId,
    TimeEntryId, ContractCostId, TimeSheetId, ContractChargeId, ContractEndingId, ContractCaseId,
    BankRuleId, CsvMappingId, UploadId, UndoId, NotificationId, PendingEntryId,
    ProviderAccountId, ProviderPaymentId,
    ExportId,
    SelfBillingMandateId, RecurringPlanId, InvoiceNoteId,
)  # fmt: skip
"""Every id type, for the type map of the tables; a new one is added here too."""


_last = 0


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, 12 of their fraction, 62 random bits.

    Ids made by one process increase (RFC 9562, section 6.2, method 3), so rows that are written
    together keep their order.
    """
    global _last  # noqa: PLW0603 - the one piece of memory that makes ids increase
    nanoseconds = time.time_ns()
    ticks = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
    _last = ticks = max(ticks, _last + 1)
    random = int.from_bytes(os.urandom(8), "big") >> 2
    made = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | random
    return sendable(made.to_bytes(16, "big"))


def new_ids(count: int) -> list[UUID]:
    """As many fresh ids, increasing; the system is asked for randomness once."""
    global _last  # noqa: PLW0603 - see `new_id`
    nanoseconds = time.time_ns()
    ticks = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
    first = max(ticks, _last + 1)
    _last = first + count - 1
    noise = os.urandom(8 * count)
    return [
        sendable(
            (at >> 12).to_bytes(6, "big")
            + (0x7000 | at & 0xFFF).to_bytes(2, "big")
            + bytes([0x80 | noise[8 * place] & 0x3F])
            + noise[8 * place + 1 : 8 * place + 8]
        )
        for place, at in enumerate(range(first, first + count))
    ]


def sendable(sixteen: bytes) -> UUID:
    """The UUID of these bytes, as rows carry it too: the driver's own, cheap to make and send."""
    made: UUID = pgproto.UUID(sixteen)
    return made
