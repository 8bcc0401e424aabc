"""Reading and writing times: ISO 8601, RFC 2822 and seconds since 1970."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

#: Larger numbers are milliseconds: as seconds they would lie after the year 5000.
_MAX_SECONDS: Final = 100_000_000_000

_NUMBER: Final = re.compile(r"[0-9]{1,14}(?:\.[0-9]{1,9})?")
_RFC_2822: Final = re.compile(
    r"(?:[A-Za-z]{3}, )?([0-9]{1,2}) ([A-Za-z]{3}) ([0-9]{4}) ([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?"
    r"(?: (?:(?:GMT|UTC?|Z)|([+-])([0-9]{2})([0-9]{2})))?"
)
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> tuple[int, int] | None:
    """Read a time, as seconds since 1970 and microseconds; without a time zone it is in UTC.

    None for Go's zero time, in the year 1.

    Raises:
        ValueError: it is in none of the forms.
    """
    # Seconds, the fastest form, need no datetime.
    if len(text) < 12 and text.isdigit() and text.isascii():
        return int(text), 0
    time = _parse(text)
    if time.year == 1:
        return None
    return int(time.timestamp() // 1), time.microsecond


def _parse(text: str) -> datetime:
    if text[4:5] == "-":
        time = datetime.fromisoformat(text)
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    if _NUMBER.fullmatch(text):
        number = float(text)
        return datetime.fromtimestamp(number if number < _MAX_SECONDS else number / 1_000, UTC)
    return _from_rfc_2822(text)


def _from_rfc_2822(text: str) -> datetime:
    match = _RFC_2822.fullmatch(text)
    if match is None:
        raise ValueError(text)
    day, month, year, hour, minute, second, sign, off_hours, off_minutes = match.groups()
    zone: timezone = UTC
    if sign:
        offset = timedelta(hours=int(off_hours), minutes=int(off_minutes))
        zone = timezone(-offset if sign == "-" else offset)
    number = _MONTHS.index(month.lower()) + 1
    clock = int(hour), int(minute), int(second or 0)
    return datetime(int(year), number, int(day), *clock, tzinfo=zone)


def iso_text(stamp: Any) -> str:
    """Return a ``Timestamp`` as ISO 8601 in UTC, to the microsecond; the database has no more."""
    time = _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1_000)
    return time.isoformat().replace("+00:00", "Z")
