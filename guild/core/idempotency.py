"""Answers under idempotency keys: the same key and input get the same answer, one effect.

The answer is inserted by the statement that writes everything else, so the key costs no round trip
of its own. Two at once meet at the primary key: the loser is rolled back whole and answered with
the winner's answer. When a request with a key fails, the store is asked first whether it is a
repetition of one that succeeded.
"""

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import SmallInteger, select
from sqlalchemy.orm import Mapped, mapped_column

from guild.core.db import Base
from guild.core.errors import BadRequest, Invalid
from guild.core.permissions import Actor
from guild.core.wire import KEY_PATTERN
from guild.core.work import Claim, System, begin_work


class IdempotentAnswer(Base):
    """What was answered to one actor under one key."""

    __tablename__ = "idempotency"

    actor_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    input_hash: Mapped[bytes]
    status: Mapped[int] = mapped_column(SmallInteger)
    answer: Mapped[bytes]
    at: Mapped[datetime]


class KeyReused(Invalid):
    """One key, two different requests."""

    code = "idempotency_key_reused"
    title = "This key was used for another request"


class KeyMissing(BadRequest):
    """The route needs a key."""

    code = "idempotency_key_missing"
    title = "An Idempotency-Key header is needed here"


class Replay(Exception):
    """Not an error: the stored answer is to be sent again."""

    def __init__(self, status: int, answer: bytes) -> None:
        super().__init__("replayed")
        self.status: Final = status
        self.answer: Final = answer


def claim_of(key: str | None, *, method: str, path: str, body: bytes) -> Claim:
    """The claim of one request; raises KeyMissing when the header is absent or no key."""
    if key is None or not KEY_PATTERN.match(key):
        raise KeyMissing(
            "This request moves money or issues a document, so it must be safe to repeat.",
            mend="Send a header Idempotency-Key with 8 to 200 visible characters, a new one for "
            "each new request and the same one when you repeat it.",
        )
    digest = hashlib.sha256(msgspec.msgpack.encode((method, path, body))).digest()
    return Claim(key, digest)


async def stored_answer(system: System, actor: Actor, claim: Claim) -> Replay | None:
    """The answer given before under this key; raises KeyReused when it was for other input."""
    async with begin_work(system, actor, read_only=True) as work:
        found = await work.session.scalar(
            select(IdempotentAnswer).where(
                IdempotentAnswer.actor_id == actor.id, IdempotentAnswer.key == claim.key
            )
        )
    if found is None:
        return None
    if found.input_hash != claim.input_hash:
        raise KeyReused(
            "The Idempotency-Key belongs to another request that was already answered.",
            mend="Use a new key for a new request.",
        )
    return Replay(found.status, found.answer)


async def answered_before(
    system: System, actor: Actor, claim: Claim, error: Exception
) -> Exception:
    """What to raise for a failed request with a key: the earlier answer, or the error itself."""
    try:
        return await stored_answer(system, actor, claim) or error
    except KeyReused as reused:
        return reused
