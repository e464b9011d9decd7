"""The thread about an offer, on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from guild.core.ids import RemarkId
from guild.core.wire import In, LongText, Out

PlaceName = Annotated[str, Meta(pattern=r"^[a-z_]{0,40}(\.[0-9]{1,2})?$", examples=["kill_fee"])]


class RemarkIn(In, frozen=True):
    """What you say about a clause; `clause` is a name of the thread's `places`, "" is the whole."""

    text: LongText
    clause: PlaceName = ""


class RemarkOut(Out, frozen=True):
    """One thing that was said. `wants_change`: the client asked for a new version with it."""

    id: RemarkId
    version: int
    side: Literal["member", "client"]
    name: str
    clause: str
    heading: str
    text: str
    wants_change: bool
    at: datetime


class PlaceOut(Out, frozen=True):
    """A clause that can be spoken about."""

    clause: str
    heading: str


class ThreadOut(Out, frozen=True):
    """All that both sides have said about an offer, oldest first, and what can be spoken about."""

    number: str
    title: str
    state: str
    version: int
    open: bool
    places: list[PlaceOut]
    remarks: list[RemarkOut]
