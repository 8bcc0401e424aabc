"""Entries of domains in the list, and the addresses that they apply to."""

import datetime as dt
from collections.abc import Callable

import pytest

from suppression_service.store import (
    Effect,
    Erasure,
    Feedback,
    NewSuppression,
    Reason,
    Removal,
    Store,
)
from suppression_service.store.replication import DOMAIN_MARK, REASON_MASK, SUBDOMAINS_MARK

At = Callable[[dt.datetime], Store]
JANE, BELOW = "jane@example.com", "jane@x.example.com"
EXAMPLE, XEXAMPLE = "@example.com", "@x.example.com"


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


def suppress(
    store: Store, key: str, *, include_subdomains: bool = False, expires: dt.datetime | None = None
) -> None:
    new = NewSuppression(key, Reason.MANUAL, expires=expires, include_subdomains=include_subdomains)
    with store.write() as transaction:
        transaction.suppress([new])


def remove(store: Store, key: str) -> int:
    with store.write() as transaction:
        [removed] = transaction.unsuppress([Removal(key)])
    return len(removed)


def known(store: Store, key: str) -> list[str]:
    return [entry.address for entry in store.address(key).suppressions]


def test_a_domain_has_entries_of_its_own(at: At) -> None:
    suppress(at(day(1)), EXAMPLE)
    suppress(at(day(1)), JANE)
    [entry] = at(day(1)).address(EXAMPLE).suppressions
    assert (entry.domain, entry.include_subdomains) == ("example.com", False)
    assert remove(at(day(2)), JANE) == 1
    [entry] = at(day(2)).address(EXAMPLE).suppressions
    assert entry.is_active(day(2))


def test_a_repeated_call_can_widen_an_entry_and_does_not_narrow_it(at: At) -> None:
    scopes = []
    for wide in (False, True, False):
        suppress(at(day(1)), EXAMPLE, include_subdomains=wide)
        scopes += [entry.include_subdomains for entry in at(day(1)).address(EXAMPLE).suppressions]
    assert scopes == [False, True, True]


@pytest.mark.parametrize("ended", [True, False])
def test_an_entry_that_is_made_anew_has_the_new_scope(at: At, ended: bool) -> None:
    suppress(at(day(1)), EXAMPLE, include_subdomains=True, expires=day(2) if ended else None)
    if not ended:
        remove(at(day(1)), EXAMPLE)
    suppress(at(day(3)), EXAMPLE)
    [entry] = at(day(3)).address(EXAMPLE).suppressions
    assert not entry.include_subdomains


def test_an_address_is_shown_with_the_entries_of_domains_that_apply(at: At) -> None:
    suppress(at(day(1)), BELOW)
    suppress(at(day(1)), XEXAMPLE)
    suppress(at(day(1)), EXAMPLE)
    assert known(at(day(1)), BELOW) == [BELOW, XEXAMPLE]
    suppress(at(day(1)), EXAMPLE, include_subdomains=True)
    assert known(at(day(1)), BELOW) == [BELOW, XEXAMPLE, EXAMPLE]
    assert known(at(day(1)), JANE) == [EXAMPLE]
    assert known(at(day(1)), XEXAMPLE) == [XEXAMPLE]


def test_an_erased_address_keeps_the_entries_of_its_domain(at: At) -> None:
    suppress(at(day(1)), JANE)
    suppress(at(day(1)), EXAMPLE)
    with at(day(1)).write() as transaction:
        [erased] = transaction.erase([Erasure(JANE)])
    assert erased.suppressions == 1
    assert known(at(day(1)), EXAMPLE) == [EXAMPLE]
    assert len(known(at(day(1)), JANE)) == 2


def test_a_replica_reads_entries_of_domains_marked(at: At) -> None:
    store = at(day(1))
    suppress(store, JANE)
    suppress(store, EXAMPLE)
    suppress(store, XEXAMPLE, include_subdomains=True)
    [(_, words)] = store.active_entries()
    marks = [0, DOMAIN_MARK, DOMAIN_MARK | SUBDOMAINS_MARK]
    assert sorted(word & 0xFF & ~REASON_MASK for word in words.tolist()) == marks
    changed = store.replica_changes(0).entries
    assert sorted(change.word for change in changed) == sorted(words.tolist())


def test_no_domain_is_pushed_to_the_account_list(at: At) -> None:
    suppress(at(day(1)), EXAMPLE)
    bounced = Feedback(
        provider="ses",
        kind="Bounce",
        identity="b",
        address=JANE,
        happened=day(1),
        effect=Effect(Reason.HARD_BOUNCE),
    )
    with at(day(1)).write() as transaction:
        transaction.record([bounced])
        transaction.suppress([NewSuppression(EXAMPLE, Reason.HARD_BOUNCE)])
    listed = at(day(1)).bounced_or_complained(day(1), "", 10)
    assert listed == [(JANE, Reason.HARD_BOUNCE)]
