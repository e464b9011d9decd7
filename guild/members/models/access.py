"""What lets a person in: passwords, sessions, API keys, personal links, and counters of tries.

Secrets are never stored: sessions, keys and links as SHA-256 of 256-bit (or 178-bit) random tokens,
passwords as argon2id.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import ApiKeyId, ContactId, LinkId, MemberId


class Credential(Base):
    """A member's password, apart from `member` so that reading people never loads it."""

    __tablename__ = "credential"

    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    """argon2id in PHC notation, which carries its own parameters."""
    changed_at: Mapped[datetime]


class PasswordReset(Base):
    """A mailed token with which a member who lost her password sets another, once."""

    __tablename__ = "password_reset"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        Index(None, "member_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class WebSession(Base):
    """A signed-in browser. Exists only after a sign-in: there are no anonymous sessions."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("octet_length(id_hash) = 32", name="id_hash"),
        Index(None, "member_id"),
        Index(None, "expires_at"),
    )

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime]
    last_seen: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """A member's key for programs: shown once, scoped, revocable."""

    __tablename__ = "api_key"
    __table_args__ = (
        CheckConstraint("octet_length(key_hash) = 32", name="key_hash"),
        CheckConstraint("cardinality(scopes) >= 1", name="scoped"),
        Index(None, "member_id"),
    )

    id: Mapped[ApiKeyId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(20))
    """The first characters, so that an owner can tell her keys apart and a leak can be traced."""
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    last_used: Mapped[datetime | None] = mapped_column(default=None)
    """Of writes only, to ten minutes: reads run in read-only transactions."""
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class AccessLink(Base):
    """A client's personal link to one thing. Only the mail holds the token."""

    __tablename__ = "access_link"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        CheckConstraint("expires_at > created_at", name="expires"),
        Index(None, "subject_id"),
    )

    id: Mapped[LinkId] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    purpose: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    contact_id: Mapped[ContactId] = mapped_column(ForeignKey("contact.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the page was first opened by POST; a GET never opens it (mail scanners follow links)."""
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class LinkSession(Base):
    """A client's browser after opening a personal link; dies with the link."""

    __tablename__ = "link_session"
    __table_args__ = (
        CheckConstraint("octet_length(id_hash) = 32", name="id_hash"),
        Index(None, "link_id"),
    )

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    link_id: Mapped[LinkId] = mapped_column(ForeignKey("access_link.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class RateLimit(Base):
    """Tries within a window, counted atomically by one upsert; the key is hashed."""

    __tablename__ = "rate_limit"

    bucket: Mapped[str] = mapped_column(String(60), primary_key=True)
    """What is limited and by what: `sign_in:account`, `sign_in:address`."""
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    window_start: Mapped[datetime]
    hits: Mapped[int]
