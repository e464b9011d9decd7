"""Tables of signing: each person who answers for the client, with her link, code and answer."""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ContactId, ContractId, LinkId, SignerId
from guild.core.lifecycle import Lifecycle

SIGNER_LIFECYCLE: Final = Lifecycle(
    "contract_signer",
    initial="waiting",
    moves={
        "ask": (("waiting",), "asked"),
        "inform": (("waiting",), "informed"),
        "sign": (("asked",), "signed"),
        "delegate": (("asked",), "delegated"),
        "spare": (("waiting", "asked"), "not_needed"),
        "stop": (("waiting", "asked"), "stopped"),
    },
)
"""One person of one version: asked in her turn, until she signs, passes it on, or is not needed."""


class ContractSigner(Base):
    """One person who answers a version for the client.

    People of the same `rank` are asked side by side, ranks one after the other; a rank is done when
    `needed` of its people have signed. Approvers count like signers. Viewers read along, copies get
    the sealed file. `code_tries` counts wrong codes of the present link.
    """

    __tablename__ = "contract_signer"
    __table_args__ = (
        UniqueConstraint("contract_id", "version", "contact_id"),
        CheckConstraint(SIGNER_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("role IN ('signer', 'approver', 'viewer', 'copy')", name="role_known"),
        CheckConstraint("code_tries BETWEEN 0 AND 100", name="tries_bounded"),
        CheckConstraint("rank BETWEEN 1 AND 20 AND needed BETWEEN 0 AND 20", name="order_bounded"),
        CheckConstraint("(state = 'signed') = (signed_at IS NOT NULL)", name="signed_has_time"),
        Index("ix_contract_signer_asked", "id", postgresql_where=text("state = 'asked'")),
    )

    id: Mapped[SignerId] = mapped_column(primary_key=True)
    contract_id: Mapped[ContractId] = mapped_column(ForeignKey("contract.id"))
    version: Mapped[int] = mapped_column(SmallInteger)
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(10))
    rank: Mapped[int] = mapped_column(SmallInteger)
    needed: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    delegated_by_id: Mapped[SignerId | None] = mapped_column(ForeignKey("contract_signer.id"))
    asked_at: Mapped[datetime | None]
    link_id: Mapped[LinkId | None]
    link_sent_at: Mapped[datetime | None]
    links_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    opened_at: Mapped[datetime | None]
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_sent_at: Mapped[datetime | None]
    code_expires_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    codes_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    reminders_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    bounced_at: Mapped[datetime | None]
    """When a mail to her present link came back."""
    signed_at: Mapped[datetime | None]
