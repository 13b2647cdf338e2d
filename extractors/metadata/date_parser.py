"""One date, read: ISO 8601 and its sloppy relatives, RFC 2822, numeric and spelled-out dates, epochs.

Says how much of the date was written and fills in nothing from today. Which date of a page counts is decided in
`extractors.metadata.dates`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

from dateutil import parser as dateutil_parser

from extractors.metadata.month_names import MONTHS
from extractors.metadata.values import clean_text
from extractors.records import DatePrecision

_EARLIEST_YEAR = 1990
_MAX_CHARS = 100

_TO_THE_SECOND = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_CJK = str.maketrans(
    {"年": "-", "月": "-", "日": " ", "년": "-", "월": "-", "일": " ", "時": ":", "时": ":", "分": " "}
)
_SPACED_DASH = re.compile(r"\s*-\s*(?=\d)")
_TIME = r"(?P<h>\d{1,2})[:.h](?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<half>(?i:[ap]\.?\s?m)\b\.?)?"
_ZONE = r"(?P<zone>Z\b|(?:UTC|GMT)?\s*[+-]\d{2}:?(?:\d{2})?\b|[A-Z]{2,5}\b)?"
_TAIL = rf"(?!\d)[^\d]{{0,12}}(?:{_TIME}\s*{_ZONE})?"
_YMD = re.compile(
    r"^\D{0,25}?(?P<y>\d{4})[-/.\s]\s?(?P<m>\d{1,2})(?:[-/.\s]\s?(?P<d>\d{1,2}))?(?!\d)"
    rf"[\s,.TZ_|-]*(?:{_TIME}\s*{_ZONE})?"
)
_NUMERIC = re.compile(
    rf"^\D{{0,25}}?(?P<a>\d{{1,2}})(?P<sep>[./-])\s?(?P<b>\d{{1,2}})[./-]\s?(?P<y>\d{{4}}){_TAIL}",
)
_DAY_MONTH = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})(?:\.|st|nd|rd|th|er|º|°)?[\s-]*(?:de |d')?(?P<name>[^\W\d_]{3,})\.?,?"
    rf"[\s-]*(?:de |del )?(?P<y>\d{{4}}){_TAIL}"
)
_MONTH_DAY = re.compile(rf"(?P<name>[^\W\d_]{{3,}})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_TAIL}")
_MONTH_YEAR = re.compile(r"^(?P<name>[^\W\d_]{3,})\.?,?\s+(?:de |del )?(?P<y>\d{4})$")
_FOUR_DIGIT_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_RFC = re.compile(r"^[A-Za-z]{3},? \d{1,2} [A-Za-z]{3} \d{4}")

# Hours east of UTC. An abbreviation that several places share means the one whose press uses it most.
_ZONES = {
    name: float(hours)
    for hours, names in (
        (0, "Z UTC GMT WET"),
        (1, "BST WEST CET MEZ"),
        (2, "CEST MESZ EET SAST"),
        (3, "EEST MSK TRT"),
        (5.5, "IST"),
        (7, "WIB ICT"),
        (8, "SGT HKT AWST"),
        (9, "JST KST"),
        (10, "AEST"),
        (11, "AEDT"),
        (12, "NZST"),
        (13, "NZDT"),
        (-3, "BRT ART"),
        (-4, "EDT"),
        (-5, "EST CDT"),
        (-6, "CST MDT"),
        (-7, "MST PDT"),
        (-8, "PST"),
    )
    for name in names.split()
}
# "ET" and its like change with the season; the month is as near as one comes without a table of rules.
_SEASONAL = {"ET": -5, "CT": -6, "MT": -7, "PT": -8}


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """A moment in UTC, and how much of it was written."""

    at: datetime
    precision: DatePrecision


def parse_date(raw: str | None, latest: datetime | None = None, *, day_first: bool = True) -> ParsedDate | None:
    """Read a date. None when it is none, lies before 1990 or after `latest` (tz-aware).

    `day_first` decides what 3/4/2026 means; with dots the day always comes first.
    """
    text = clean_text(raw)
    if not text or len(text) > _MAX_CHARS or not any(c.isdigit() for c in text):
        return None
    try:
        found = _parse(text, day_first=day_first)
    except (ValueError, OverflowError, TypeError, ArithmeticError, AttributeError, IndexError):
        # Impossible days and hours, and what dateutil trips over.
        return None
    if found is None or found.at.year < _EARLIEST_YEAR or (latest is not None and found.at > latest):
        return None
    return found


def _parse(text: str, *, day_first: bool) -> ParsedDate | None:
    if text.isdigit():
        return _from_digits(text)
    if _TO_THE_SECOND.match(text):
        try:
            return ParsedDate(_utc(datetime.fromisoformat(text)), DatePrecision.SECOND)
        except ValueError:
            pass
    if _RFC.match(text):
        try:
            return ParsedDate(_utc(parsedate_to_datetime(text)), DatePrecision.SECOND)
        except (ValueError, TypeError, IndexError):
            pass
    plain = _SPACED_DASH.sub("-", text.translate(_CJK)) if "-" in text or not text.isascii() else text
    return (
        _from_year_first(plain)
        or _from_numeric(plain, day_first=day_first)
        or _from_names(plain)
        or _from_dateutil(plain, day_first=day_first)
    )


def _from_digits(text: str) -> ParsedDate | None:
    match len(text):
        case 4:
            return ParsedDate(datetime(int(text), 1, 1, tzinfo=UTC), DatePrecision.YEAR)
        case 8:
            return ParsedDate(datetime(int(text[:4]), int(text[4:6]), int(text[6:]), tzinfo=UTC), DatePrecision.DAY)
        case 10:
            return ParsedDate(datetime.fromtimestamp(int(text), UTC), DatePrecision.SECOND)
        case 13:
            return ParsedDate(datetime.fromtimestamp(int(text) // 1000, UTC), DatePrecision.SECOND)
        case 14:
            return ParsedDate(datetime.fromisoformat(f"{text[:8]}T{text[8:]}+00:00"), DatePrecision.SECOND)
    return None


def _from_year_first(text: str) -> ParsedDate | None:
    found = _YMD.match(text)
    return _build(found, int(found["m"]), found["d"]) if found else None


def _from_numeric(text: str, *, day_first: bool) -> ParsedDate | None:
    found = _NUMERIC.match(text)
    if not found:
        return None
    day, month = int(found["a"]), int(found["b"])
    if month > 12 or (found["sep"] == "/" and not day_first and day <= 12):
        day, month = month, day
    return _build(found, month, str(day))


def _from_names(text: str) -> ParsedDate | None:
    for pattern in (_DAY_MONTH, _MONTH_DAY, _MONTH_YEAR):
        for found in pattern.finditer(text):
            month = MONTHS.get(found["name"].casefold())
            if month:
                return _build(found, month, found.groupdict().get("d"))
    return None


def _build(found: re.Match[str], month: int, day: str | None) -> ParsedDate:
    """Put a date together from the groups of a match; what it lacks is its precision's first moment."""
    groups = found.groupdict()
    year = int(groups["y"])
    if day is None:
        return ParsedDate(datetime(year, month, 1, tzinfo=UTC), DatePrecision.MONTH)
    if not groups.get("h"):
        return ParsedDate(datetime(year, month, int(day), tzinfo=UTC), DatePrecision.DAY)
    hour = int(groups["h"])
    half = (groups["half"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    at = datetime(year, month, int(day), tzinfo=UTC) + timedelta(
        hours=hour, minutes=int(groups["mi"]), seconds=int(groups["s"] or 0)
    )
    if hour > 24 or int(groups["mi"]) > 59:
        raise ValueError(f"no time of day: {found.group()}")
    precision = DatePrecision.SECOND if groups["s"] else DatePrecision.MINUTE
    zone = _zone(groups["zone"], month)
    return ParsedDate(at.replace(tzinfo=zone).astimezone(UTC) if zone else at, precision)


def _zone(name: str | None, month: int) -> tzinfo | None:
    if not name:
        return None
    found = re.search(r"([+-])(\d{2}):?(\d{2})?$", name)
    if found:
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes)) if minutes <= 15 * 60 else None
    upper = name.strip().upper()
    if upper in _SEASONAL:
        return timezone(timedelta(hours=_SEASONAL[upper] + (1 if 4 <= month <= 10 else 0)))
    return timezone(timedelta(hours=_ZONES[upper])) if upper in _ZONES else None


def _from_dateutil(text: str, *, day_first: bool) -> ParsedDate | None:
    """Let dateutil read what is left. It fills gaps from a default: two defaults show where there were gaps."""
    if not _FOUR_DIGIT_YEAR.search(text):
        return None
    one, two = (
        dateutil_parser.parse(
            text,
            default=datetime(2000, 1, day),  # noqa: DTZ001  # the default carries no zone, so that a missing one shows
            dayfirst=day_first,
            tzinfos=lambda name, offset: timezone(timedelta(seconds=offset)) if offset is not None else _zone(name, 1),
        )
        for day in (1, 2)
    )
    if one != two:
        return None
    has_time = bool(re.search(r"\d:\d\d", text))
    return ParsedDate(_utc(one), DatePrecision.MINUTE if has_time else DatePrecision.DAY)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
