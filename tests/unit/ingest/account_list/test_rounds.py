from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from structlog.testing import capture_logs

from suppression_ingest.account_list.account_list import AccountList, Throttle
from suppression_ingest.account_list.accounts import Accounts
from suppression_ingest.account_list.differences import Callbacks
from suppression_ingest.account_list.options import Options, RemovedHere, Scope
from suppression_ingest.account_list.rounds import FOLLOW_SECONDS, Result, Rounds
from suppression_ingest.errors import AwsError
from suppression_ingest.signals import Stopped, StopSignal
from suppression_service.store import StoreUnavailable
from tests.support.aws.lists import ACCOUNT, Lists


class TwoRegions(Accounts):
    """The account in two regions with one list each, and a tenant; the first may be down."""

    def __init__(self, lists: Lists) -> None:
        self.names = ("one", "two")
        self.tenants = {"shop": "shop-mail"}
        self.down = False
        self.throttle = lists.throttle()
        self._client = lists.client

    def lists(self, name: str) -> Iterator[tuple[Scope, AccountList]]:
        if self.down and name == "one":
            raise AwsError("AWS cannot be reached")
        yield Scope(ACCOUNT, name), AccountList(self._client, self.throttle)
        yield (
            Scope(ACCOUNT, name, "shop", "shop-mail"),
            AccountList(self._client, self.throttle, "shop"),
        )


@pytest.fixture
def regions(lists: Lists) -> TwoRegions:
    return TwoRegions(lists)


class Pauses(StopSignal):
    """Does something in each pause of a repetition, and stops when there is nothing left.

    It is the clock too: only a pause takes time.
    """

    def __init__(self, *steps: Any) -> None:
        super().__init__()
        self._steps = list(steps)
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        if not self._steps:
            raise Stopped
        self._steps.pop(0)()
        self.now += seconds

    def clock(self) -> float:
        return self.now


def rounds(
    lists: Lists, accounts: Accounts, stop: StopSignal | None = None, **options: Any
) -> Rounds:
    clock = {"clock": stop.clock} if isinstance(stop, Pauses) else {}
    made = Options(**options)
    stop = stop or StopSignal()
    return Rounds(lists.store, accounts, made, lambda _: Callbacks(), stop, **clock)


def repeated(
    lists: Lists, accounts: Accounts, *pauses: Any, every: float = 1_000, **options: Any
) -> list[Result]:
    """Repeat until nothing is left to do in a pause; return what became of each list."""
    results: list[Result] = []
    with pytest.raises(Stopped):
        rounds(lists, accounts, Pauses(*pauses), **options).repeat(every, results.append)
    return results


def test_each_list_of_each_account_has_a_run(lists: Lists, regions: TwoRegions) -> None:
    lists.listed("jane@x.example", tenant="shop")
    results = rounds(lists, regions).once()
    assert [result.name for result in results] == [
        f"{ACCOUNT}/one",
        f"{ACCOUNT}/one/shop",
        f"{ACCOUNT}/two",
        f"{ACCOUNT}/two/shop",
    ]


def test_an_account_that_cannot_be_reached_does_not_hold_back_the_others(
    lists: Lists, regions: TwoRegions
) -> None:
    lists.listed("jane@x.example")
    regions.down = True
    [down, up] = rounds(lists, regions).once()
    assert (down.name, down.error) == ("one", "AWS cannot be reached")
    assert (up.error, up.counts.added) == ("", 1)


def test_a_list_that_fails_does_not_hold_back_the_others(lists: Lists, regions: TwoRegions) -> None:
    lists.ses.refused_once = [("ListSuppressedDestinations", "TooManyRequestsException")]
    [failed, other] = rounds(lists, regions).once()
    assert "come more slowly" in failed.error
    assert other.error == ""


def test_a_tenant_that_is_nowhere_is_warned_of(lists: Lists, regions: TwoRegions) -> None:
    with capture_logs() as logs:
        results = [*rounds(lists, regions).once()]
    assert len(results) == 2
    assert [(line["log_level"], line["tenant"]) for line in logs] == [("warning", "shop")]


def test_rounds_begin_again_and_again(lists: Lists, regions: TwoRegions) -> None:
    results = repeated(lists, regions, int, int, every=FOLLOW_SECONDS)
    assert len(results) == 3 * 2  # rounds and regions


def test_a_round_that_the_database_ended_begins_again_soon(
    lists: Lists, regions: TwoRegions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> NoReturn:
        raise StoreUnavailable("away")

    monkeypatch.setattr(lists.store, "account_list_pages", refuse)
    results = repeated(lists, regions, monkeypatch.undo, int, every=86_400)
    assert [result.error for result in results] == ["", ""]


def test_an_unsuppress_between_rounds_reaches_ses_at_once_if_wanted(
    lists: Lists, regions: TwoRegions
) -> None:
    lists.listed("jane@x.example")
    repeated(
        lists,
        regions,
        lambda: lists.unsuppress("jane@x.example"),
        lambda: None,
        removed_here=RemovedHere.REMOVE,
    )
    assert lists.ses.suppressed == {}


def test_an_unsuppress_between_rounds_leaves_ses_alone_otherwise(
    lists: Lists, regions: TwoRegions
) -> None:
    lists.listed("jane@x.example")
    repeated(lists, regions, lambda: lists.unsuppress("jane@x.example"), lambda: None)
    assert lists.ses.called("DeleteSuppressedDestination") == []


def test_an_account_that_cannot_be_reached_keeps_removals_from_no_other(
    lists: Lists, regions: TwoRegions
) -> None:
    lists.listed("jane@x.example")

    def go_down() -> None:
        regions.down = True
        lists.unsuppress("jane@x.example")

    repeated(lists, regions, go_down, lambda: None, removed_here=RemovedHere.REMOVE)
    assert lists.ses.suppressed == {}


def test_a_signal_ends_a_round_before_its_next_request(lists: Lists, regions: TwoRegions) -> None:
    stop = StopSignal()
    regions.throttle = Throttle(0.0, sleep=stop.sleep)
    ended = rounds(lists, regions, stop).once()
    next(ended)
    stop.requested = True
    with pytest.raises(Stopped):
        next(ended)
