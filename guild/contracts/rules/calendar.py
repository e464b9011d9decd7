"""Deadlines as an iCalendar file (RFC 5545), for the calendar program of a person.

Each deadline is an event of one whole day: a deadline lasts until the end of its day. Its UID stays
the same when the day moves, so that a program moves the event and shows no second one.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar, Event

from guild.contracts.schemas.calendar import DeadlineOut

PRODUCT: Final = "-//Guild//Deadlines//EN"
REFRESH: Final = timedelta(hours=6)
"""How often a program should look again; most ask once or twice a day whatever is said."""


def calendar_file(
    deadlines: Iterable[DeadlineOut], *, name: str, base_url: str, at: datetime
) -> bytes:
    """The whole feed; `base_url` makes the links and the second half of each UID."""
    host = base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for one in deadlines:
        calendar.add_component(_event(one, host, base_url, at))
    return bytes(calendar.to_ical())


def _event(one: DeadlineOut, host: str, base_url: str, at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{one.kind}-{one.subject_id}@{host}")
    event.add("dtstamp", at)
    event.add("dtstart", one.day)
    event.add("dtend", one.day + timedelta(days=1))
    event.add("summary", one.title)
    event.add("description", one.text)
    event.add("categories", [one.kind.replace("_", " ")])
    event.add("url", base_url + one.path)
    event.add("transp", "TRANSPARENT")
    return event
