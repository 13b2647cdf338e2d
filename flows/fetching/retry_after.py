"""The Retry-After header: seconds, or a date. A pure function; the caller says what time it is."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Nobody means a longer one; a year-long pause would be a lost page.
_MOST_SECONDS = 7 * 86_400.0


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the pause in seconds from `now`, between 0 and a week; None when the header asks for none."""
    text = (value or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        # No pause is that long, and a number of thousands of digits is no float.
        return min(float(text[:12]), _MOST_SECONDS)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), _MOST_SECONDS)
