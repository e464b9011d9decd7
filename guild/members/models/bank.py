"""Where a member is paid: sealed IBANs, decided by a second person, usable after a delay."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.crypto import KeyRing
from guild.core.db import Base
from guild.core.ids import BankAccountId, MemberId
from guild.core.lifecycle import Lifecycle
from guild.core.sealed import SealedColumn

IBAN_PURPOSE = "bank_account.iban"

BANK_ACCOUNT = Lifecycle(
    "bank_account",
    initial="requested",
    moves={
        "approve": (("requested",), "approved"),
        # An approved account may still be stopped: that is what the warning mail is for.
        "reject": (("requested", "approved"), "rejected"),
        "supersede": (("requested", "approved"), "superseded"),
    },
)


class BankAccount(Base):
    """A member's bank account. At most one is approved and at most one is waiting, per member.

    The owner never decides, nor does the person who asked: CHECKs here and a trigger (guards.sql).
    """

    __tablename__ = "bank_account"
    __table_args__ = (
        CheckConstraint(BANK_ACCOUNT.check_sql(), name="state"),
        CheckConstraint(
            "decided_by <> member_id AND decided_by <> requested_by", name="second_person"
        ),
        CheckConstraint(
            "state NOT IN ('approved', 'rejected') OR "
            "(decided_by IS NOT NULL AND decided_at IS NOT NULL)",
            name="decided",
        ),
        CheckConstraint("state <> 'approved' OR usable_from >= decided_at", name="usable_from"),
        Index(
            "uq_bank_account_approved",
            "member_id",
            unique=True,
            postgresql_where=text("state = 'approved'"),
        ),
        Index(
            "uq_bank_account_requested",
            "member_id",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
        Index(None, "iban_index"),
    )

    id: Mapped[BankAccountId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    holder: Mapped[str] = mapped_column(String(70))
    """The account holder's name as the bank knows it (SEPA allows 70 characters)."""
    iban_sealed: Mapped[bytes]
    """Sealed for this row: context `bank_account.iban:<id>`; in another row it does not open."""
    iban_index: Mapped[bytes]
    """Keyed blind index: equal IBANs can be found without opening any."""
    iban_last4: Mapped[str] = mapped_column(String(4))
    iban_country: Mapped[str] = mapped_column(String(2))
    bic: Mapped[str | None] = mapped_column(String(11), default=None)
    state: Mapped[str] = mapped_column(String(20), default=BANK_ACCOUNT.initial)
    requested_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    requested_at: Mapped[datetime]
    decided_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decision_reason: Mapped[str | None] = mapped_column(String(5000), default=None)
    usable_from: Mapped[datetime | None] = mapped_column(default=None)
    """Payouts before this moment are refused: approval plus the charter's cooling-off hours.

    Null means never. Governance sets it in the transaction of the approval."""
    charter_version: Mapped[int | None] = mapped_column(default=None)
    """The charter that set the cooling-off of this decision."""

    @staticmethod
    def context(account_id: BankAccountId) -> str:
        """What the seal of an account's number is bound to."""
        return f"{IBAN_PURPOSE}:{account_id}"

    def iban(self, keyring: KeyRing) -> str:
        """The number in clear, for the payment file and the owner's own export only.

        Raises SealBroken when the row was tampered with.
        """
        return keyring.open(self.iban_sealed, context=self.context(self.id)).decode()


SEALED_IBAN = SealedColumn(BankAccount.id, BankAccount.iban_sealed, BankAccount.context)
