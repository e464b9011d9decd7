"""What goes over the wire about exports."""

from datetime import date, datetime
from typing import Literal

from guild.core.ids import ExportId
from guild.core.wire import In, Out
from guild.exports.rules.kinds import Kind

ExportState = Literal["waiting", "running", "ready", "failed", "expired"]


class ExportIn(In, frozen=True):
    """Which export, of which days (both included)."""

    kind: Kind
    first_day: date
    last_day: date


class KindOut(Out, frozen=True):
    """A kind of export that you may ask for."""

    kind: Kind
    title: str
    says: str
    period: str


class ExportOut(Out, frozen=True):
    """An export and how far it is."""

    id: ExportId
    kind: Kind
    title: str
    first_day: date
    last_day: date
    whole_house: bool
    state: ExportState
    done: int
    total: int
    name: str
    size: int | None
    sha256: str | None
    problem: str
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
