import datetime as dt
from collections.abc import Callable

from suppression_service.store import Effect, Feedback, NewSuppression, Reason, Removal, Store

At = Callable[[dt.datetime], Store]


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


def suppress(store: Store, *new: NewSuppression) -> None:
    with store.write() as transaction:
        transaction.suppress(new)


def listed(store: Store, limit: int = 100) -> list[tuple[str, Reason]]:
    """All pages."""
    found: list[tuple[str, Reason]] = []
    while page := store.bounced_or_complained(day(5), found[-1][0] if found else "", limit):
        found += page
    return found


def test_a_complaint_comes_before_a_bounce_of_the_same_address(store: Store) -> None:
    suppress(
        store,
        NewSuppression("a@x.example", Reason.COMPLAINT),
        NewSuppression("a@x.example", Reason.HARD_BOUNCE),
    )
    assert listed(store) == [("a@x.example", Reason.COMPLAINT)]


def test_pages_hold_every_address_once(store: Store) -> None:
    suppress(
        store,
        *(NewSuppression(f"{n}@x.example", Reason.HARD_BOUNCE) for n in range(7)),
        *(NewSuppression(f"{n}@x.example", Reason.COMPLAINT) for n in range(7)),
    )
    assert [address for address, _ in listed(store, 2)] == [f"{n}@x.example" for n in range(7)]


def test_other_reasons_and_streams_are_left_out(store: Store) -> None:
    suppress(
        store,
        NewSuppression("a@x.example", Reason.MANUAL),
        NewSuppression("b@x.example", Reason.COMPLAINT, "news"),
        NewSuppression("c@x.example", Reason.SOFT_BOUNCE),
    )
    assert listed(store) == []


def test_what_was_removed_or_has_ended_is_left_out(at: At) -> None:
    store = at(day(1))
    suppress(
        store,
        NewSuppression("a@x.example", Reason.HARD_BOUNCE),
        NewSuppression("b@x.example", Reason.HARD_BOUNCE, expires=day(4)),
    )
    with store.write() as transaction:
        transaction.unsuppress([Removal("a@x.example")])
    assert listed(store) == []


def test_the_entries_of_some_addresses_come_with_the_removed_ones(at: At) -> None:
    store = at(day(1))
    suppress(store, *(NewSuppression(f"{n}@x.example", Reason.MANUAL) for n in "abc"))
    with store.write() as transaction:
        transaction.unsuppress([Removal("a@x.example")])
    found = store.entries_of(["a@x.example", "b@x.example", "z@x.example"])
    assert {(one.address, one.removed is None) for one in found} == {
        ("a@x.example", False),
        ("b@x.example", True),
    }


def test_nothing_was_received_before_the_first_event(store: Store) -> None:
    assert store.last_received() is None


def test_the_newest_event_tells_when_something_was_last_received(at: At) -> None:
    for number in (2, 3):
        bounce = Feedback(
            provider="ses",
            kind="Bounce",
            identity=str(number),
            address="a@x.example",
            happened=day(1),
            effect=Effect(Reason.HARD_BOUNCE),
        )
        with at(day(number)).write() as transaction:
            transaction.record([bounce])
    assert at(day(9)).last_received() == day(3)
