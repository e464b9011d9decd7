"""Passkeys: public keys by which members and contacts sign; the secret stays on their devices."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ContactId, MemberId, PasskeyId
from guild.core.lifecycle import Lifecycle

PASSKEY_LIFECYCLE: Final = Lifecycle(
    "passkey",
    initial="asked",
    moves={
        "register": (("asked",), "active"),
        "remove": (("asked", "active"), "removed"),
    },
)
"""From the challenge that was given out, to the key that answers it, to its end."""


class Passkey(Base):
    """One passkey (W3C Web Authentication) of a member or of a client's contact.

    `challenge` is what its registration had to answer. A removed one stays: signatures name it.
    """

    __tablename__ = "passkey"
    __table_args__ = (
        CheckConstraint(PASSKEY_LIFECYCLE.check_sql(), name="state_known"),
        CheckConstraint("(member_id IS NULL) <> (contact_id IS NULL)", name="one_owner"),
        CheckConstraint(
            "state <> 'active' OR (credential_id IS NOT NULL AND public_key IS NOT NULL)",
            name="active_has_key",
        ),
        CheckConstraint("sign_count >= 0", name="count_rises"),
        Index("uq_passkey_credential", "credential_id", unique=True),
        Index(
            "uq_passkey_asked",
            "member_id",
            "contact_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state = 'asked'"),
        ),
    )

    id: Mapped[PasskeyId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"))
    contact_id: Mapped[ContactId | None] = mapped_column(ForeignKey("contact.id"))
    state: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(200))
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary)
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    """COSE_Key, as the authenticator gave it (RFC 9052)."""
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    synced: Mapped[bool] = mapped_column(default=False)
    """Whether the authenticator says that the key is backed up elsewhere."""
    registered_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
