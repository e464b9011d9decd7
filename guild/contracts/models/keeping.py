"""The table of erasures: what stays to be said of a contract whose time was over."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ContractId, MemberId


class ContractErasure(Base):
    """That a contract was erased: when, by which rule, and the proof; append-only (guards.sql).

    `proof` is canonical JSON without personal data; its SHA-256 is a leaf of the public log.
    """

    __tablename__ = "contract_erasure"
    __table_args__ = (
        CheckConstraint("proof_sha256 = encode(sha256(proof), 'hex')", name="proof_has_its_hash"),
        CheckConstraint("kept_until < erased_at::date", name="kept_to_the_end"),
        Index(None, "member_id", "contract_id"),
    )

    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    number: Mapped[str] = mapped_column(String(20))
    rule: Mapped[str] = mapped_column(String(40))
    article: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    kept_until: Mapped[date]
    erased_at: Mapped[datetime]
    asked_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    """Who asked for it; None where the house did it by itself on the day."""
    fingerprints: Mapped[dict[str, Any]]
    proof: Mapped[bytes] = mapped_column(LargeBinary)
    proof_sha256: Mapped[str] = mapped_column(String(64))
