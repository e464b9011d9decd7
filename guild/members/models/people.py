"""Members, the course of a membership, and the offices that members hold."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.ids import MemberId
from guild.core.lifecycle import Lifecycle
from guild.core.permissions import Role

MEMBERSHIP = Lifecycle(
    "membership",
    initial="applicant",
    moves={
        "admit": (("applicant",), "member"),
        "decline": (("applicant",), "left"),
        "leave": (("member",), "on_leave"),
        "return": (("on_leave",), "member"),
        "resign": (("applicant", "member", "on_leave"), "left"),
        "remove": (("member", "on_leave"), "removed"),
    },
)
ACTIVE_STATES = frozenset({"member", "on_leave"})
"""States in which a person may sign in; on leave she keeps her own affairs, but no office."""

ROLE_GRANT = Lifecycle(
    "role_grant",
    initial="requested",
    moves={
        "confirm": (("requested",), "confirmed"),
        "refuse": (("requested",), "refused"),
    },
)

_ROLES_SQL = "role IN ({})".format(
    ", ".join(repr(str(role)) for role in Role if role is not Role.MEMBER)
)


class Member(Base):
    """A person who applied to, belongs to, or belonged to the co-operative."""

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint(MEMBERSHIP.check_sql(), name="state"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint(
            "state NOT IN ('member', 'on_leave', 'removed') OR joined_on IS NOT NULL",
            name="joined_once_admitted",
        ),
        # Whoever left, or was declined, may apply again: a stranger's application under her
        # address must not keep her out for ever.
        Index("uq_member_email", "email", unique=True, postgresql_where=text("state <> 'left'")),
    )

    id: Mapped[MemberId] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    """Always lower case; what she signs in with and where the house writes to."""
    legal_name: Mapped[str] = mapped_column(String(200))
    display_name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(5), default="en")
    street: Mapped[str | None] = mapped_column(String(200), default=None)
    postcode: Mapped[str | None] = mapped_column(String(20), default=None)
    city: Mapped[str | None] = mapped_column(String(200), default=None)
    vat_number: Mapped[str | None] = mapped_column(String(20), default=None)
    vat_exempt: Mapped[bool] = mapped_column(default=False)
    """The small-business scheme of her country: she charges no VAT."""
    enterprise_number: Mapped[str | None] = mapped_column(String(20), default=None)
    motivation: Mapped[str] = mapped_column(String(5000), default="")
    """What she wrote when she applied."""
    state: Mapped[str] = mapped_column(String(20), default=MEMBERSHIP.initial)
    applied_at: Mapped[datetime]
    joined_on: Mapped[date | None] = mapped_column(default=None)
    ended_on: Mapped[date | None] = mapped_column(default=None)


class MemberStep(Base):
    """One step in the course of a membership: who took it, when and why. Append-only."""

    __tablename__ = "member_step"
    __table_args__ = (Index(None, "member_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    action: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    by_kind: Mapped[str] = mapped_column(String(20))
    by_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(5000), default="")
    at: Mapped[datetime]


class MemberDetailChange(Base):
    """One change of what a member's documents say of her: what it was, what it became, and when.

    Append-only. Issued documents keep what they were issued with; this says what was true on a
    day. An empty text stands for nothing, `true` and `false` for a tick.
    """

    __tablename__ = "member_detail_change"
    __table_args__ = (
        CheckConstraint("before <> after", name="changed"),
        Index(None, "member_id", "field", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    field: Mapped[str] = mapped_column(String(30))
    before: Mapped[str] = mapped_column(String(200))
    after: Mapped[str] = mapped_column(String(200))
    changed_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    changed_at: Mapped[datetime]


class MemberRole(Base):
    """An office that a member holds, beyond being a member (that follows from her state).

    Two other persons stand behind each: `granted_by` asked, `confirmed_by` agreed. Only the
    founding meeting's offices (`founding`) have no one before them.
    """

    __tablename__ = "member_role"
    __table_args__ = (
        CheckConstraint(_ROLES_SQL, name="role"),
        CheckConstraint(
            "granted_by <> member_id AND confirmed_by <> member_id", name="not_oneself"
        ),
        CheckConstraint("granted_by <> confirmed_by", name="two_persons"),
        CheckConstraint(
            "founding OR (granted_by IS NOT NULL AND confirmed_by IS NOT NULL)", name="four_eyes"
        ),
        Index(
            "uq_member_role_held",
            "member_id",
            "role",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    role: Mapped[str] = mapped_column(String(20))
    granted_at: Mapped[datetime]
    granted_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    confirmed_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    founding: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class RoleGrant(Base):
    """The request that a member be given an office, decided by a second person."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(ROLE_GRANT.check_sql(), name="state"),
        CheckConstraint(_ROLES_SQL, name="role"),
        CheckConstraint("requested_by <> member_id", name="not_requested_by_oneself"),
        CheckConstraint(
            "decided_by <> member_id AND decided_by <> requested_by", name="second_person"
        ),
        CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name="decided"),
        Index(
            "uq_role_grant_open",
            "member_id",
            "role",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    role: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(5000))
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    state: Mapped[str] = mapped_column(String(20), default=ROLE_GRANT.initial)
    requested_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    requested_at: Mapped[datetime]
    decided_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)


class MembershipRemoval(Base):
    """The removal of a member against her will: two persons, each with a reason of her own."""

    __tablename__ = "membership_removal"
    __table_args__ = (
        CheckConstraint("requested_by <> member_id", name="not_requested_by_oneself"),
        CheckConstraint(
            "confirmed_by <> member_id AND confirmed_by <> requested_by", name="second_person"
        ),
        CheckConstraint("length(request_reason) >= 10", name="reasoned"),
        CheckConstraint(
            "confirmed_by IS NULL OR length(confirm_reason) >= 10", name="confirmation_reasoned"
        ),
        Index(
            "uq_membership_removal_open",
            "member_id",
            unique=True,
            postgresql_where=text("confirmed_by IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    requested_by: Mapped[MemberId] = mapped_column(ForeignKey("member.id"))
    requested_at: Mapped[datetime]
    request_reason: Mapped[str] = mapped_column(String(5000))
    confirmed_by: Mapped[MemberId | None] = mapped_column(ForeignKey("member.id"), default=None)
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    confirm_reason: Mapped[str | None] = mapped_column(String(5000), default=None)
