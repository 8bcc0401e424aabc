"""Converts the messages of GetStatistics to values of the store, and back."""

import datetime as dt
from typing import Any, Final, cast

from suppression.v1 import statistics_service_pb2 as rpc
from suppression_service.server.errors import InvalidField
from suppression_service.store import (
    Dimension,
    Measure,
    ReplyExample,
    StatisticsQuery,
    StatisticsRow,
)

MAX_DAYS: Final = 3_660
MAX_DIMENSIONS: Final = 3
#: Days of an answer whose request does not say.
DEFAULT_DAYS: Final = 30

_DIMENSIONS: Final = {
    number: Dimension(each.lower())
    for number, each in (
        (value, name.removeprefix("DIMENSION_")) for name, value in rpc.Dimension.items() if value
    )
}


def query(request: rpc.GetStatisticsRequest, today: dt.date) -> StatisticsQuery:
    """Return what a request asks for.

    Raises:
        InvalidField: a field cannot be used.
    """
    last = _day("end_day", request.end_day) or today
    if last.toordinal() <= DEFAULT_DAYS:
        raise InvalidField("end_day", "DAY_MALFORMED", "not a day as YYYY-MM-DD")
    first = _day("start_day", request.start_day) or last - dt.timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise InvalidField("start_day", "RANGE_EMPTY", "must not be after end_day")
    if (last - first).days >= MAX_DAYS:
        raise InvalidField("start_day", "RANGE_TOO_LONG", f"at most {MAX_DAYS} days")
    return StatisticsQuery(first, last, _group_by(request), _matching(request.filter))


def _day(field: str, text: str) -> dt.date | None:
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidField(field, "DAY_MALFORMED", "not a day as YYYY-MM-DD")
    return day


def _group_by(request: rpc.GetStatisticsRequest) -> list[Dimension]:
    wanted = list(request.group_by)
    if len(wanted) > MAX_DIMENSIONS:
        raise InvalidField("group_by", "DIMENSIONS_TOO_MANY", f"at most {MAX_DIMENSIONS}")
    if len(set(wanted)) < len(wanted):
        raise InvalidField("group_by", "DIMENSION_REPEATED", "a dimension can be named once")
    if not all(each in _DIMENSIONS for each in wanted):
        raise InvalidField("group_by", "DIMENSION_UNKNOWN", "not a dimension of this service")
    return [_DIMENSIONS[each] for each in wanted]


def _matching(wanted: rpc.StatisticsFilter) -> dict[Dimension, str | int]:
    matching: dict[Dimension, str | int] = {
        _DIMENSIONS_BY_FIELD[field.name]: value for field, value in wanted.ListFields()
    }
    if isinstance(domain := matching.get(Dimension.DOMAIN), str):
        matching[Dimension.DOMAIN] = domain.lower()
    return matching


_DIMENSIONS_BY_FIELD: Final = {
    field.name: Dimension(field.name) for field in rpc.StatisticsFilter.DESCRIPTOR.fields
}
_COUNTS: Final = {measure: measure.name.lower() for measure in Measure}


def row(each: StatisticsRow) -> rpc.StatisticsRow:
    """Return counts as a message."""
    values: dict[str, Any] = {name.value: value for name, value in each.values.items()}
    if day := values.get("day"):
        values["day"] = day.isoformat()
    counts: dict[str, Any] = {_COUNTS[measure]: count for measure, count in each.counts.items()}
    return rpc.StatisticsRow(**values, **counts)


def example(each: ReplyExample) -> rpc.ReplyExample:
    """Return an example of a reply as a message."""
    return rpc.ReplyExample(
        category=cast("rpc.ReplyCategory", int(each.category)),
        domain=each.domain,
        status=each.status,
        text=each.text,
        last_day=each.last_day.isoformat(),
    )
