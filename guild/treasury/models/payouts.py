"""Money on its way out: orders to pay members, clients and suppliers, and who approved them."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.crypto import KeyRing
from guild.core.db import Base
from guild.core.ids import (
    BankAccountId,
    BankEntryId,
    BatchId,
    DocumentId,
    EntryId,
    MemberId,
    OrganisationId,
    PayoutId,
    PayoutRunId,
)
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn
from guild.ledger.chart import CHART, Account, Owner

PAYOUT = Lifecycle(
    "payout",
    initial="requested",
    moves={
        "approve": (("requested",), "approved"),
        "reject": (("requested", "approved"), "rejected"),
        "order": (("approved",), "ordered"),
        "settle": (("ordered",), "settled"),
        "return": (("ordered", "settled"), "returned"),
    },
)
"""Ordered: the bank has the file, or may have it; nothing is sent again. The statement decides.

Returned: the bank refused it (status report) or sent it back (statement); the money is where it
was before the approval."""

PURPOSES: Final = {
    "earnings": "member_available",
    "benefit": "benefit_payable",
    "refund": "client_credit",
    "supplier": "payable",
}
"""What is paid out, and the account it is drawn from."""

PAYEES: Final = {
    "earnings": "member",
    "benefit": "member",
    "refund": "client",
    "supplier": "supplier",
}
"""Purpose → who is paid."""


class Payout(Base):
    """An order to pay somebody. Amount, payee and requester never change (guards.sql).

    A member is paid to the account that was approved for her; a client to the account her money
    came from, as the bank reported it; a supplier to the account that its invoice names.
    """

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint(PAYOUT.check_sql(), name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("approvals_needed >= 2", name="four_eyes"),
        CheckConstraint(f"purpose IN {tuple(PURPOSES)}", name="purpose"),
        CheckConstraint(
            "state NOT IN ('ordered', 'settled') OR batch_id IS NOT NULL", name="batch"
        ),
        CheckConstraint(
            "(purpose IN ('earnings', 'benefit')) = (member_id IS NOT NULL)"
            " AND (member_id IS NULL) = (payee_account_id IS NULL)"
            " AND (member_id IS NULL) = (iban_sealed IS NOT NULL)"
            " AND (member_id IS NULL) = (payee_name IS NOT NULL)",
            name="payee",
        ),
        CheckConstraint(
            "purpose <> 'refund' OR (organisation_id IS NOT NULL AND source_entry_id IS NOT NULL)",
            name="refund_goes_back",
        ),
        CheckConstraint(
            "purpose <> 'supplier' OR (supplier_id IS NOT NULL AND subject_id IS NOT NULL)",
            name="supplier",
        ),
        Index("ix_payout_member_id", "member_id", "id"),
        Index("ix_payout_state", "state", "id"),
        Index("ix_payout_batch_id", "batch_id"),
        Index("ix_payout_run_id", "run_id", "id"),
        Index(
            "uq_payout_subject",
            "purpose",
            "subject_id",
            unique=True,
            postgresql_where=text(
                "purpose IN ('refund', 'supplier') AND state NOT IN ('rejected', 'returned')"
            ),
        ),
    )

    id: Mapped[PayoutId] = mapped_column(primary_key=True)
    """Its hexadecimal form is the end-to-end id at the bank, for ever."""
    serial: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    member_id: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    organisation_id: Mapped[OrganisationId | None] = mapped_column(
        ForeignKey("organisation.id"), default=None
    )
    """The client who is refunded."""
    supplier_id: Mapped[UUID | None] = mapped_column(default=None)
    """The supplier who is paid."""
    purpose: Mapped[str] = mapped_column(String(20))
    concerns_id: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    """Whose client is refunded, whose project is bought for: she does not approve it either."""
    subject_id: Mapped[UUID | None] = mapped_column(default=None)
    """What it is for: a refund, a supplier's invoice. One live order per subject."""
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("coop_bank_account.id"))
    """The co-operative's account it is paid from."""
    payee_account_id: Mapped[BankAccountId | None] = mapped_column(ForeignKey("bank_account.id"))
    """The member's account that the approvers saw; another one needs another payout."""
    payee_name: Mapped[str | None] = mapped_column(String(140), default=None)
    """Of a client or supplier, as the bank knows it."""
    iban_sealed: Mapped[bytes | None] = mapped_column(default=None)
    """Of a client or supplier; sealed with the context `payout.iban:<id>`."""
    iban_last4: Mapped[str] = mapped_column(String(4), default="")
    source_entry_id: Mapped[BankEntryId | None] = mapped_column(
        ForeignKey("bank_entry.id"), default=None
    )
    """The bank entry by which the client's money came: it goes back the same way."""
    reference: Mapped[str] = mapped_column(String(35), default="")
    """The structured reference that the payee asks for (OGM or RF)."""
    remittance: Mapped[str] = mapped_column(String(140), default="")
    """What the payee reads on her statement when there is no structured reference."""
    pay_on: Mapped[date | None] = mapped_column(default=None)
    """The day on which it is to leave; None: as soon as it is approved."""
    run_id: Mapped[PayoutRunId | None] = mapped_column(ForeignKey("payout_run.id"), default=None)
    replaces_id: Mapped[PayoutId | None] = mapped_column(
        ForeignKey("payout.id"), unique=True, default=None
    )
    """The returned payout that this one pays again; one payout is replaced once."""
    state: Mapped[str] = mapped_column(String(20), default=PAYOUT.initial)
    requested_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    requested_at: Mapped[datetime]
    approvals_needed: Mapped[int]
    roles_needed: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """Office → how many approvals must come from it, by the band of the charter."""
    check_extra: Mapped[int] = mapped_column(default=0)
    """How many approvals are needed because of what the bank said about the payee's name."""
    charter_version: Mapped[int]
    approved_at: Mapped[datetime | None] = mapped_column(default=None)
    ledger_entry_id: Mapped[EntryId | None] = mapped_column(default=None)
    """The entry of the approval, which a rejection afterwards reverses."""
    batch_id: Mapped[BatchId | None] = mapped_column(ForeignKey("payment_batch.id"), default=None)
    ordered_at: Mapped[datetime | None] = mapped_column(default=None)
    settled_on: Mapped[date | None] = mapped_column(default=None)
    """The booking day on the statement that shows it."""
    refused_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    reason: Mapped[str | None] = mapped_column(String(500), default=None)
    """Why it was rejected, or came back."""
    bank_status: Mapped[str] = mapped_column(String(4), default="")
    """What the bank last said of it in a status report (ACTC, ACCP, RJCT …)."""
    bank_reason: Mapped[str] = mapped_column(String(35), default="")
    document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    """The payout statement, once made."""

    @property
    def number(self) -> str:
        """What people call it."""
        return f"P{self.requested_at.year}-{self.serial:04d}"

    @property
    def end_to_end_id(self) -> str:
        """How banks name it on every statement and return."""
        return self.id.hex

    @property
    def source(self) -> Account:
        """The ledger account that the money is drawn from."""
        code = PURPOSES[self.purpose]
        owners = {
            Owner.MEMBER: self.member_id,
            Owner.ORGANISATION: self.organisation_id,
            Owner.SUPPLIER: self.supplier_id,
        }
        return Account(code, owners.get(CHART[code].owner))

    def iban(self, keyring: KeyRing) -> str:
        """A client's or supplier's account number in clear, for the payment file only."""
        assert self.iban_sealed is not None, "a member's number is kept with her account"
        return keyring.open(self.iban_sealed, context=SEALED_PAYEE.context(self.id)).decode()


class PayoutApproval(Base):
    """One of the persons who approved a payout; neither its payee nor its requester."""

    __tablename__ = "payout_approval"

    payout_id: Mapped[PayoutId] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    approver_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    approved_at: Mapped[datetime]
    role: Mapped[str] = mapped_column(String(20), default="treasurer", server_default="treasurer")
    """The office that the approval counts for."""


class PayeeCheck(Base):
    """What the bank said when it was asked whether an account is held under that name.

    MTCH: it is. CMTC: nearly. NMTC: it is not. NOAP: that bank cannot be asked. Append-only.
    """

    __tablename__ = "payee_check"
    __table_args__ = (
        CheckConstraint("result IN ('MTCH', 'CMTC', 'NMTC', 'NOAP')", name="result"),
        Index("ix_payee_check_account", "payee_account_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payee_account_id: Mapped[BankAccountId] = mapped_column(ForeignKey("bank_account.id"))
    result: Mapped[str] = mapped_column(String(4))
    source: Mapped[str] = mapped_column(String(60))
    """Where the answer came from: the bank's portal, its file, its interface."""
    bank_name: Mapped[str] = mapped_column(String(140), default="")
    """The name that the bank offered with CMTC."""
    noted_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime]


SEALED_PAYEE = SealedColumn(
    Payout.id, Payout.iban_sealed, lambda payout_id: f"payout.iban:{payout_id}"
)
