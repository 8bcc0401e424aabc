import datetime as dt
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from deploy.local.aws import StandIn
from suppression_ingest.rates import cloudwatch as names
from suppression_ingest.rates.cloudwatch import RatePublisher, values_at
from suppression_ingest.signals import StopSignal
from suppression_service.store import DailyCount, Store
from tests.support.timeline import START, opened_store, record, send, soft_bounce

_regions = iter(boto3.Session().get_available_regions("cloudwatch"))

NOON = START + dt.timedelta(hours=12)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with opened_store(sqlite_url) as store:
        yield store


@pytest.fixture
def cloudwatch(stand_in: StandIn) -> Any:
    """A client of the stand-in, in a region that no other test has used."""
    region = next(_regions)
    return boto3.client(
        "cloudwatch",
        endpoint_url=stand_in.endpoint_url,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def published(cloudwatch: Any, name: str, dimensions: list[dict[str, str]]) -> list[Any]:
    answer = cloudwatch.get_metric_statistics(
        Namespace=names.NAMESPACE,
        MetricName=name,
        Dimensions=dimensions,
        StartTime=START,
        EndTime=START + dt.timedelta(days=2),
        Period=300,
        Statistics=["Maximum"],
    )
    points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    return [(point["Timestamp"], point["Maximum"]) for point in points]


def by_name(counts: list[DailyCount], dimensions: list[Any]) -> dict[str, float]:
    values = values_at(NOON, counts)
    return {v["MetricName"]: v["Value"] for v in values if v["Dimensions"] == dimensions}


def test_counts_of_today_are_published_for_the_account(store: Store, cloudwatch: Any) -> None:
    record(store, send(1), send(2), soft_bounce(2))
    RatePublisher(cloudwatch, store, StopSignal(), now=lambda: NOON).run(idle=True)
    assert published(cloudwatch, names.SENDS, []) == [(NOON, 2.0)]


def test_counts_are_published_for_each_configuration_set(store: Store, cloudwatch: Any) -> None:
    record(store, send(1, configuration_set="news"), send(2))
    RatePublisher(cloudwatch, store, StopSignal(), now=lambda: NOON).run(idle=True)
    dimensions = [{"Name": names.CONFIGURATION_SET, "Value": "news"}]
    assert published(cloudwatch, names.SENDS, dimensions) == [(NOON, 1.0)]


def test_what_is_published_twice_is_the_same_value_at_the_same_moment(
    store: Store, cloudwatch: Any
) -> None:
    record(store, send(1))
    for seconds in (0, 299):
        now = NOON + dt.timedelta(seconds=seconds)
        RatePublisher(cloudwatch, store, StopSignal(), now=lambda now=now: now).run(idle=True)  # type: ignore[misc]
    assert published(cloudwatch, names.SENDS, []) == [(NOON, 1.0)]


def test_a_publisher_publishes_once_in_five_minutes(store: Store) -> None:
    calls = []

    class Client:
        def put_metric_data(self, **given: Any) -> None:
            calls.append(given)

    moments = iter([NOON, NOON + dt.timedelta(seconds=1), NOON + dt.timedelta(minutes=5)])
    publisher = RatePublisher(Client(), store, StopSignal(), now=lambda: next(moments))  # type: ignore[arg-type]
    for _turn in range(3):
        publisher.run(idle=False)
    assert len(calls) == 2


def test_a_rate_is_of_today_and_yesterday_together() -> None:
    yesterday = DailyCount(START.date() - dt.timedelta(days=1), sends=90, hard_bounces=9)
    told = by_name([yesterday, DailyCount(START.date(), sends=10)], [])
    assert told[names.BOUNCE_RATE] == 0.09


def test_a_rate_is_missing_when_nothing_was_sent() -> None:
    assert names.BOUNCE_RATE not in by_name([DailyCount(START.date(), complaints=1)], [])


def test_mail_without_a_configuration_set_has_a_dimension_too() -> None:
    dimensions = [{"Name": names.CONFIGURATION_SET, "Value": names.NO_CONFIGURATION_SET}]
    told = by_name([DailyCount(START.date(), sends=3)], dimensions)
    assert told[names.SENDS] == 3
