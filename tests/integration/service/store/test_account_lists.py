import datetime as dt

from suppression_service.store import (
    AccountListPage,
    Erasure,
    NewSuppression,
    Reason,
    Store,
    fingerprint,
)


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


def page(on: int, number: int = 0, token: str = "", marks: bytes = b"12345678") -> AccountListPage:
    return AccountListPage(day(on), number, token, marks, b"\1" * (len(marks) // 8))


def test_pages_are_kept_in_the_order_in_which_they_were_read(store: Store) -> None:
    pages = [page(1), page(2, 0, token="x" * 5_000), page(2, 1, marks=bytes(range(256)))]
    for each in reversed(pages):
        store.save_account_list_page("1/eu", each)
    assert store.account_list_pages("1/eu") == pages
    assert store.account_list_pages("1/us") == []


def test_a_page_that_another_process_has_kept_stays(store: Store) -> None:
    first, second = page(1, token="a"), page(1, token="b")
    store.save_account_list_page("1/eu", first)
    store.save_account_list_page("1/eu", second)
    assert store.account_list_pages("1/eu") == [first]


def test_the_last_page_can_replace_every_other_read_of_its_list(store: Store) -> None:
    for on in (1, 2, 3):
        store.save_account_list_page("1/eu", page(on))
    store.save_account_list_page("1/us", page(1))
    store.save_account_list_page("1/eu", page(2, 1), alone=True)
    assert store.account_list_pages("1/eu") == [page(2), page(2, 1)]
    assert store.account_list_pages("1/us") == [page(1)]


def test_reads_are_dropped_but_one_or_all(store: Store) -> None:
    for on in (1, 2):
        store.save_account_list_page("1/eu", page(on))
    store.drop_account_list_reads("1/eu", day(1))
    assert store.account_list_pages("1/eu") == [page(1)]
    store.drop_account_list_reads("1/eu", None)
    assert store.account_list_pages("1/eu") == []


def test_entries_are_found_by_their_fingerprints_erased_or_not(store: Store) -> None:
    seed = store.identity().fingerprint_seed
    addresses = [f"{name}@x.example" for name in "abc"]
    with store.write() as transaction:
        transaction.suppress([NewSuppression(each, Reason.HARD_BOUNCE) for each in addresses])
        transaction.suppress([NewSuppression("a@x.example", Reason.COMPLAINT, "news")])
    with store.write() as transaction:
        transaction.erase([Erasure("b@x.example")])
    found = store.entries_of_fingerprints(fingerprint(each, seed) for each in addresses[:2])
    names = sorted((one.address.partition(":")[0], one.stream) for one in found)
    assert names == [("a@x.example", ""), ("a@x.example", "news"), ("erased", "")]


def test_bounces_and_complaints_of_one_stream_are_a_list_of_their_own(store: Store) -> None:
    with store.write() as transaction:
        transaction.suppress(
            [
                NewSuppression("a@x.example", Reason.HARD_BOUNCE),
                NewSuppression("b@x.example", Reason.COMPLAINT, "news"),
            ]
        )
    assert store.bounced_or_complained(day(1), "", 9, "news") == [("b@x.example", Reason.COMPLAINT)]
    assert store.bounced_or_complained(day(1), "", 9, "never named") == []
