"""Rules that treasurers write for entries that come again and again."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import BankEntryId, BankRuleId, MemberId
from guild.core.lifecycle import Lifecycle

BANK_RULE: Final = Lifecycle(
    "bank_rule",
    initial="draft",
    moves={
        "switch_on": (("draft", "off"), "on"),
        "switch_off": (("on",), "off"),
        "replace": (("draft", "on", "off"), "replaced"),
    },
)
"""A rule is tried on past entries before it is switched on; a change is a new version."""


class BankRule(Base):
    """One version of a rule: conditions and what is done with an entry that meets them all."""

    __tablename__ = "bank_rule"
    __table_args__ = (
        CheckConstraint(BANK_RULE.check_sql(), name="state"),
        CheckConstraint("version >= 1 AND position >= 1", name="numbers"),
        Index("uq_bank_rule_version", "series", "version", unique=True),
        Index("ix_bank_rule_on", "position", postgresql_where=sql("state = 'on'")),
    )

    id: Mapped[BankRuleId] = mapped_column(primary_key=True)
    series: Mapped[BankRuleId]
    """The first version's id, which all versions share."""
    version: Mapped[int]
    position: Mapped[int]
    """The first rule that fits decides."""
    name: Mapped[str] = mapped_column(String(70))
    state: Mapped[str] = mapped_column(String(10), default=BANK_RULE.initial)
    conditions: Mapped[dict[str, Any]]
    iban_index: Mapped[bytes | None] = mapped_column(default=None)
    """Blind index of the account number in the conditions, which is not kept."""
    action: Mapped[dict[str, Any]]
    written_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    written_at: Mapped[datetime]
    switched_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    switched_at: Mapped[datetime | None] = mapped_column(default=None)


class RuleUse(Base):
    """Which version of a rule was applied to an entry."""

    __tablename__ = "bank_rule_use"
    __table_args__ = (Index(None, "rule_id"),)

    entry_id: Mapped[BankEntryId] = mapped_column(ForeignKey("bank_entry.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[BankRuleId] = mapped_column(ForeignKey("bank_rule.id"))
    applied_at: Mapped[datetime]
