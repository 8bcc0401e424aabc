import contextlib
import itertools
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from suppression_service.store import NewSuppression, Reason, Store
from suppression_service.store.replication import Changes

WRITERS = 4
WRITES = 25


def write_on(url: str, writer: int) -> list[int]:
    """Write from a connection of one's own; return the revisions in order."""
    revisions = []
    with contextlib.closing(Store.open(url)) as store:
        for number in range(WRITES):
            with store.write() as transaction:
                transaction.suppress([NewSuppression(f"{writer}.{number}@x.org", Reason.MANUAL)])
            revisions.append(transaction.revision)
    return revisions


def read_until(url: str, revision: int) -> list[Changes]:
    """Follow the list as a replica does; return what each look brought."""
    reads: list[Changes] = []
    after = 0
    with contextlib.closing(Store.open(url)) as store:
        while after < revision:
            changes = store.replica_changes(after)
            if changes.through > after:
                reads.append(changes)
            after = changes.through
    return reads


def test_every_write_has_a_revision_of_its_own_and_none_is_skipped(url: str) -> None:
    with ThreadPoolExecutor(WRITERS) as threads:
        revisions = list(threads.map(write_on, [url] * WRITERS, range(WRITERS)))
    assert sorted(itertools.chain(*revisions)) == list(range(1, WRITERS * WRITES + 1))
    assert all(mine == sorted(mine) for mine in revisions)


@pytest.mark.parametrize("readers", [3])
def test_a_reader_never_misses_a_change_up_to_the_revision_it_was_given(
    url: str, readers: int
) -> None:
    # Given writers in processes of their own, each entry a revision
    spawn = multiprocessing.get_context("spawn")
    last = 2 * WRITES
    with (
        ProcessPoolExecutor(2, mp_context=spawn) as writers,
        ThreadPoolExecutor(readers) as threads,
    ):
        writing = [writers.submit(write_on, url, writer) for writer in range(2)]
        # When readers follow meanwhile
        reading = [threads.submit(read_until, url, last) for _ in range(readers)]
        for done in writing:
            done.result()
        followed = [done.result() for done in reading]
    # Then each look brought exactly as many entries as it brought revisions.
    for reads in followed:
        reached = [0, *(changes.through for changes in reads)]
        brought = [len(changes.entries) for changes in reads]
        assert brought == [b - a for a, b in itertools.pairwise(reached)]


def test_a_write_that_waits_for_another_sees_what_it_did(url: str) -> None:
    # Given a writer that has not committed
    jane = NewSuppression("jane@example.com", Reason.MANUAL)
    created: list[bool] = []
    begun = threading.Event()

    def second() -> None:
        with contextlib.closing(Store.open(url)) as store:
            begun.set()
            with store.write() as transaction:
                created.append(transaction.suppress([jane])[0].created)

    with contextlib.closing(Store.open(url)) as store:
        with store.write() as transaction:
            # When another begins to write the same
            waiting = threading.Thread(target=second)
            waiting.start()
            begun.wait()
            transaction.suppress([jane])
        waiting.join()
    # Then it finds the entry made.
    assert created == [False]


def test_an_uncommitted_change_is_seen_by_nobody(url: str) -> None:
    with (
        contextlib.closing(Store.open(url)) as store,
        contextlib.closing(Store.open(url)) as other,
        contextlib.suppress(RuntimeError),
        store.write() as transaction,
    ):
        transaction.suppress([NewSuppression("jane@example.com", Reason.MANUAL)])
        transaction.flush()
        seen = other.replica_changes(0)
        raise RuntimeError  # Roll back.
    assert (seen.through, seen.entries) == (0, [])


def test_a_store_is_shared_by_threads(store: Store) -> None:
    def write(number: int) -> int:
        with store.write() as transaction:
            transaction.suppress([NewSuppression(f"{number}@x.org", Reason.MANUAL)])
        return transaction.revision

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(write, range(20))) == list(range(1, 21))
