"""Identifiers: UUIDv7 (RFC 9562), one distinct type per kind of thing.

Version 7 starts with the time, so that rows written together lie together in an index, and a
keyset page by id is a page by time.
"""

import os
import time
from typing import Final, NewType
from uuid import UUID

MemberId = NewType("MemberId", UUID)
OrganisationId = NewType("OrganisationId", UUID)
ContactId = NewType("ContactId", UUID)
LinkId = NewType("LinkId", UUID)
SessionId = NewType("SessionId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
BankAccountId = NewType("BankAccountId", UUID)
CharterVersionId = NewType("CharterVersionId", UUID)
ContractId = NewType("ContractId", UUID)
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
ClaimId = NewType("ClaimId", UUID)
AttestationId = NewType("AttestationId", UUID)
DisputeId = NewType("DisputeId", UUID)
ReviewId = NewType("ReviewId", UUID)
LabelId = NewType("LabelId", UUID)
DocumentId = NewType("DocumentId", UUID)
EventId = NewType("EventId", UUID)
OutboxId = NewType("OutboxId", UUID)
MailId = NewType("MailId", UUID)

ID_TYPES: Final = (
    MemberId, OrganisationId, ContactId, LinkId, SessionId, ApiKeyId, BankAccountId,
    CharterVersionId, ContractId, MilestoneId, InvoiceId, PaymentId, AccountId, EntryId,
    StatementId, BankEntryId, PayoutId, BatchId, ClaimId, AttestationId, DisputeId, ReviewId,
    LabelId, DocumentId, EventId, OutboxId, MailId, OfferId, DeliveryId,
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
    return UUID(int=(ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | random)
