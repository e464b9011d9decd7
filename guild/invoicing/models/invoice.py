"""Invoices, self-billed invoices and their credit notes: one table, told apart by `kind`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guild.core.db import Base
from guild.core.ids import (
    ContactId,
    ContractId,
    DocumentId,
    InvoiceId,
    MemberId,
    OrganisationId,
)
from guild.core.lifecycle import Lifecycle
from guild.invoicing.models.parts import (
    InvoiceAdjustment,
    InvoiceAttachment,
    InvoiceLine,
    InvoiceVat,
)

INVOICE_LIFECYCLE: Final = Lifecycle(
    "invoice",
    initial="draft",
    moves={
        "issue": (("draft",), "issued"),
        "pay_part": (("issued", "partly_paid"), "partly_paid"),
        "settle": (("issued", "partly_paid"), "paid"),
        "credit": (("issued", "partly_paid", "paid", "written_off"), "credited"),
        "write_off": (("issued", "partly_paid"), "written_off"),
        "reinstate": (("written_off", "paid"), "issued"),
        "reinstate_rest": (("written_off", "paid"), "partly_paid"),
        "reopen": (("partly_paid", "paid", "written_off"), "issued"),
        "reopen_part": (("partly_paid", "paid", "written_off"), "partly_paid"),
    },
)
"""From draft to settled. Being overdue is a dated fact beside it (`overdue_on`), not a state."""

OPEN_STATES: Final = ("issued", "partly_paid")
"""States in which a client still owes something."""


KINDS: Final = ("invoice", "credit_note", "self_bill", "self_bill_credit", "proforma")
"""A self-billed document is written by its buyer, the cooperative; a pro-forma is no invoice and
never takes a number of a tax series."""

CREDIT_KINDS: Final = ("credit_note", "self_bill_credit")
"""Kinds that take back what another document asked for, in positive amounts."""


SELF_BILLED_KINDS: Final = ("self_bill", "self_bill_credit")
"""Kinds that the co-operative writes for a member, in her own series; no client stands on them."""


class Invoice(Base):
    """An invoice, or a credit note that corrects one (`corrects_id`, positive amounts).

    Amounts are minor units of `currency`, named as in EN 16931: `lines_minor` (BT-106) less
    `allowances_minor` (BT-107) plus `charges_minor` (BT-108) is `net_minor` (BT-109); with
    `vat_minor` (BT-110, all taxes) it is `total_minor` (BT-112); less `prepaid_minor` (BT-113) and
    plus `rounding_minor` (BT-114) it is `payable_minor` (BT-115).

    The client owes total plus rounding. What it paid before (prepaid) is recorded as a payment when
    the document is issued. What is open is what it owes less paid less credited plus refundable,
    less what was given up: `refundable_minor` is the part of credit notes that the client had paid
    already.
    `pending_net_minor` is the member's net that waits for the client.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        CheckConstraint(INVOICE_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint(f"kind IN {KINDS!r}", name="kind_known"),
        CheckConstraint(f"(kind IN {CREDIT_KINDS!r}) = (corrects_id IS NOT NULL)", name="corrects"),
        CheckConstraint(
            "allowances_minor >= 0 AND charges_minor >= 0 "
            "AND lines_minor - allowances_minor + charges_minor = net_minor",
            name="net_adds_up",
        ),
        CheckConstraint(
            "prepaid_minor >= 0 AND abs(rounding_minor) < 100 "
            "AND total_minor - prepaid_minor + rounding_minor = payable_minor",
            name="payable_adds_up",
        ),
        CheckConstraint(
            "(accounting_currency IS NULL) = (exchange_rate IS NULL) "
            "AND (accounting_currency IS NULL) = (exchange_rate_on IS NULL) "
            "AND (accounting_currency IS NULL) = (vat_accounting_minor IS NULL) "
            "AND (accounting_currency IS NULL OR (accounting_currency <> currency "
            "AND exchange_rate > 0 AND exchange_rate_source <> ''))",
            name="accounting_is_whole",
        ),
        CheckConstraint(
            "(period_from IS NULL) = (period_to IS NULL) AND period_from <= period_to",
            name="period_is_whole",
        ),
        CheckConstraint("net_minor + vat_minor = total_minor", name="total_adds_up"),
        CheckConstraint(
            "state = 'draft' OR (total_minor > 0 AND net_minor > 0 AND vat_minor >= 0)",
            name="total_positive",
        ),
        CheckConstraint(
            "(state = 'draft') = (number IS NULL) AND (state = 'draft') = (sequence IS NULL) "
            "AND (state = 'draft') = (issued_on IS NULL) AND (state = 'draft') = (due_on IS NULL) "
            "AND (state = 'draft') = (seller IS NULL) AND (state = 'draft') = (buyer IS NULL)",
            name="issued_is_whole",
        ),
        CheckConstraint("paid_minor >= 0 AND refundable_minor >= 0", name="paid_not_negative"),
        CheckConstraint(
            "credited_minor BETWEEN 0 AND total_minor + rounding_minor", name="credit_within_total"
        ),
        CheckConstraint("credited_net_minor BETWEEN 0 AND net_minor", name="credit_within_net"),
        CheckConstraint(
            "paid_minor + credited_minor - refundable_minor + written_off_minor "
            "<= total_minor + rounding_minor",
            name="paid_within_total",
        ),
        CheckConstraint("pending_net_minor BETWEEN 0 AND net_minor", name="pending_within_net"),
        CheckConstraint(
            "state <> 'paid' OR paid_minor + credited_minor - refundable_minor "
            "+ written_off_minor = total_minor + rounding_minor",
            name="paid_is_settled",
        ),
        CheckConstraint(
            "state <> 'credited' OR credited_minor = total_minor + rounding_minor",
            name="credited_is_whole",
        ),
        CheckConstraint(
            "written_off_minor >= 0 AND written_off_net_minor BETWEEN 0 AND written_off_minor "
            "AND (state <> 'written_off' OR (written_off_minor > 0 "
            "AND paid_minor + credited_minor - refundable_minor + written_off_minor "
            "= total_minor + rounding_minor))",
            name="written_off_is_the_rest",
        ),
        CheckConstraint(
            f"(kind IN {SELF_BILLED_KINDS!r}) = (client_id IS NULL) "
            "AND (client_id IS NULL) = (contract_id IS NULL) "
            "AND (client_id IS NULL) = (contact_id IS NULL)",
            name="has_client",
        ),
        Index(
            "uq_invoice_kind_series_year_sequence",
            "kind",
            "series_year",
            "sequence",
            unique=True,
            postgresql_where=text(f"kind NOT IN {SELF_BILLED_KINDS!r}"),
        ),
        Index(
            "uq_invoice_supplier_series",
            "member_id",
            "kind",
            "series_year",
            "sequence",
            unique=True,
            postgresql_where=text(f"kind IN {SELF_BILLED_KINDS!r}"),
        ),
        UniqueConstraint("kind", "number"),
        UniqueConstraint("reference"),
        Index(None, "member_id", "id"),
        Index(None, "client_id", "id"),
        Index(None, "contract_id"),
        Index(
            "ix_invoice_corrects", "corrects_id", postgresql_where=text("corrects_id IS NOT NULL")
        ),
        Index(
            "ix_invoice_open",
            "client_id",
            "currency",
            "due_on",
            postgresql_include=[
                "id",
                "member_id",
                "total_minor",
                "rounding_minor",
                "paid_minor",
                "credited_minor",
                "refundable_minor",
                "written_off_minor",
            ],
            postgresql_where=text("state IN ('issued', 'partly_paid') AND kind = 'invoice'"),
        ),
        Index(
            "ix_invoice_falling_due",
            "due_on",
            postgresql_where=text(
                "state IN ('issued', 'partly_paid') AND overdue_on IS NULL AND kind = 'invoice'"
            ),
        ),
    )

    id: Mapped[InvoiceId] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), default="invoice")
    type_code: Mapped[str] = mapped_column(String(3), default="380")
    """UNCL 1001 (BT-3): 380, 386 for a deposit, 381, 389, 261; 325 is a pro-forma."""
    state: Mapped[str] = mapped_column(String(20), default="draft")
    # A self-billed document has no client: its buyer is the co-operative (`has_client`).
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"), nullable=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    client_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), nullable=True)
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"), nullable=True)
    corrects_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), default=None)
    shared: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether several members share it (`models.shares`); `member_id` drafted it."""

    series_year: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    sequence: Mapped[int | None] = mapped_column(default=None)
    number: Mapped[str | None] = mapped_column(String(80), default=None)
    number_format: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date | None] = mapped_column(default=None)
    issued_at: Mapped[datetime | None] = mapped_column(default=None)
    due_days: Mapped[int] = mapped_column(SmallInteger)
    due_on: Mapped[date | None] = mapped_column(default=None)
    delivered_on: Mapped[date]

    title: Mapped[str] = mapped_column(String(200))
    contract_number: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(5))
    buyer_reference: Mapped[str] = mapped_column(String(200), default="")
    order_reference: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why a credit note was issued; empty on invoices."""
    reason_code: Mapped[str] = mapped_column(String(20), default="", server_default=text("''"))
    """The same as one of a few words (`schemas.credits.CreditReason`)."""
    note: Mapped[str] = mapped_column(String(500), default="")
    """What the member wants to say on the document (BT-22)."""
    period_from: Mapped[date | None] = mapped_column(default=None)
    period_to: Mapped[date | None] = mapped_column(default=None)
    """The period of the work (BG-14), when it is not one day."""
    client_references: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), default=None
    )
    """More references of the client's (`rules.canonical.References`)."""
    preceding: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSONB(none_as_null=True), default=None
    )
    """Further documents that this one follows (BG-3), such as deposits that it settles."""
    delivery: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)
    """Where it was delivered (`rules.canonical.Delivery`), when that is not the buyer's address."""
    payee: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)
    """Who gets the money (`rules.canonical.Payee`), when that is not the seller."""

    supply: Mapped[str] = mapped_column(String(20), default="services")
    treatment: Mapped[str] = mapped_column(String(30), default="general")
    reduced_milli: Mapped[int | None] = mapped_column(default=None)
    """The reduced rate that the member claims, in thousandths of a per cent."""
    place_country: Mapped[str | None] = mapped_column(String(2), default=None)
    place_region: Mapped[str] = mapped_column(String(10), default="")
    """Where the work is performed, for the supplies whose VAT depends on it."""
    buyer_vat_check: Mapped[str] = mapped_column(String(10), default="none")
    """What VIES said of the buyer's number: none (not asked), valid, invalid."""
    buyer_vat_checked_on: Mapped[date | None] = mapped_column(default=None)
    reference: Mapped[str] = mapped_column(String(25))
    """The structured payment reference: twelve digits (OGM) or RF…"""

    currency: Mapped[str] = mapped_column(String(3))
    lines_minor: Mapped[int] = mapped_column(default=0)
    allowances_minor: Mapped[int] = mapped_column(default=0)
    charges_minor: Mapped[int] = mapped_column(default=0)
    net_minor: Mapped[int] = mapped_column(default=0)
    vat_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int] = mapped_column(default=0)
    prepaid_minor: Mapped[int] = mapped_column(default=0)
    rounding_minor: Mapped[int] = mapped_column(default=0)
    payable_minor: Mapped[int] = mapped_column(default=0)
    round_to: Mapped[int] = mapped_column(SmallInteger, default=1)
    """What is payable is rounded to a multiple of this many minor units (cash: 5)."""
    accounting_currency: Mapped[str | None] = mapped_column(String(3), default=None)
    """The currency in which the seller owes the VAT (BT-6), when it is another one."""
    exchange_rate: Mapped[Decimal | None] = mapped_column(Numeric(18, 8), default=None)
    """Units of `accounting_currency` for one unit of `currency`."""
    exchange_rate_on: Mapped[date | None] = mapped_column(default=None)
    exchange_rate_source: Mapped[str] = mapped_column(String(200), default="")
    vat_accounting_minor: Mapped[int | None] = mapped_column(default=None)
    """BT-111, in minor units of `accounting_currency`."""
    paid_minor: Mapped[int] = mapped_column(default=0)
    credited_minor: Mapped[int] = mapped_column(default=0)
    credited_net_minor: Mapped[int] = mapped_column(default=0)
    refundable_minor: Mapped[int] = mapped_column(default=0)
    pending_net_minor: Mapped[int] = mapped_column(default=0)
    written_off_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What was given up and not taken back (`WrittenOffMove`), VAT included."""
    written_off_net_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """The member's net in it."""
    settled_on: Mapped[date | None] = mapped_column(default=None)
    overdue_on: Mapped[date | None] = mapped_column(default=None)

    seller: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)
    buyer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)
    """The parties as they were on the day of issue (`rules.canonical.Party`)."""
    iban: Mapped[str | None] = mapped_column(String(34), default=None)
    bic: Mapped[str | None] = mapped_column(String(11), default=None)
    """Where to pay, as printed on the day of issue."""
    pdf_document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    ubl_document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    cii_document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    verdict_hash: Mapped[bytes | None] = mapped_column(default=None)
    """Hash of the content that has passed all rules (`rules.content`), while it is a draft."""
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)
    """The last verdict: passed or what is broken, which rules, of which content."""
    report_document_id: Mapped[DocumentId | None] = mapped_column(default=None)
    """The validator's report on these very files."""

    charter_version: Mapped[int]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
    """Raised by each edit of the draft; an edit that answers an older one is refused."""

    lines: Mapped[list[InvoiceLine]] = relationship(
        order_by="InvoiceLine.position", lazy="raise", cascade="all, delete-orphan"
    )
    vat: Mapped[list[InvoiceVat]] = relationship(
        order_by="(InvoiceVat.tax, InvoiceVat.category, InvoiceVat.rate_milli)",
        lazy="raise",
        cascade="all, delete-orphan",
    )
    adjustments: Mapped[list[InvoiceAdjustment]] = relationship(
        order_by="InvoiceAdjustment.position", lazy="raise", cascade="all, delete-orphan"
    )
    attachments: Mapped[list[InvoiceAttachment]] = relationship(
        order_by="InvoiceAttachment.position", lazy="raise", cascade="all, delete-orphan"
    )

    @property
    def open_minor(self) -> int:
        """What the client still owes, in minor units; nothing on drafts and credit notes."""
        if self.kind != "invoice" or self.state == "draft":
            return 0
        owed = self.total_minor + self.rounding_minor
        settled = self.paid_minor + self.credited_minor - self.refundable_minor
        return owed - settled - self.written_off_minor
