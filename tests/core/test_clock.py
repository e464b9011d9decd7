"""Working days, and that a calendar which nobody knows is an error."""

from datetime import date

import pytest

from guild.core.clock import EU, UnknownCalendar, add_business_days, is_business_day

KNOWN = [*sorted(EU), "CH", "NO", "IS", "LI", "GB", "US", "CA", "CA-QC"]


@pytest.mark.parametrize("country", KNOWN)
def test_the_calendars_of_the_house_are_known(country: str) -> None:
    for year in range(2025, 2035):
        assert not is_business_day(date(year, 1, 1), country)


@pytest.mark.parametrize(
    ("day", "off_in", "works_in"),
    [
        (date(2026, 7, 21), "BE", "FR"),  # Belgium's national day
        (date(2026, 4, 6), "GB", "US"),  # Easter Monday, in England and Wales
        (date(2026, 6, 24), "CA-QC", "CA"),  # Saint John the Baptist
        (date(2026, 8, 1), "CH", ""),  # and a Saturday
    ],
)
def test_holidays_are_those_of_the_place(day: date, off_in: str, works_in: str) -> None:
    assert not is_business_day(day, off_in)
    assert not works_in or is_business_day(day, works_in)


@pytest.mark.parametrize(
    ("country", "year"), [("ZZ", 2026), ("", 2026), ("CA-XX", 2026), ("BE", 1800), ("BE", 2101)]
)
def test_an_unknown_calendar_is_an_error(country: str, year: int) -> None:
    with pytest.raises(UnknownCalendar, match="working days cannot be counted"):
        add_business_days(date(year, 3, 4), 1, country)
