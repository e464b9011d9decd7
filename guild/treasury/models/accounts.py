"""The co-operative's own accounts."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import BankAccountId, MemberId


class CoopBankAccount(Base):
    """An account of the co-operative; it owns ledger accounts `bank` and `payout_in_transit`."""

    __tablename__ = "coop_bank_account"
    __table_args__ = (UniqueConstraint("iban", "currency"),)

    id: Mapped[BankAccountId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(70))
    iban: Mapped[str] = mapped_column(String(34))
    """In clear: it is printed on every invoice."""
    bic: Mapped[str | None] = mapped_column(String(11))
    currency: Mapped[str] = mapped_column(String(3))
    balance_minor: Mapped[int]
    """Closing balance of the last statement; an import locks this row, so imports queue here."""
    balance_on: Mapped[date]
    opened_on: Mapped[date] = mapped_column(server_default=sql("'1970-01-01'"))
    """The day of the opening balance; no entry of that day or before is booked."""
    opened_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    opened_at: Mapped[datetime]
