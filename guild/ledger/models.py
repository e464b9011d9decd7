"""The tables of the books. Rows are written by `commands.post` alone and never changed.

`guards.sql` holds what the ORM cannot say: the deferred balance check, the append-only triggers,
the rule that postings are written in their entry's own transaction, and the upkeep of
`ledger_balance`.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from guild.core.db import Base
from guild.core.ids import AccountId, EntryId
from guild.ledger.chart import CHART, Kind

_KINDS = ", ".join(f"'{kind.value}'" for kind in Kind)
_CODES = ", ".join(f"'{code}'" for code in CHART)


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


class LedgerAccount(Base):
    """An account in one currency; its id is computed (`chart.Account.id`)."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("id", "currency"),
        UniqueConstraint("code", "owner", "currency", postgresql_nulls_not_distinct=True),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint(f"code IN ({_CODES})", name="code"),
    )

    id: Mapped[AccountId] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    owner: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(String(3))


class LedgerEntry(Base):
    """What happened, on which day, about what, and who caused it."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("reverses"),
        Index("ix_ledger_entry_subject_id", "subject_id"),
        Index("ix_ledger_entry_occurred_on", "occurred_on", "id"),
    )

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(String(500))
    occurred_on: Mapped[date]
    recorded_at: Mapped[datetime]
    subject_id: Mapped[UUID | None]
    reverses: Mapped[EntryId | None] = mapped_column(ForeignKey("ledger_entry.id"))
    actor: Mapped[str] = mapped_column(String(60))
    tx: Mapped[str] = mapped_column(Xid8(), server_default=sql("pg_current_xact_id()"))


class LedgerPosting(Base):
    """One amount on one account; debit positive, credit negative, in minor units.

    `occurred_on` repeats the entry's day (the trigger refuses another), so that a statement pages
    along one index.
    """

    __tablename__ = "ledger_posting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "currency"], ["ledger_account.id", "ledger_account.currency"]
        ),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index(
            "ix_ledger_posting_statement",
            "account_id",
            "occurred_on",
            "entry_id",
            "position",
        ),
    )

    entry_id: Mapped[EntryId] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account_id: Mapped[AccountId]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    occurred_on: Mapped[date]


class LedgerBalance(Base):
    """Debits and credits of an account in a month, kept by a trigger; no one else may write it.

    Accounts without an owner are busy in every transaction: they spread over sixteen shards, so
    that commits do not queue for one row.
    """

    __tablename__ = "ledger_balance"

    account_id: Mapped[AccountId] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    debit_minor: Mapped[int] = mapped_column(BigInteger)
    credit_minor: Mapped[int] = mapped_column(BigInteger)
