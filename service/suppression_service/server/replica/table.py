"""Active entries as two sorted arrays, 16 bytes an entry."""

import bisect
import dataclasses
from collections.abc import Iterable
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from suppression_service.store.replication import EXPIRY_SHIFT, UInt64Array

Indexes = npt.NDArray[np.int64]

_EMPTY: Final = np.empty(0, dtype=np.uint64)
_NOWHERE: Final = np.empty(0, dtype=np.int64)

#: Entries below which bisection is as fast as a guess.
_FEW: Final = 1_000
#: Guesses for an index, each from the entry at the guess before.
_GUESSES: Final = 3
#: Entries to search on either side of the last guess: several times its error. A power of 2.
_MARGIN: Final = 16


class Found(NamedTuple):
    """Which of many fingerprints a table has.

    ``here`` has the indexes of those that were found. For each of these, ``words`` has the
    word of its first entry, and ``several`` whether it has several entries.
    """

    here: Indexes
    words: UInt64Array
    several: npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Fingerprints in rising order and, beside each, its word (see store/replication.py).

    An address with several entries has its fingerprint several times in a row.
    It never changes, so readers need no lock and processes can share it.
    """

    fingerprints: UInt64Array = dataclasses.field(default_factory=_EMPTY.copy)
    words: UInt64Array = dataclasses.field(default_factory=_EMPTY.copy)
    # For single look-ups by bisect, which cost a third of numpy's: numpy's code is larger,
    # and not in the CPU's cache when a call arrives.
    _sorted: memoryview = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sorted", self.fingerprints.data)

    @classmethod
    def of(cls, chunks: Iterable[tuple[UInt64Array, UInt64Array]]) -> Self:
        """Sort chunks of fingerprints and words, in any order, into a table."""
        parts = list(chunks)
        if not parts:
            return cls()
        fingerprints = np.concatenate([part[0] for part in parts])
        words = np.concatenate([part[1] for part in parts])
        order = np.argsort(fingerprints)
        return cls(fingerprints[order], words[order])

    def __len__(self) -> int:
        return len(self.fingerprints)

    def find(self, fingerprint: int) -> list[int]:
        """Return the words of one fingerprint, none if the table does not have it."""
        index = bisect.bisect_left(self._sorted, fingerprint)
        found = []
        while index < len(self._sorted) and self._sorted[index] == fingerprint:
            found.append(int(self.words[index]))
            index += 1
        return found

    def find_many(self, fingerprints: UInt64Array) -> "Found":
        """Find many fingerprints at once."""
        if not len(self):
            return Found(_NOWHERE, _EMPTY, _NOWHERE.astype(np.bool_))
        indexes = self._indexes(fingerprints)
        (here,) = (self._at(indexes) == fingerprints).nonzero()
        indexes = indexes[here]
        # The entry after the last one is the last one again.
        several = (self._at(indexes + 1) == fingerprints[here]) & (indexes + 1 < len(self))
        return Found(here, self.words[indexes], several)

    def _at(self, indexes: Indexes) -> UInt64Array:
        return self.fingerprints.take(indexes, mode="clip")

    def _indexes(self, wanted: UInt64Array) -> Indexes:
        """Return what ``searchsorted`` would, in a fraction of the time.

        Fingerprints are spread evenly, so the value of one shows roughly its index.
        Bisection of a large table waits for memory at every step, for one address after
        the other. A guess takes few steps, for all addresses together.
        """
        table = self.fingerprints
        if len(table) < _FEW:
            return table.searchsorted(wanted)
        low = self._guesses(wanted) - _MARGIN
        # The same as .clip(), whose overhead takes longer than the work.
        np.maximum(low, 0, out=low)
        np.minimum(low, len(table) - 2 * _MARGIN, out=low)
        index, step = low.copy(), _MARGIN
        while step:
            index += step * (table.take(index + (step - 1)) < wanted)
            step //= 2
        # At an end of the searched range, the right index may be outside the range.
        doubtful = (index == low) | (index == low + (2 * _MARGIN - 1))
        if doubtful.any():
            (far,) = doubtful.nonzero()
            index[far] = table.searchsorted(wanted[far])
        return index

    def _guesses(self, wanted: UInt64Array) -> Indexes:
        table = self.fingerprints
        entries_a_step = np.float64(len(table) / 2**64)
        guess = (wanted * entries_a_step).astype(np.int64)
        for _ in range(_GUESSES - 1):
            # The difference of unsigned numbers wraps around; read as signed it is right.
            off = (wanted - table.take(guess, mode="clip")).view(np.int64)
            guess += (off * entries_a_step).astype(np.int64)
        return guess

    def with_changes(self, changed: dict[int, tuple[int, ...]]) -> "Table":
        """Return a table in which these fingerprints have these words and no others."""
        if not changed:
            return self
        pairs = [(fingerprint, word) for fingerprint, words in changed.items() for word in words]
        fresh = np.array(pairs, dtype=np.uint64).reshape(-1, 2)
        fresh = fresh[np.argsort(fresh[:, 0])]
        keep = self._all_but(np.fromiter(changed, dtype=np.uint64, count=len(changed)))
        kept, words = self.fingerprints[keep], self.words[keep]
        indexes = kept.searchsorted(fresh[:, 0])
        return Table(np.insert(kept, indexes, fresh[:, 0]), np.insert(words, indexes, fresh[:, 1]))

    def without_ended(self, now: int) -> "Table":
        """Return a table without the entries that have expired by ``now`` (seconds since 1970)."""
        ends = self.words >> np.uint64(EXPIRY_SHIFT)
        ended = (ends > 0) & (ends <= now)
        return Table(self.fingerprints[~ended], self.words[~ended]) if ended.any() else self

    def _all_but(self, fingerprints: UInt64Array) -> npt.NDArray[np.bool_]:
        # Looked up one by one: np.isin would sort the whole table again.
        keep = np.ones(len(self), dtype=np.bool_)
        starts = self.fingerprints.searchsorted(fingerprints, side="left")
        ends = self.fingerprints.searchsorted(fingerprints, side="right")
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            keep[start:end] = False
        return keep
