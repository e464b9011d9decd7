"""The charter on the wire."""

from datetime import date, datetime
from typing import Any

from guild.core.wire import Out


class ParameterOut(Out, frozen=True, kw_only=True):
    """A voted value, why it was chosen, and where the choice comes from."""

    value: Any
    reason: str
    source: str


class CharterOut(Out, frozen=True, kw_only=True):
    """A version of the charter: chapter → parameter → value, reason, source."""

    version: int
    valid_from: date
    adopted_at: datetime
    hash: str
    previous_hash: str
    chapters: dict[str, dict[str, ParameterOut]]
