"""Direct debits: the mandates that clients signed, and what is collected under them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.crypto import KeyRing
from guild.core.db import Base
from guild.core.ids import (
    BankAccountId,
    BatchId,
    DirectDebitId,
    InvoiceId,
    MandateId,
    MemberId,
    OrganisationId,
)
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

SEPA_MANDATE = Lifecycle(
    "sepa_mandate",
    initial="entered",
    moves={
        "confirm": (("entered",), "active"),
        "cancel": (("entered", "active"), "cancelled"),
    },
)
"""Entered by one person from the signed paper, confirmed by another who has seen it too."""

DIRECT_DEBIT = Lifecycle(
    "direct_debit",
    initial="announced",
    moves={
        "file": (("announced",), "filed"),
        "stop": (("announced",), "stopped"),
        "collect": (("filed",), "collected"),
        "reopen": (("collected",), "filed"),
        "refuse": (("filed",), "refused"),
        "return": (("filed", "collected"), "returned"),
    },
)
"""Announced to the client, written into a file, and then what the bank says became of it."""


class SepaMandate(Base):
    """A client's permission to collect invoices from her account (SEPA core or B2B)."""

    __tablename__ = "sepa_mandate"
    __table_args__ = (
        CheckConstraint(SEPA_MANDATE.check_sql(), name="state"),
        CheckConstraint("scheme IN ('CORE', 'B2B')", name="scheme"),
        CheckConstraint("confirmed_by <> entered_by", name="second_person"),
        CheckConstraint("state <> 'active' OR confirmed_by IS NOT NULL", name="confirmed"),
        Index(
            "uq_sepa_mandate_live",
            "organisation_id",
            unique=True,
            postgresql_where=text("state IN ('entered', 'active')"),
        ),
    )

    id: Mapped[MandateId] = mapped_column(primary_key=True)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str] = mapped_column(String(35), unique=True)
    """The unique mandate reference that is printed on the paper."""
    scheme: Mapped[str] = mapped_column(String(4))
    signed_on: Mapped[date]
    holder: Mapped[str] = mapped_column(String(70))
    iban_sealed: Mapped[bytes]
    """Sealed with the context `sepa_mandate.iban:<id>`."""
    iban_last4: Mapped[str] = mapped_column(String(4))
    state: Mapped[str] = mapped_column(String(20), default=SEPA_MANDATE.initial)
    collected: Mapped[int] = mapped_column(default=0)
    """How many collections were filed: the first is FRST, those after it RCUR."""
    last_used_on: Mapped[date | None] = mapped_column(default=None)
    """A mandate lapses 36 months after the last collection (SEPA rulebook, section 4.1)."""
    entered_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    entered_at: Mapped[datetime]
    confirmed_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(String(500), default="")

    def iban(self, keyring: KeyRing) -> str:
        """The number in clear, for the collection file only."""
        return keyring.open(self.iban_sealed, context=SEALED_MANDATE.context(self.id)).decode()


class DirectDebit(Base):
    """One collection of one invoice; announced to the client before it is filed."""

    __tablename__ = "direct_debit"
    __table_args__ = (
        CheckConstraint(DIRECT_DEBIT.check_sql(), name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("sequence IN ('FRST', 'RCUR')", name="sequence"),
        CheckConstraint("state IN ('announced', 'stopped') OR batch_id IS NOT NULL", name="batch"),
        Index(
            "uq_direct_debit_live",
            "invoice_id",
            unique=True,
            postgresql_where=text("state IN ('announced', 'filed', 'collected')"),
        ),
        Index("ix_direct_debit_state", "state", "collect_on"),
        Index("ix_direct_debit_batch_id", "batch_id"),
    )

    id: Mapped[DirectDebitId] = mapped_column(primary_key=True)
    """Its hexadecimal form is the end-to-end id."""
    mandate_id: Mapped[MandateId] = mapped_column(ForeignKey("sepa_mandate.id"))
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    collect_on: Mapped[date]
    sequence: Mapped[str] = mapped_column(String(4))
    state: Mapped[str] = mapped_column(String(20), default=DIRECT_DEBIT.initial)
    announced_at: Mapped[datetime]
    charter_version: Mapped[int]
    account_id: Mapped[BankAccountId | None] = mapped_column(
        ForeignKey("coop_bank_account.id"), default=None
    )
    batch_id: Mapped[BatchId | None] = mapped_column(ForeignKey("payment_batch.id"), default=None)
    settled_on: Mapped[date | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(String(500), default="")
    stopped_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    """Who does not want this invoice collected; None: the house stopped it, for a reason that
    may pass."""

    @property
    def end_to_end_id(self) -> str:
        """How banks name it on every statement and return."""
        return self.id.hex


SEALED_MANDATE = SealedColumn(
    SepaMandate.id, SepaMandate.iban_sealed, lambda mandate_id: f"sepa_mandate.iban:{mandate_id}"
)
