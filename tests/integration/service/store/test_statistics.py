import dataclasses
import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from suppression_service.store import (
    DeletionCutoffs,
    DeliveryEvent,
    DeliveryEventKind,
    Dimension,
    Effect,
    Feedback,
    Measure,
    NewSuppression,
    Reason,
    Removal,
    ReplyCategory,
    StatisticsQuery,
    Store,
    packing,
    schema,
)

At = Callable[[dt.datetime], Store]

DAY = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
LATER = DAY + dt.timedelta(days=2)


@pytest.fixture
def today(at: At) -> Store:
    return at(DAY)


def bounce(number: int, domain: str = "example.com", **fields: Any) -> Feedback:
    bounced = Feedback(
        provider="ses",
        kind="Bounce",
        identity=f"f{number}",
        address=f"reader{number}@{domain}",
        happened=DAY,
        sub_type="NoEmail",
        status="5.1.1",
        counts_as="bounce",
        effect=Effect(Reason.HARD_BOUNCE),
        category=ReplyCategory.NO_SUCH_USER,
    )
    return dataclasses.replace(bounced, **fields)


def send(number: int, domain: str = "example.com", **fields: Any) -> DeliveryEvent:
    sent = DeliveryEvent(DeliveryEventKind.SEND, f"m{number}", f"reader{number}@{domain}", DAY)
    return dataclasses.replace(sent, **fields)


def record(store: Store, *items: Feedback | DeliveryEvent) -> None:
    with store.write() as transaction:
        transaction.record([each for each in items if isinstance(each, Feedback)])
        transaction.count([each for each in items if isinstance(each, DeliveryEvent)])


def counted(
    store: Store, *group_by: Dimension, **matching: str | int
) -> dict[tuple[Any, ...], dict[str, int]]:
    """The counts that are not 0, by the values of the dimensions."""
    filters = {Dimension(name): value for name, value in matching.items()}
    query = StatisticsQuery(DAY.date(), LATER.date(), group_by, filters)
    rows, _ = store.statistics(query)
    return {
        tuple(row.values[name] for name in group_by): {
            measure.name.lower(): count for measure, count in row.counts.items() if count
        }
        for row in rows
    }


def test_each_kind_is_counted(today: Store) -> None:
    soft = bounce(2, counts_as="soft bounce", effect=None)
    complaint = bounce(3, counts_as="complaint", effect=None)
    delivery = send(1, kind=DeliveryEventKind.DELIVERY)
    record(today, send(1), send(2), delivery, bounce(1), soft, complaint)
    assert counted(today) == {
        (): {
            "sends": 2,
            "deliveries": 1,
            "hard_bounces": 1,
            "soft_bounces": 1,
            "complaints": 1,
            "suppressions": 1,
        }
    }


def test_three_dimensions_can_go_together(today: Store) -> None:
    record(today, bounce(1), bounce(2, "mail.example", status="5.2.1"))
    by = Dimension.DAY, Dimension.DOMAIN, Dimension.STATUS
    assert counted(today, *by) == {
        (DAY.date(), "example.com", "5.1.1"): {"hard_bounces": 1},
        (DAY.date(), "mail.example", "5.2.1"): {"hard_bounces": 1},
    }


@pytest.mark.parametrize("dimension", [*Dimension])
def test_every_dimension_groups_bounces(today: Store, dimension: Dimension) -> None:
    record(today, bounce(1, configuration_set="news-set", stream="news"))
    expected = {
        Dimension.DAY: DAY.date(),
        Dimension.REASON: Reason.HARD_BOUNCE,
        Dimension.SUB_TYPE: "NoEmail",
        Dimension.STATUS: "5.1.1",
        Dimension.DOMAIN: "example.com",
        Dimension.CONFIGURATION_SET: "news-set",
        Dimension.STREAM: "news",
        Dimension.SOURCE: "ses",
        Dimension.CATEGORY: ReplyCategory.NO_SUCH_USER,
    }[dimension]
    assert counted(today, dimension)[(expected,)]["hard_bounces"] == 1


def test_a_filter_leaves_the_rest_out(today: Store) -> None:
    record(today, bounce(1), bounce(2, "mail.example"), send(3, "mail.example"))
    assert counted(today, Dimension.STATUS, domain="mail.example") == {
        ("5.1.1",): {"hard_bounces": 1}
    }


def test_what_a_measure_does_not_know_is_no_count(today: Store) -> None:
    record(today, send(1), bounce(1))
    day = DAY.date()
    [row], _ = today.statistics(StatisticsQuery(day, day, [Dimension.CATEGORY]))
    assert {*row.counts} == {Measure.HARD_BOUNCES, Measure.SOFT_BOUNCES, Measure.COMPLAINTS}


def test_what_comes_again_counts_once(today: Store) -> None:
    for _ in range(2):
        record(today, send(1), bounce(1), bounce(1))
    assert counted(today, Dimension.DOMAIN) == {
        ("example.com",): {"sends": 1, "hard_bounces": 1, "suppressions": 1}
    }


@pytest.mark.parametrize("packed_between", [False, True])
def test_what_an_identity_tells_too_moves_to_its_configuration_set(
    at: At, today: Store, packed_between: bool
) -> None:
    delivery = send(1, kind=DeliveryEventKind.DELIVERY)
    record(today, delivery, bounce(1))
    if packed_between:
        list(at(LATER).pack_statistics())
    named: dict[str, Any] = {"configuration_set": "news-set", "stream": "news"}
    record(today, dataclasses.replace(delivery, **named), bounce(1, **named))
    list(at(LATER).pack_statistics())
    assert counted(today, Dimension.CONFIGURATION_SET, Dimension.STREAM) == {
        ("news-set", "news"): {"deliveries": 1, "hard_bounces": 1}
    }


def test_a_rollback_takes_the_counts_back(today: Store) -> None:
    with pytest.raises(RuntimeError), today.write() as transaction:  # noqa: PT012
        transaction.record([bounce(1)])
        transaction.flush()
        raise RuntimeError
    record(today, bounce(2))
    assert counted(today) == {(): {"hard_bounces": 1, "suppressions": 1}}


def test_entries_count_when_they_become_active_and_when_they_are_removed(today: Store) -> None:
    new = NewSuppression("reader@example.com", Reason.MANUAL, "news", "desk")
    for _ in range(2):
        with today.write() as transaction:
            transaction.suppress([new, new])
    for _ in range(2):
        with today.write() as transaction:
            transaction.unsuppress([Removal("reader@example.com", source="ops")])
    by = Dimension.REASON, Dimension.SOURCE, Dimension.STREAM
    assert counted(today, *by) == {
        (Reason.MANUAL, "desk", "news"): {"suppressions": 1},
        (Reason.MANUAL, "ops", "news"): {"removals": 1},
    }


def test_an_entry_that_has_expired_becomes_active_again(at: At, today: Store) -> None:
    for store in (today, at(LATER)):
        expires = store.now() + dt.timedelta(hours=1)
        with store.write() as transaction:
            new = NewSuppression("reader@example.com", Reason.MANUAL, expires=expires)
            transaction.suppress([new])
    assert counted(today)[()] == {"suppressions": 2}


@pytest.fixture
def few_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suppression_service.store.statistics.MAX_SERIES", 2)


@pytest.mark.usefixtures("few_series")
def test_the_domains_that_come_late_on_a_day_are_counted_together(at: At, today: Store) -> None:
    record(today, bounce(1, "a.example"), bounce(2, "b.example"))
    # another process, which knows nothing yet
    record(at(DAY), bounce(3, "c.example"), bounce(4, "d.example"), bounce(5, "a.example"))
    record(today, bounce(6, "e.example"), bounce(7, "b.example"))
    assert counted(today, Dimension.DOMAIN, Dimension.CATEGORY) == {
        ("a.example", ReplyCategory.NO_SUCH_USER): {"hard_bounces": 2},
        ("b.example", ReplyCategory.NO_SUCH_USER): {"hard_bounces": 2},
        ("other", ReplyCategory.NO_SUCH_USER): {"hard_bounces": 3},
    }


@pytest.mark.usefixtures("few_series")
def test_rows_stay_bounded_whatever_strangers_choose(today: Store) -> None:
    record(today, *(bounce(n, f"{n}.example", status=f"5.1.{n}", effect=None) for n in range(50)))
    found = counted(today, Dimension.DOMAIN, Dimension.STATUS)
    assert len(found) <= 5
    assert sum(each["hard_bounces"] for each in found.values()) == 50


@pytest.mark.usefixtures("few_series")
def test_a_count_under_other_moves_to_its_configuration_set(today: Store) -> None:
    pieces = [bounce(n, f"{n}.example", effect=None) for n in range(9)]
    record(today, *pieces)
    record(today, *(dataclasses.replace(p, configuration_set="news-set") for p in pieces))
    assert counted(today, Dimension.CONFIGURATION_SET) == {("news-set",): {"hard_bounces": 9}}


def test_packing_changes_no_count(at: At, today: Store) -> None:
    record(today, *(bounce(n, f"{n % 5}.example") for n in range(20)), send(1))
    by = Dimension.DAY, Dimension.DOMAIN
    before = counted(today, *by)
    assert sum(at(LATER).pack_statistics()) > 0
    assert counted(today, *by) == before


def test_today_is_not_packed(today: Store) -> None:
    record(today, bounce(1))
    assert list(today.pack_statistics()) == []


def test_a_packed_day_keeps_its_most_frequent_domains(
    at: At, today: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(packing.MAX_VALUES, "domain", 1)
    # Given a day with a frequent domain and others
    record(today, bounce(1, "a.example"), *(bounce(n, "b.example") for n in (2, 3)))
    record(today, bounce(4, "c.example"))
    list(at(LATER).pack_statistics())
    # When more comes for the day
    late = bounce(5, "a.example", effect=None), bounce(6, "b.example", effect=None)
    record(at(LATER), *late)
    list(at(LATER).pack_statistics())
    # Then it is counted where the day has a row.
    assert {domain: n["hard_bounces"] for (domain,), n in counted(today, DOMAIN).items()} == {
        "b.example": 3,
        "other": 3,
    }


def test_series_that_no_count_has_any_more_are_deleted(
    at: At, today: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(packing.MAX_VALUES, "domain", 1)
    record(today, *(bounce(n, f"{n}.example", effect=None) for n in range(5)))
    list(at(LATER).pack_statistics())
    with today.engine.connect() as connection:
        domains = set(connection.scalars(select(schema.statistic_series.c.domain)))
    assert domains == {"0.example", "other"}


def test_examples_of_replies_are_kept_for_a_while(at: At, today: Store) -> None:
    record(
        today, bounce(1, example=lambda: "550 5.1.1 no such user"), bounce(2, example=lambda: "")
    )
    [example] = today.reply_examples(DAY.date())
    assert (example.category, example.domain, example.status, example.text, example.last_day) == (
        ReplyCategory.NO_SUCH_USER,
        "example.com",
        "5.1.1",
        "550 5.1.1 no such user",
        DAY.date(),
    )
    assert at(LATER).reply_examples(LATER.date()) == []


def test_there_are_a_few_examples_of_a_category_and_domain(today: Store) -> None:
    record(
        today,
        *(bounce(n, example=partial(str, f"550 reply {n}"), status=f"5.1.{n}") for n in range(20)),
    )
    assert 1 < len(today.reply_examples(DAY.date())) <= 3


def test_the_rows_with_the_highest_counts_are_returned(
    today: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suppression_service.store.statistics_query.MAX_ROWS", 1)
    record(today, bounce(1, "a.example"), *(bounce(n, "b.example") for n in (2, 3)))
    day = DAY.date()
    rows, truncated = today.statistics(StatisticsQuery(day, day, [DOMAIN]))
    assert ([row.values[DOMAIN] for row in rows], truncated) == (["b.example"], True)


def test_nothing_counted_is_no_row(today: Store) -> None:
    assert counted(today, Dimension.DOMAIN) == {}


def test_statistics_are_purged_by_day(at: At, today: Store) -> None:
    record(today, bounce(1, example=lambda: "550 no"))
    record(today, send(1))
    list(at(LATER).pack_statistics())
    record(today, bounce(2))
    late = LATER + dt.timedelta(days=1)
    cutoffs = DeletionCutoffs(None, None, late, late, late, late, late)
    purged = dict(today.purge(cutoffs))
    assert {"statistic", "packed_statistic", "reply_example"} <= purged.keys()
    assert counted(today) == {}


DOMAIN = Dimension.DOMAIN
