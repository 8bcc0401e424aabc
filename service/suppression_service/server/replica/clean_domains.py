"""Domains that no entry applies to, as they are remembered for batches.

To make an object of the domain of each address takes a fifth of the time of a batch. Here
a domain is the last 24 bytes of its address, read as three numbers, and those before its
first byte are zero. A few passes make the numbers of all addresses. They are compared as
they are, so no two domains are taken for one.
"""

import dataclasses
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from suppression_service.store.replication import UInt64Array

_NUMBERS: Final = 3
_BYTES: Final = 8
#: Bytes of the longest domain that is remembered; 99 of 100 addresses have a shorter one.
_LONGEST: Final = _NUMBERS * _BYTES
#: Domains that are remembered, at most, one for each value of a hash.
_SLOTS: Final = 1 << 16
_SLOT_SHIFT: Final = np.uint64(64 - 16)
_FACTORS: Final = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64
)
#: One conflict in so many replaces a domain.
_CONFLICTS: Final = 16


def _masks() -> UInt64Array:
    """Return for each number and each size of a domain the bits that are of the domain."""
    sizes = np.arange(256)
    masks = np.zeros((_NUMBERS, len(sizes)), dtype=np.uint64)
    for number in range(_NUMBERS):
        for size in sizes.tolist():
            count = min(max(size - number * _BYTES, 0), _BYTES)
            masks[number, size] = (1 << 64) - (1 << 8 * (_BYTES - count))
    return masks


_MASKS: Final = _masks()


class Lines(NamedTuple):
    """The addresses of a batch, each in a line, in lower case.

    ``ordinary`` says which lines are canonical addresses with one @; ``marks`` has the places of
    every @ and newline, and ``newlines`` the indexes of the newlines among them. The first is
    before the first line.
    """

    text: bytes
    ordinary: npt.NDArray[np.bool_]
    marks: npt.NDArray[np.int64]
    newlines: npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, slots=True)
class BatchDomains:
    """The domains of the addresses of a batch.

    ``numbers`` has three for each; ``slots`` is where each is remembered. ``short`` says which
    are short enough for that.
    """

    numbers: tuple[UInt64Array, ...]
    slots: npt.NDArray[np.int64]
    short: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, lines: Lines) -> Self | None:
        """Read the domains of lines; that of a line which is not ordinary is not short.

        None if the text is shorter than the longest domain.
        """
        if len(lines.text) < _LONGEST:
            return None
        ends = lines.marks[lines.newlines[1:]]
        ats = lines.marks[lines.newlines[:-1] + 1]
        sizes = ends - ats - 1
        # The first lines have too few bytes before their end.
        short = lines.ordinary & (sizes <= _LONGEST) & (ends >= _LONGEST)
        np.minimum(sizes, _MASKS.shape[1] - 1, out=sizes)
        np.maximum(ends, _LONGEST, out=ends)
        # A number begins at every byte.
        at_each = np.ndarray((len(lines.text) - _BYTES + 1,), "<u8", lines.text, strides=(1,))
        numbers = tuple(
            at_each[ends - (index + 1) * _BYTES] & _MASKS[index][sizes] for index in range(_NUMBERS)
        )
        mixed = numbers[0] * _FACTORS[0] ^ numbers[1] * _FACTORS[1] ^ numbers[2] * _FACTORS[2]
        return cls(numbers, (mixed >> _SLOT_SHIFT).view(np.int64), short)


class CleanDomains:
    """Remembers domains, one a slot, so memory is bounded."""

    def __init__(self) -> None:
        self._conflicts = 0
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        # A row is half a line of the processor's cache.
        self._numbers = np.zeros((_SLOTS, _NUMBERS + 1), dtype=np.uint64)

    def unknown(self, domains: BatchDomains) -> list[int]:
        """Return the indexes of the domains of a batch that are not remembered."""
        rows = self._numbers.take(domains.slots, axis=0)
        known = domains.short
        for index, numbers in enumerate(domains.numbers):
            known = known & (rows[:, index] == numbers)
        return [] if known.all() else (~known).nonzero()[0].tolist()

    def add(self, domains: BatchDomains, index: int) -> None:
        """Remember a domain of a batch, if it is short.

        Of two domains of one slot, the first stays for some time: to replace one costs more
        than to look it up.
        """
        if not domains.short[index]:
            return
        row = self._numbers[domains.slots[index]]
        if row[0]:
            self._conflicts += 1
            if self._conflicts % _CONFLICTS:
                return
        row[:_NUMBERS] = [numbers[index] for numbers in domains.numbers]
