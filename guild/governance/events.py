"""Facts of governance."""

from datetime import date

from guild.core.events import Event


class CharterAdopted(Event, frozen=True, kw_only=True):
    """A new version of the charter exists; it governs from `valid_from`."""

    charter_version: int
    valid_from: date
