import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from suppression import (
    Dimension,
    Reason,
    ReplyCategory,
    ReplyExample,
    Role,
    Statistics,
    StatisticsFilter,
    StatisticsRow,
    WhenUnavailable,
)
from suppression.v1 import statistics_service_pb2 as pb

ClientOf = Callable[..., Any]

NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
DAY = NOW.date()


@pytest.fixture
def client(client_of: ClientOf, service: Any) -> Any:
    """A client whose service answers what a test gives it."""
    service.GetStatistics = lambda _request: service.statistics
    service.GetStatus = lambda _request: service.status
    service.statistics, service.status = pb.GetStatisticsResponse(), pb.GetStatusResponse()
    return client_of(when_unavailable=WhenUnavailable.RAISE)


async def test_statistics_are_asked_for_with_all_that_was_said(client: Any, service: Any) -> None:
    await client.statistics(
        DAY,
        DAY,
        group_by=[Dimension.DAY, Dimension.DOMAIN],
        matching=StatisticsFilter(Reason.HARD_BOUNCE, "x.example", stream=""),
        include_examples=True,
    )
    [call] = service.calls
    assert call.request == pb.GetStatisticsRequest(
        start_day="2026-03-02",
        end_day="2026-03-02",
        group_by=[pb.DIMENSION_DAY, pb.DIMENSION_DOMAIN],
        filter=pb.StatisticsFilter(reason=1, domain="x.example", stream=""),
        include_examples=True,
    )


async def test_everything_can_be_left_out(client: Any, service: Any) -> None:
    await client.statistics()
    assert service.calls[0].request == pb.GetStatisticsRequest()


async def test_statistics_are_read(client: Any, service: Any) -> None:
    row = pb.StatisticsRow(day="2026-03-02", category=1, sends=200, hard_bounces=4)
    example = pb.ReplyExample(category=1, text="550 no", last_day="2026-03-02")
    service.statistics = pb.GetStatisticsResponse(rows=[row], examples=[example], truncated=True)
    found = await client.statistics()
    assert found == Statistics(
        rows=(
            StatisticsRow(day=DAY, category=ReplyCategory.NO_SUCH_USER, sends=200, hard_bounces=4),
        ),
        truncated=True,
        examples=(ReplyExample(ReplyCategory.NO_SUCH_USER, "", "", "550 no", DAY),),
    )


def test_rates_need_sends() -> None:
    row = StatisticsRow(sends=200, hard_bounces=4, complaints=1)
    assert (row.bounce_rate, row.complaint_rate) == (0.02, 0.005)
    assert StatisticsRow(hard_bounces=4).bounce_rate is None


async def test_the_status_is_read(client: Any, service: Any) -> None:
    service.status = pb.GetStatusResponse(caller_role=2, active_entries=3, dead_letters=0)
    service.status.as_of_time.FromDatetime(NOW)
    status = await client.status()
    assert (status.caller_role, status.active_entries) == (Role.READ, 3)
    assert (status.dead_letters, status.as_of_time) == (0, NOW)
    assert (status.last_feedback_time, status.database_available) == (None, False)
