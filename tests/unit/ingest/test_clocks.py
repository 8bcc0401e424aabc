"""Clocks that disagree: those of whoever reports, of our hosts, and the true one."""

import datetime as dt
import json
from collections.abc import Callable

import pytest

from deploy.local.events import bounce, other
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_service.store import Removal, Store

HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
JANE = "jane@example.com"

At = Callable[[dt.datetime], Store]


@pytest.fixture
def at(store: Store) -> At:
    """The list, as a host sees it whose clock shows a moment."""
    return lambda moment: Store(store.engine, now=lambda: moment)


def pipeline_of(store: Store) -> Pipeline:
    return Pipeline(store, lambda _: None, Policy())


def bounced(at: dt.datetime) -> str:
    return json.dumps(bounce(JANE, happened=at))


@pytest.mark.parametrize(
    "told",
    [
        dt.datetime(1, 1, 1, tzinfo=dt.UTC),
        dt.datetime(1969, 12, 31, tzinfo=dt.UTC),
        NOON + HOUR,
        NOON + 365 * 24 * HOUR,
        dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
    ],
)
def test_a_bounce_of_any_time_is_listed_and_counts_once(at: At, told: dt.datetime) -> None:
    store = at(NOON)
    body = bounced(told)
    outcomes = pipeline_of(store).process([body, body])
    [entry] = store.address(JANE).suppressions
    assert [outcome.new for outcome in outcomes] == [1, 0]
    assert (entry.last_seen, entry.occurrences) == (min(told, NOON), 1)


def soft_bounce(at: dt.datetime) -> str:
    event = bounce(JANE, type_="Transient", sub_type="MailboxFull", status="4.2.2", happened=at)
    return json.dumps(event)


def test_soft_bounces_dated_years_ahead_end_like_any_and_a_delivery_removes_their_entry(
    at: At,
) -> None:
    # Given an address that is suppressed for five soft bounces dated in 2099
    pipeline_of(at(NOON)).process(
        [soft_bounce(dt.datetime(2099, 1, day, tzinfo=dt.UTC)) for day in range(1, 6)]
    )
    [entry] = at(NOON).address(JANE).suppressions
    assert entry.expires == NOON + 30 * 24 * HOUR
    # When mail is delivered an hour later
    delivered = other("Delivery", JANE, happened=NOON + HOUR)
    pipeline_of(at(NOON + HOUR)).process([json.dumps(delivered)])
    # Then the entry is removed.
    [entry] = at(NOON + HOUR).address(JANE).suppressions
    assert entry.removed == NOON + HOUR


def test_feedback_dated_years_ahead_does_not_outlive_a_later_removal(at: At) -> None:
    # Given a removal after a bounce that is dated in 2099
    pipeline_of(at(NOON)).process([bounced(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))])
    with at(NOON + HOUR).write() as transaction:
        transaction.unsuppress([Removal(JANE)])
    # When a bounce of today comes late
    pipeline_of(at(NOON + 2 * HOUR)).process([bounced(NOON)])
    # Then the address stays off the list.
    [entry] = at(NOON + 2 * HOUR).address(JANE).suppressions
    assert (entry.removed, entry.last_seen) == (NOON + HOUR, NOON)


@pytest.mark.parametrize(
    ("wrong_by", "happened", "stays_off"),
    [
        (0 * HOUR, NOON - HOUR / 2, True),
        (0 * HOUR, NOON + HOUR / 2, False),
        # A host that is ahead remembers a removal that is still to come: what really happened
        # after it is taken for older, and stays without effect.
        (HOUR, NOON + HOUR / 2, True),
        # One that is behind takes what happened before the removal for newer.
        (-HOUR, NOON - HOUR / 2, False),
    ],
)
def test_a_removal_is_as_old_as_the_host_says_that_made_it(
    at: At, wrong_by: dt.timedelta, happened: dt.datetime, stays_off: bool
) -> None:
    # Given an entry that is removed at noon, on a host whose clock is wrong or right
    pipeline_of(at(NOON)).process([bounced(NOON - 24 * HOUR)])
    with at(NOON + wrong_by).write() as transaction:
        transaction.unsuppress([Removal(JANE)])
    # When a bounce comes that happened a little before or after
    pipeline_of(at(NOON + HOUR)).process([bounced(happened)])
    # Then it is held against the time of that host.
    [entry] = at(NOON).address(JANE).suppressions
    assert (entry.removed is not None) == stays_off


def test_a_bounce_of_mail_since_the_removal_counts_however_slow_the_clock_that_tells_it(
    at: At,
) -> None:
    # Given an entry that was removed at noon
    pipeline_of(at(NOON)).process([bounced(NOON - 24 * HOUR)])
    with at(NOON).write() as transaction:
        transaction.unsuppress([Removal(JANE)])
    # When mail that was sent after it bounces, at a host whose clock is two hours behind
    event = bounce(JANE, happened=NOON - HOUR)
    event["mail"]["timestamp"] = (NOON + HOUR).isoformat()
    pipeline_of(at(NOON + 2 * HOUR)).process([json.dumps(event)])
    # Then the entry is back.
    [entry] = at(NOON + 2 * HOUR).address(JANE).suppressions
    assert entry.removed is None
