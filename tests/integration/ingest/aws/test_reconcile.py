import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from suppression_ingest.account_list.account_list import (
    INTERVAL,
    AccountList,
    ExpiredToken,
    Throttle,
)
from suppression_ingest.account_list.cursor import Cursor
from suppression_ingest.account_list.reconcile import Callbacks, Reconciliation
from suppression_ingest.errors import NotPermitted
from suppression_service.store import NewSuppression, Reason, Removal, Store, Suppression
from tests.support.aws.account import NOW, Account, day
from tests.support.aws.ses import Suppressed


@dataclasses.dataclass
class Time:
    """A clock that only sleeping moves."""

    now: float = 0.0
    slept: list[float] = dataclasses.field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclasses.dataclass
class Lists:
    """Ours and SES's."""

    account: Account
    store: Store
    time: Time = dataclasses.field(default_factory=Time)
    cursors: list[Cursor] = dataclasses.field(default_factory=list)

    def listed(self, address: str, reason: str = "BOUNCE", on: int = 1) -> None:
        """Have SES list an address."""
        self.account.ses.suppressed[address] = Suppressed(reason, day(on))

    def suppress(self, address: str, reason: Reason, stream: str = "") -> None:
        with self.store.write() as transaction:
            transaction.suppress([NewSuppression(address, reason, stream)])

    def unsuppress(self, address: str, on: int) -> None:
        with Store(self.store.engine, lambda: day(on)).write() as transaction:
            transaction.unsuppress([Removal(address, Reason.HARD_BOUNCE)])

    def ours(self, address: str) -> list[Suppression]:
        return self.store.address(address).suppressions

    def run(self, limit: int = 0, cursor: Cursor | None = None, **options: Any) -> Reconciliation:
        """Pull, then push up to a limit."""
        throttle = Throttle(INTERVAL, self.time.clock, self.time.sleep)
        callbacks = options.pop("callbacks", Callbacks(read=self.cursors.append))
        theirs = AccountList(self.account.aws, throttle)
        work = Reconciliation(self.store, theirs, callbacks, remember=bool(limit), **options)
        work.pull(cursor or self.start())
        if limit:
            work.push(limit, NOW)
        return work

    def start(self, since: dt.datetime | None = None) -> Cursor:
        return Cursor("123456789012", "us-east-1", since, NOW)

    def written(self) -> list[tuple[str, str]]:
        """What was written to SES, in order."""
        calls = self.account.ses.called("PutSuppressedDestination")
        return [(one["EmailAddress"], one["Reason"]) for one in calls]


@pytest.fixture
def lists(account: Account, sqlite_url: str) -> Iterator[Lists]:
    store = Store.open(sqlite_url, migrate_first=True)
    yield Lists(account, store)
    store.close()


# --- from SES to us ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [("BOUNCE", Reason.HARD_BOUNCE), ("COMPLAINT", Reason.COMPLAINT)],
    ids=["bounce", "complaint"],
)
def test_what_we_lack_is_added_with_its_reason_source_and_time(
    lists: Lists, theirs: str, reason: Reason
) -> None:
    lists.listed("jane@x.example", theirs, on=4)
    lists.run()
    [entry] = lists.ours("jane@x.example")
    assert (entry.reason, entry.source, entry.last_seen) == (reason, "ses-account-list", day(4))


def test_an_entry_that_is_dated_ahead_of_our_clock_is_dated_by_it(lists: Lists) -> None:
    lists.listed("jane@x.example", on=4)
    lists.store = Store(lists.store.engine, lambda: day(2))
    lists.run()
    [entry] = lists.ours("jane@x.example")
    assert entry.last_seen == day(2)


def test_a_second_run_changes_nothing(lists: Lists) -> None:
    lists.listed("jane@x.example")
    lists.run()
    before = lists.store.revision()
    again = lists.run()
    assert lists.store.revision() == before
    assert (again.pulled.known, again.pulled.added) == (1, 0)


def test_what_we_have_is_left_as_it_is(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.HARD_BOUNCE)
    before = lists.ours("jane@x.example")
    lists.listed("jane@x.example")
    lists.run()
    assert lists.ours("jane@x.example") == before


def test_an_entry_of_one_stream_is_not_one_for_all_mail(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.COMPLAINT, "news")
    lists.listed("jane@x.example", "COMPLAINT")
    lists.run()
    assert {one.stream for one in lists.ours("jane@x.example")} == {"", "news"}


def test_an_unsuppress_that_is_newer_stands(lists: Lists) -> None:
    lists.unsuppress("jane@x.example", on=9)
    lists.listed("jane@x.example", on=8)
    work = lists.run()
    assert work.pulled.removed_here == 1
    assert not any(one.is_active(NOW) for one in lists.ours("jane@x.example"))


def test_an_unsuppress_that_is_older_is_overtaken(lists: Lists) -> None:
    lists.unsuppress("jane@x.example", on=7)
    lists.listed("jane@x.example", on=8)
    lists.run()
    assert [one.is_active(NOW) for one in lists.ours("jane@x.example")] == [True]


def test_cases_are_one_address(lists: Lists) -> None:
    lists.listed("Jane@X.example", on=2)
    lists.listed("jane@x.example", on=1)
    work = lists.run()
    assert work.pulled.added == 1
    assert [one.last_seen for one in lists.ours("jane@x.example")] == [day(2)]


def test_what_is_no_address_is_counted_and_left_out(lists: Lists) -> None:
    lists.listed("nobody")
    lists.listed("jane@x.example")
    work = lists.run()
    assert (work.pulled.unusable, work.pulled.added) == (1, 1)


def test_the_simulator_is_left_out(lists: Lists) -> None:
    lists.listed("bounce@simulator.amazonses.com")
    assert lists.run().pulled.added == 0


def test_every_page_is_read_no_faster_than_one_a_second(lists: Lists) -> None:
    lists.account.ses.page = 2
    for number in range(7):
        lists.listed(f"{number}@x.example")
    work = lists.run()
    assert work.pulled.added == 7
    assert len(lists.account.ses.called("ListSuppressedDestinations")) == 4
    assert lists.time.slept == [1.0, 1.0, 1.0]


def test_a_list_that_changes_while_it_is_read_is_read_as_it_was(lists: Lists) -> None:
    lists.run()
    [asked] = lists.account.ses.called("ListSuppressedDestinations")
    assert asked["EndDate"] == NOW


def test_a_reading_since_a_day_leaves_out_what_is_older(lists: Lists) -> None:
    lists.listed("old@x.example", on=1)
    lists.listed("new@x.example", on=5)
    lists.run(cursor=lists.start(since=day(4)))
    assert not lists.ours("old@x.example")
    assert lists.ours("new@x.example")


def test_a_reading_that_broke_off_goes_on_after_the_last_page_that_was_stored(
    lists: Lists,
) -> None:
    # Given a reading that breaks off after the second of four pages
    lists.account.ses.page = 2
    for number in range(8):
        lists.listed(f"{number}@x.example")

    class Interrupted(Exception):
        pass

    def interrupt(cursor: Cursor) -> None:
        lists.cursors.append(cursor)
        if cursor.read == 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        lists.run(callbacks=Callbacks(read=interrupt))
    # When it is taken up at the cursor that was told last
    work = lists.run(cursor=lists.cursors[-1])
    # Then only the other two are read, and nothing is missing.
    assert work.pulled.read == 4
    assert all(lists.ours(f"{number}@x.example") for number in range(8))


def test_a_cursor_that_ses_has_forgotten_is_said(lists: Lists) -> None:
    forgotten = dataclasses.replace(lists.start(), token="forgotten")
    with pytest.raises(ExpiredToken):
        lists.run(cursor=forgotten)


# --- from us to SES ------------------------------------------------------------------------------


def test_what_ses_lacks_is_written_with_its_reason(lists: Lists) -> None:
    lists.suppress("a@x.example", Reason.HARD_BOUNCE)
    lists.suppress("b@x.example", Reason.COMPLAINT)
    lists.run(limit=9)
    assert lists.written() == [("a@x.example", "BOUNCE"), ("b@x.example", "COMPLAINT")]


def test_nothing_is_written_unless_asked_for(lists: Lists) -> None:
    lists.suppress("a@x.example", Reason.HARD_BOUNCE)
    lists.run()
    assert lists.written() == []


def test_a_complaint_at_ses_is_never_made_a_bounce(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.HARD_BOUNCE)
    lists.listed("Jane@X.example", "COMPLAINT")
    lists.run(limit=9)
    assert lists.written() == []


def test_a_complaint_among_bounces_of_several_cases_counts(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.COMPLAINT)
    lists.listed("Jane@X.example", "COMPLAINT")
    lists.listed("jane@x.example", "BOUNCE")
    lists.run(limit=9)
    assert lists.written() == []


def test_a_bounce_at_ses_becomes_the_complaint_that_we_know_of(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.COMPLAINT)
    lists.listed("jane@x.example", "BOUNCE")
    work = lists.run(limit=9)
    assert lists.written() == [("jane@x.example", "COMPLAINT")]
    assert work.pushed.raised == 1


@pytest.mark.parametrize(
    ("reason", "stream"),
    [
        (Reason.MANUAL, ""),
        (Reason.UNSUBSCRIBE, ""),
        (Reason.SOFT_BOUNCE, ""),
        (Reason.COMPLAINT, "news"),
    ],
    ids=["manual", "unsubscribe", "soft bounce", "of one stream"],
)
def test_what_is_of_no_concern_to_ses_is_not_written(
    lists: Lists, reason: Reason, stream: str
) -> None:
    lists.suppress("a@x.example", reason, stream)
    lists.run(limit=9)
    assert lists.written() == []


def test_addresses_of_the_simulator_are_not_written(lists: Lists) -> None:
    lists.suppress("bounce+1@simulator.amazonses.com", Reason.HARD_BOUNCE)
    lists.run(limit=9)
    assert lists.written() == []


def test_writing_ends_at_the_limit_and_counts_what_is_left(lists: Lists) -> None:
    for number in range(5):
        lists.suppress(f"{number}@x.example", Reason.HARD_BOUNCE)
    work = lists.run(limit=2)
    assert (work.pushed.written, work.pushed.left) == (2, 3)
    assert len(lists.written()) == 2


def test_an_address_that_ses_refuses_does_not_hold_back_those_after_it(lists: Lists) -> None:
    # given an address that SES refuses, and others before and after it
    for name in ("a", "b", "c"):
        lists.suppress(f"{name}@x.example", Reason.HARD_BOUNCE)
    lists.account.ses.unacceptable.add("b@x.example")
    # when they are written
    refused: list[str] = []
    work = lists.run(limit=2, callbacks=Callbacks(refused=refused.append))
    # then SES has the others, the one is told, and took no cursor within the limit
    assert set(lists.account.ses.suppressed) == {"a@x.example", "c@x.example"}
    assert (work.pushed.written, work.pushed.refused, work.pushed.left) == (2, 1, 0)
    assert refused == ["b@x.example"]


def test_a_refusal_of_more_than_an_address_ends_the_writing(lists: Lists) -> None:
    lists.suppress("a@x.example", Reason.HARD_BOUNCE)
    lists.account.ses.denied["PutSuppressedDestination"] = "AccessDeniedException"
    with pytest.raises(NotPermitted):
        lists.run(limit=9)


def test_writing_keeps_to_one_request_a_second(lists: Lists) -> None:
    for number in range(3):
        lists.suppress(f"{number}@x.example", Reason.HARD_BOUNCE)
    lists.run(limit=9)
    assert lists.time.slept == [1.0, 1.0, 1.0]  # one page read, three entries written


def test_after_writing_the_lists_are_even(lists: Lists) -> None:
    lists.suppress("a@x.example", Reason.HARD_BOUNCE)
    lists.listed("b@x.example", "COMPLAINT")
    lists.run(limit=9)
    again = lists.run(limit=9, dry=True)
    assert (again.pulled.added, again.pushed.written) == (0, 0)


def test_a_dry_run_counts_both_differences_and_changes_neither(lists: Lists) -> None:
    lists.suppress("a@x.example", Reason.HARD_BOUNCE)
    lists.listed("b@x.example")
    lists.listed("c@x.example")
    before = lists.store.revision()
    work = lists.run(limit=9, dry=True)
    assert (work.pulled.added, work.pushed.written) == (2, 1)
    assert lists.store.revision() == before
    assert lists.written() == []


def test_each_differing_address_is_told(lists: Lists) -> None:
    lists.suppress("a@x.example", Reason.HARD_BOUNCE)
    lists.listed("b@x.example")
    here: list[str] = []
    there: list[str] = []
    told = Callbacks(lacking_here=here.append, lacking_there=there.append)
    lists.run(limit=9, dry=True, callbacks=told)
    assert (here, there) == (["b@x.example"], ["a@x.example"])
