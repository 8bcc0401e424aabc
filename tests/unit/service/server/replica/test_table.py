from collections.abc import Callable

import numpy as np
import pytest

from suppression_service.server.replica.table import Table
from suppression_service.store.replication import UInt64Array

LAST = 2**64 - 1
ENTRIES = 5_000


def table_of(fingerprints: UInt64Array) -> Table:
    return Table.of([(fingerprints, np.arange(len(fingerprints), dtype=np.uint64))])


def evenly_spread() -> UInt64Array:
    return np.random.default_rng(1).integers(0, LAST, ENTRIES, dtype=np.uint64)


def crowded() -> UInt64Array:
    return np.arange(2**40, 2**40 + ENTRIES, dtype=np.uint64)


def crowded_at_both_ends() -> UInt64Array:
    ends = np.arange(ENTRIES // 2, dtype=np.uint64)
    return np.concatenate([ends, np.uint64(LAST) - ends])


def with_a_hundred_of_each() -> UInt64Array:
    return np.repeat(evenly_spread()[: ENTRIES // 100], 100)


SPREADS = [evenly_spread, crowded, crowded_at_both_ends, with_a_hundred_of_each]


@pytest.mark.parametrize("spread", SPREADS)
def test_every_entry_is_found_with_the_word_of_its_first(spread: Callable[[], UInt64Array]) -> None:
    table = table_of(spread())
    wanted = np.random.default_rng(2).permutation(np.unique(table.fingerprints))

    found = table.find_many(wanted)

    assert found.here.tolist() == list(range(len(wanted)))
    assert found.words.tolist() == [table.find(int(each))[0] for each in wanted]


@pytest.mark.parametrize("spread", SPREADS)
def test_what_is_not_an_entry_is_not_found(spread: Callable[[], UInt64Array]) -> None:
    table = table_of(spread())
    neighbours = np.concatenate([table.fingerprints + 1, table.fingerprints - 1])
    absent = neighbours[~np.isin(neighbours, table.fingerprints)]

    assert len(table.find_many(absent).here) == 0


def test_several_entries_of_a_fingerprint_are_told_from_one() -> None:
    once, twice = np.array([10, 30, LAST], np.uint64), np.array([20, 20], np.uint64)
    table = table_of(np.concatenate([once, twice]))

    found = table.find_many(np.array([30, 20, 10, 15, LAST], np.uint64))

    assert found.here.tolist() == [0, 1, 2, 4]
    assert found.several.tolist() == [False, True, False, False]


def test_an_empty_table_has_nothing() -> None:
    assert len(Table().find_many(np.array([0, 1, LAST], np.uint64)).here) == 0
