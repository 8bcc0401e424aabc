import contextlib
import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from suppression_service.store import (
    NewSuppression,
    Reason,
    Removal,
    Store,
    Suppression,
    replication,
    schema,
)
from suppression_service.store.replication import EXPIRY_SHIFT, REASON_BITS, Changes, fingerprint
from tests.support.fingerprints import TWINS, TWINS_SEED

JANE, JUNE = "jane@example.com", "june@example.com"
At = Callable[[dt.datetime], Store]


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


def suppress(store: Store, *new: NewSuppression) -> int:
    with store.write() as transaction:
        transaction.suppress(new)
    return transaction.revision


def remove(store: Store, removal: Removal) -> int:
    with store.write() as transaction:
        transaction.unsuppress([removal])
    return transaction.revision


@contextlib.contextmanager
def statements_of(store: Store) -> Iterator[list[str]]:
    """Collect the statements that a store sends within the block."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(" ".join(statement.split()))

    event.listen(store.engine, "before_cursor_execute", note)
    yield said
    event.remove(store.engine, "before_cursor_execute", note)


def loaded(store: Store) -> list[tuple[int, int]]:
    return sorted(
        (int(one), int(word))
        for fingerprints, words in store.active_entries()
        for one, word in zip(fingerprints, words, strict=True)
    )


def taken_in(known: list[tuple[int, int]], changes: Changes) -> list[tuple[int, int]]:
    """What a replica knows after changes: they replace all entries of a fingerprint."""
    changed = {change.fingerprint for change in changes.entries}
    kept = [entry for entry in known if entry[0] not in changed]
    now = [(change.fingerprint, change.word) for change in changes.entries if not change.removed]
    return sorted(kept + now)


def use_seed_of_twins(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(schema.revision).values(fingerprint_seed=TWINS_SEED))


def test_an_entry_is_read_as_its_fingerprint_and_a_packed_word(at: At) -> None:
    # Given an entry of a stream that ends within a second
    end = day(9) + dt.timedelta(microseconds=1)
    suppress(at(day(1)), NewSuppression(JANE, Reason.MANUAL, "news", expires=end))
    store = at(day(1))
    # Then its word has the end rounded up, the stream and the reason.
    [(mark, word)] = loaded(store)
    assert mark == fingerprint(JANE, store.identity().fingerprint_seed) % 2**64
    assert word >> EXPIRY_SHIFT == day(9).timestamp() + 1
    assert word >> REASON_BITS & 0xFFFFFF == store.stream_names()["news"]
    assert word & 0xFF == Reason.MANUAL


@pytest.mark.parametrize(
    ("end", "seconds"),
    [
        pytest.param(None, 0, id="never"),
        pytest.param(dt.datetime(2105, 1, 1, tzinfo=dt.UTC), 4_260_211_200, id="beyond 31 bits"),
        pytest.param(dt.datetime(9999, 1, 1, tzinfo=dt.UTC), 2**32 - 1, id="beyond 32 bits"),
        pytest.param(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), 1, id="the very beginning"),
        pytest.param(dt.datetime(1950, 1, 1, tzinfo=dt.UTC), 1, id="before the beginning"),
    ],
)
def test_no_end_is_mistaken_for_another(at: At, end: dt.datetime | None, seconds: int) -> None:
    suppress(at(day(1)), NewSuppression(JANE, Reason.MANUAL, expires=end))
    [change] = at(day(1)).replica_changes(0).entries
    assert change.word >> EXPIRY_SHIFT == seconds
    assert change.word & 0xFF == Reason.MANUAL


def test_a_load_leaves_out_what_is_removed_or_has_ended(at: At) -> None:
    suppress(
        at(day(1)),
        NewSuppression(JANE, Reason.MANUAL, expires=day(2)),
        NewSuppression(JANE, Reason.COMPLAINT),
        NewSuppression(JUNE, Reason.MANUAL, expires=day(4)),
    )
    remove(at(day(1)), Removal(JANE, Reason.COMPLAINT))
    assert [word & 0xFF for _, word in loaded(at(day(3)))] == [Reason.MANUAL]


def test_an_empty_list_is_loaded_as_nothing(store: Store) -> None:
    assert loaded(store) == []


def test_a_list_of_several_chunks_is_loaded_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suppression_service.store.replication._ROWS_A_CHUNK", 7)
    suppress(store, *(NewSuppression(f"a{n}@x.org", Reason.MANUAL) for n in range(50)))
    assert len(loaded(store)) == 50


def test_no_changes_are_read_with_the_present_revision(store: Store) -> None:
    reached = suppress(store, NewSuppression(JANE, Reason.MANUAL))
    changes = store.replica_changes(reached)
    assert (changes.entries, changes.through) == ([], reached)
    assert changes.database_id == store.identity().database_id


def test_a_revision_that_changed_no_entry_is_passed(store: Store) -> None:
    with store.write() as transaction:
        transaction.record([])
    assert store.replica_changes(0).through == transaction.revision == 1


def test_a_removed_entry_is_read_as_removed(store: Store) -> None:
    before = suppress(store, NewSuppression(JANE, Reason.MANUAL))
    remove(store, Removal(JANE))
    [change] = store.replica_changes(before).entries
    assert change.removed
    assert change.word & 0xFF == Reason.MANUAL


def test_an_entry_that_changes_between_the_two_statements_is_read_in_its_newer_state(
    new_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One transaction of SQLite sees one state, so it cannot happen there.
    store = Store.open(new_postgresql)
    # Given an entry, and a reader that has read the revision
    suppress(store, NewSuppression(JANE, Reason.MANUAL))
    read = replication.current_revision

    def overtaken(connection: object) -> tuple[int, str]:
        state = read(connection)  # type: ignore[arg-type]
        # When the entry is removed before it reads the entries
        remove(store, Removal(JANE))
        return state

    monkeypatch.setattr(replication, "current_revision", overtaken)
    changes = store.replica_changes(0)
    # Then it is read as removed, at the revision that did it.
    assert [change.removed for change in changes.entries] == [True]
    assert changes.through == 2
    store.close()


_step = st.tuples(
    st.sampled_from(["suppress", "remove"]),
    st.sampled_from([JANE, *TWINS]),
    st.sampled_from([Reason.MANUAL, Reason.COMPLAINT]),
    st.sampled_from(["", "news"]),
)
_Step = tuple[str, str, Reason, str]


def _take(store: Store, steps: list[_Step]) -> None:
    for what, address, reason, stream in steps:
        if what == "suppress":
            suppress(store, NewSuppression(address, reason, stream))
        else:
            remove(store, Removal(address, reason, stream))


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=st.lists(_step, max_size=5), after=st.lists(_step, max_size=5))
def test_a_load_and_the_changes_after_it_are_the_whole_list(
    emptied: Callable[[], Store], before: list[_Step], after: list[_Step]
) -> None:
    store = emptied()
    use_seed_of_twins(store)
    # Given a replica that was loaded after some changes
    _take(store, before)
    revision, known = store.revision(), loaded(store)
    # When it takes in the changes that follow, some of them twice
    _take(store, after)
    known = taken_in(known, store.replica_changes(revision))
    known = taken_in(known, store.replica_changes(max(revision - 2, 0)))
    # Then it has what a new load would read.
    assert known == loaded(store)


@pytest.mark.parametrize("reload", [False, True], ids=["by its changes", "by a load"])
def test_the_removal_of_an_address_leaves_another_of_its_fingerprint_suppressed(
    store: Store, reload: bool
) -> None:
    # Given two addresses of one fingerprint on the list of a replica
    use_seed_of_twins(store)
    reached = suppress(store, *(NewSuppression(twin, Reason.MANUAL) for twin in TWINS))
    known = loaded(store)
    # When one of them is removed
    remove(store, Removal(TWINS[0]))
    # Then the replica has the entry of the other, whichever way it learns of it.
    now = loaded(store) if reload else taken_in(known, store.replica_changes(reached))
    assert now == [(fingerprint(TWINS[1], TWINS_SEED) % 2**64, int(Reason.MANUAL))]


def test_an_entry_that_ends_hides_no_lasting_one_of_the_same_fingerprint(store: Store) -> None:
    use_seed_of_twins(store)
    reached = suppress(store, NewSuppression(TWINS[0], Reason.MANUAL))
    suppress(store, NewSuppression(TWINS[1], Reason.MANUAL, expires=day(1)))
    assert 0 in [change.word >> EXPIRY_SHIFT for change in store.replica_changes(reached).entries]


def all_pages(store: Store, limit: int) -> list[list[Suppression]]:
    after, pages = 0, []
    while True:
        page = store.changes(after, limit)
        pages.append(page.changes)
        if not page.changes:
            return pages
        assert page.through > after
        after = page.through


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_pages_are_complete_and_never_split_a_revision(store: Store, limit: int) -> None:
    # Given revisions of one to four entries
    for size in (1, 4, 2, 1):
        names = [f"a{size}{n}@x.org" for n in range(size)]
        suppress(store, *(NewSuppression(name, Reason.MANUAL) for name in names))
    # When they are read page by page
    pages = all_pages(store, limit)
    # Then every entry comes once, by rising revision, with its whole revision on one page.
    listed = [entry for page in pages for entry in page]
    assert [entry.revision for entry in listed] == sorted(entry.revision for entry in listed)
    assert len({entry.address for entry in listed}) == len(listed) == 7
    revisions = [{entry.revision for entry in page} for page in pages]
    assert sum(map(len, revisions)) == len(set().union(*revisions))


def test_a_page_moves_on_where_nothing_on_the_list_changed(store: Store) -> None:
    with store.write() as transaction:
        transaction.record([])
    page = store.changes(0, 10)
    assert (page.changes, page.through) == ([], transaction.revision)


def test_an_entry_that_changed_again_is_listed_once_in_its_present_state(store: Store) -> None:
    suppress(store, NewSuppression(JANE, Reason.MANUAL))
    remove(store, Removal(JANE))
    page = store.changes(0, 10)
    assert [(entry.revision, entry.removed is None) for entry in page.changes] == [(2, False)]


def test_streams_have_stable_numbers(store: Store) -> None:
    suppress(store, NewSuppression(JANE, Reason.MANUAL, "news"))
    before = store.stream_names()
    suppress(store, NewSuppression(JANE, Reason.MANUAL, "alerts"))
    assert store.stream_names().items() > before.items()


def test_only_streams_that_are_new_need_be_read(store: Store) -> None:
    suppress(store, NewSuppression(JANE, Reason.MANUAL, "news"))
    known = store.stream_names()
    suppress(store, NewSuppression(JANE, Reason.MANUAL, "alerts"))
    fresh = store.stream_names(above=max(known.values()))
    assert fresh.keys() == {"alerts"}
    assert {**known, **fresh} == store.stream_names()


def test_a_write_reads_no_streams_but_those_that_it_names(store: Store) -> None:
    suppress(store, *(NewSuppression(JANE, Reason.MANUAL, f"list {n}") for n in range(50)))
    # When an entry of one stream is made
    with statements_of(store) as said:
        suppress(store, NewSuppression(JUNE, Reason.MANUAL, "list 7"))
    # Then it alone is looked up.
    assert [one for one in said if "FROM stream" in one and "WHERE stream.name IN" not in one] == []


def test_a_database_tells_itself_from_its_restored_self_by_nothing_but_its_id(
    store: Store,
) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(schema.revision).values(database_id="other"))
    assert store.replica_changes(0).database_id == store.identity().database_id == "other"
