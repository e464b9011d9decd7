"""Facts of exports: who took what out of the house."""

from datetime import date
from typing import ClassVar

from guild.core.events import Event
from guild.core.ids import ExportId, MemberId


class ExportAsked(Event, frozen=True, kw_only=True):
    """A person asked for an export."""

    subject: ClassVar[str] = "export_id"

    export_id: ExportId
    asked_by: MemberId
    kind: str
    first_day: date
    last_day: date


class ExportFetched(Event, frozen=True, kw_only=True):
    """Its file was downloaded."""

    subject: ClassVar[str] = "export_id"

    export_id: ExportId
    fetched_by: MemberId
