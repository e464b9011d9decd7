"""Facts: what happened, in the past tense, stored for ever and reacted to at once.

A command states a fact with `await work.emit(InvoicePaid(...))`. The fact becomes one row of the
append-only event table, and each reaction to it runs in the same transaction: if one fails,
nothing of it happened.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.appends import Appender
from guild.core.db import Base
from guild.core.ids import EventId


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact. `subject` names the field that says what it is about."""

    subject: ClassVar[str] = ""

    @property
    def subject_id(self) -> UUID | None:
        """The id of what the fact is about."""
        value = getattr(self, self.subject) if self.subject else None
        assert value is None or isinstance(value, UUID)
        return value


class EventRow(Base):
    """One fact as stored: when, by whom, about what."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_subject_id", "subject_id", "id"),
        CheckConstraint("length(kind) > 0", name="kind_named"),
    )

    id: Mapped[EventId] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    body: Mapped[dict[str, Any]]


EVENTS = Appender(
    "event",
    {
        "id": "uuid",
        "at": "timestamptz",
        "kind": "text",
        "actor_kind": "text",
        "actor_id": "uuid",
        "subject_id": "uuid",
        "body": "jsonb",
    },
)

E = TypeVar("E", bound=Event)
Reaction = Callable[[Any, Any], Awaitable[None]]


def reacts_to(kind: type[E]) -> Callable[[Callable[[Any, E], Awaitable[None]]], Reaction]:
    """Mark a function as a reaction; `features.py` opens the rooms that hold them."""

    def mark(reaction: Callable[[Any, E], Awaitable[None]]) -> Reaction:
        reaction.__reacts_to__ = kind  # type: ignore[attr-defined]
        return reaction

    return mark
