"""Dates: read from every spelling, in UTC, with what was stated and nothing made up."""

from datetime import UTC, datetime

import pytest

from extractors.metadata.date_parser import parse_date
from extractors.metadata.dates import DateLimits, choose_published, published_in_url
from extractors.records import DatePrecision

DAY = DatePrecision.DAY
MINUTE = DatePrecision.MINUTE
SECOND = DatePrecision.SECOND
LATEST = datetime(2026, 12, 1, tzinfo=UTC)


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


CASES = {
    "2026-11-22T10:00:00+02:00": (at(2026, 11, 22, 8), SECOND),
    "2026-11-22T10:00:00+0200": (at(2026, 11, 22, 8), SECOND),
    "2026-11-22T10:00:00.123Z": (at(2026, 11, 22, 10, 0, 0, 123000), SECOND),
    "2026-11-22T10:00Z": (at(2026, 11, 22, 10), MINUTE),
    "2026-11-22T10:35-04:00": (at(2026, 11, 22, 14, 35), MINUTE),
    "2026-11-22 10:00:05 +0000 UTC": (at(2026, 11, 22, 10, 0, 5), SECOND),
    "2026-11-22 10:00": (at(2026, 11, 22, 10), MINUTE),
    "2026/11/22": (at(2026, 11, 22), DAY),
    "2026-11-22": (at(2026, 11, 22), DAY),
    "2026-11": (at(2026, 11, 1), DatePrecision.MONTH),
    "2026": (at(2026, 1, 1), DatePrecision.YEAR),
    "20261122": (at(2026, 11, 22), DAY),
    "20261122101530": (at(2026, 11, 22, 10, 15, 30), SECOND),
    "1795341600": (at(2026, 11, 22, 10), SECOND),
    "1795341600000": (at(2026, 11, 22, 10), SECOND),
    "Sun, 22 Nov 2026 10:00:00 GMT": (at(2026, 11, 22, 10), SECOND),
    "Sun, 22 Nov 2026 10:00:00 -0500": (at(2026, 11, 22, 15), SECOND),
    "22.11.2026": (at(2026, 11, 22), DAY),
    "Stand: 22.11.2026, 14:05 Uhr": (at(2026, 11, 22, 14, 5), MINUTE),
    "3.4.2026": (at(2026, 4, 3), DAY),
    "22/11/2026 09:21:40": (at(2026, 11, 22, 9, 21, 40), SECOND),
    "11/22/2026": (at(2026, 11, 22), DAY),
    "November 22, 2026 at 3:04 pm EST": (at(2026, 11, 22, 20, 4), MINUTE),
    "Nov. 22nd, 2026": (at(2026, 11, 22), DAY),
    "22 November 2026": (at(2026, 11, 22), DAY),
    "Sunday, November 22, 2026, 12:10 AM": (at(2026, 11, 22, 0, 10), MINUTE),
    "22. März 2026": (at(2026, 3, 22), DAY),
    "le 1er février 2026 à 08h30": (at(2026, 2, 1, 8, 30), MINUTE),
    "22 de noviembre de 2026": (at(2026, 11, 22), DAY),
    "22 listopada 2026": (at(2026, 11, 22), DAY),
    "22 ноября 2026, 10:00": (at(2026, 11, 22, 10), MINUTE),
    "2026年11月22日 10時00分": (at(2026, 11, 22, 10), MINUTE),
    "2026. 11. 22. 10:00": (at(2026, 11, 22, 10), MINUTE),
    "Sun Nov 22 16:45:24 PST 2026": (at(2026, 11, 23, 0, 45, 24), MINUTE),
    "July 4, 2026 9:00 am ET": (at(2026, 7, 4, 13), MINUTE),
    "August 2026": (at(2026, 8, 1), DatePrecision.MONTH),
}


@pytest.mark.parametrize(("raw", "expected"), CASES.items(), ids=CASES.keys())
def test_spellings(raw, expected):
    """Each spelling gives the moment in UTC and the precision that it states."""
    parsed = parse_date(raw, LATEST)
    assert parsed is not None
    assert (parsed.at, parsed.precision) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        None,
        "yesterday",
        "2 hours ago",
        "10:35",
        "22 November",
        "Sunday 10:00",
        "2026-13-45",
        "31.02.2026",
        "1989-12-31",
        "2026-12-02T00:00:00Z",  # after the latest moment believed
        "9999999999999",
        "17953416000000000",
        "2026-11-22T99:99",
        "x" * 5000 + "2026",
        "12345",
    ],
)
def test_no_date(raw):
    """What is no whole date, impossible, too early or too late is None; nothing is filled in from today."""
    assert parse_date(raw, LATEST) is None


def test_day_first_or_month_first():
    """Slashes follow the page's habit where both readings are possible."""
    assert parse_date("3/4/2026").at == at(2026, 4, 3)
    assert parse_date("3/4/2026", day_first=False).at == at(2026, 3, 4)


def test_finer_date_of_the_same_day_wins():
    """A day yields to a later tag that gives the time, but not to another day's time."""
    day = ("2026-11-22", "json-ld")
    best = choose_published([day, ("2026-11-22T15:00:00Z", "meta:date")], DateLimits(LATEST))
    assert (best.at, best.source, best.raw) == (at(2026, 11, 22, 15), "meta:date", "2026-11-22T15:00:00Z")
    best = choose_published([day, ("2026-11-27T15:00:00Z", "meta:date")], DateLimits(LATEST))
    assert (best.at, best.precision, best.source) == (at(2026, 11, 22), DAY, "json-ld")


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://news.example.com/2026/11/22/story", "2026-11-22"),
        ("https://news.example.com/story-2026-11-22.html", "2026-11-22"),
        ("https://news.example.com/a/20261122/story", "2026-11-22"),
        ("https://news.example.com/2026/story-17", None),
        ("https://news.example.com/202611221234567", None),
        ("https://[broken", None),
        (None, None),
    ],
)
def test_url_dates(url, day):
    """A day in the path is a date; any eight digits are not."""
    assert published_in_url(url) == day
