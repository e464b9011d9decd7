"""The table of the thread: what both sides say about an offer, clause by clause."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ContactId, ContractId, RemarkId


class ContractRemark(Base):
    """One thing said about a clause while an offer is talked about; append-only (guards.sql)."""

    __tablename__ = "contract_remark"
    __table_args__ = (
        CheckConstraint("side IN ('member', 'client')", name="side_known"),
        CheckConstraint("(side = 'client') = (contact_id IS NOT NULL)", name="client_has_contact"),
        Index(None, "contract_id", "id"),
    )

    id: Mapped[RemarkId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    version: Mapped[int] = mapped_column(SmallInteger)
    side: Mapped[str] = mapped_column(String(10))
    contact_id: Mapped[ContactId | None] = mapped_column(ForeignKey("contact.id"))
    name: Mapped[str] = mapped_column(String(200))
    clause: Mapped[str] = mapped_column(String(60))
    """A name of `rules.remarks.places`; empty for the contract as a whole."""
    heading: Mapped[str] = mapped_column(String(200))
    """What the clause was called then."""
    text: Mapped[str] = mapped_column(Text)
    wants_change: Mapped[bool]
    """Whether the client asked for a new version with it."""
    at: Mapped[datetime]
