import datetime as dt

import pytest

from suppression.v1 import statistics_service_pb2 as rpc
from suppression.v1 import suppression_pb2 as pb
from suppression_service.server import statistics_convert
from suppression_service.server.errors import InvalidField
from suppression_service.store import (
    Dimension,
    Measure,
    Reason,
    ReplyCategory,
    StatisticsRow,
    series,
)

TODAY = dt.date(2026, 3, 31)


def test_without_days_the_last_thirty_are_asked_for() -> None:
    query = statistics_convert.query(rpc.GetStatisticsRequest(), TODAY)
    assert (query.first, query.last) == (dt.date(2026, 3, 2), TODAY)


def test_dimensions_and_filters_are_those_of_the_store() -> None:
    wanted = rpc.StatisticsFilter(
        reason=pb.REASON_COMPLAINT,
        domain="Example.COM",
        stream="",
        category=rpc.REPLY_CATEGORY_NO_SUCH_USER,
    )
    request = rpc.GetStatisticsRequest(
        group_by=[rpc.DIMENSION_DAY, rpc.DIMENSION_STATUS], filter=wanted
    )
    query = statistics_convert.query(request, TODAY)
    assert query.group_by == [Dimension.DAY, Dimension.STATUS]
    assert query.matching == {
        Dimension.REASON: Reason.COMPLAINT,
        Dimension.DOMAIN: "example.com",
        Dimension.STREAM: "",
        Dimension.CATEGORY: ReplyCategory.NO_SUCH_USER,
    }


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"start_day": "yesterday"}, "DAY_MALFORMED", "start_day"),
        ({"end_day": "20260302"}, "DAY_MALFORMED", "end_day"),
        ({"end_day": "0001-01-02"}, "DAY_MALFORMED", "end_day"),
        ({"start_day": "2026-04-01"}, "RANGE_EMPTY", "start_day"),
        ({"start_day": "2001-01-01"}, "RANGE_TOO_LONG", "start_day"),
        ({"group_by": [1, 2, 3, 4]}, "DIMENSIONS_TOO_MANY", "group_by"),
        ({"group_by": [1, 1]}, "DIMENSION_REPEATED", "group_by"),
        ({"group_by": [0]}, "DIMENSION_UNKNOWN", "group_by"),
        ({"group_by": [99]}, "DIMENSION_UNKNOWN", "group_by"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(
    fields: dict[str, object], reason: str, field: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        statistics_convert.query(rpc.GetStatisticsRequest(**fields), TODAY)  # type: ignore[arg-type]
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_row_has_the_values_and_the_counts_that_are_known() -> None:
    row = StatisticsRow(
        {Dimension.DAY: TODAY, Dimension.REASON: 1}, {Measure.HARD_BOUNCES: 3, Measure.REMOVALS: 0}
    )
    message = statistics_convert.row(row)
    assert (message.day, message.reason, message.hard_bounces) == ("2026-03-31", 1, 3)
    assert message.HasField("removals")
    assert not message.HasField("sends")


def test_the_contract_has_the_dimensions_and_the_categories_of_the_store() -> None:
    names = {name.removeprefix("DIMENSION_").lower() for name, _ in rpc.Dimension.items()}
    assert names - {"unspecified"} == {each.value for each in series.Dimension}
    categories = {n.removeprefix("REPLY_CATEGORY_"): v for n, v in rpc.ReplyCategory.items()}
    assert categories == {each.name: each.value for each in ReplyCategory}
