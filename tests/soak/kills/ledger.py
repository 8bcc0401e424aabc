"""What was written and what was answered, and whether the two agree.

Every address has one writer, which waits for each answer before the next write, so
its writes have an order. An answer that names its revision and its time can then be
judged without knowing anything else.
"""

import bisect
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Seconds that an answer may be older than the limit: the timer that withdraws the list
#: is late on a busy machine, and the answer on its way.
_LATE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Write:
    """A write that was acknowledged.

    Attributes:
        revision: at which.
        suppressed: whether the address is on the list since.
        exact: whether it was sent once, so that no earlier revision can hold it.
    """

    revision: int
    suppressed: bool
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer to a check.

    Attributes:
        suppressed: what it said of the address.
        revision: at which it said so.
        at_least: the revision that the check asked for; 0 for none.
        as_of: seconds since 1970 of the state that it was answered from.
        asked: seconds since 1970 when the check was sent.
    """

    address: str
    suppressed: bool
    revision: int
    at_least: int
    as_of: float
    asked: float


class Ledger:
    """Takes writes and answers from many threads, and judges the answers.

    Args:
        max_staleness: seconds; no answer may be older.
        clock: seconds since 1970, as the service has them; replaced in tests.
    """

    def __init__(self, max_staleness: float, clock: Callable[[], float] = time.time) -> None:
        self._max_staleness = max_staleness
        self._clock = clock
        self._lock = threading.Lock()
        self._writes: defaultdict[str, list[Write]] = defaultdict(list)
        self._pending: set[str] = set()
        # When writes were acknowledged, and the newest revision of all until then.
        self._moments: list[float] = []
        self._newest: list[int] = []
        self._unjudged: list[Seen] = []
        #: What contradicts the first invariant, and the third.
        self.unseen: list[str] = []
        self.dishonest: list[str] = []
        self.judged = 0

    @property
    def acknowledged(self) -> int:
        """How many writes were acknowledged."""
        return len(self._moments)

    def begin(self, address: str) -> None:
        """A write is about to be sent, for the first time."""
        with self._lock:
            self._pending.add(address)

    def acknowledge(self, address: str, write: Write) -> None:
        """The write that was begun is acknowledged."""
        with self._lock:
            self._pending.discard(address)
            self._writes[address].append(write)
            newest = max(write.revision, self._newest[-1] if self._newest else 0)
            self._moments.append(self._clock())
            self._newest.append(newest)

    def see(self, seen: Seen) -> None:
        """A check was answered."""
        with self._lock:
            self._unjudged.append(seen)

    def standing(self) -> dict[str, bool]:
        """Return for every address that was written whether it must be on the list."""
        with self._lock:
            return {address: writes[-1].suppressed for address, writes in self._writes.items()}

    def judge(self) -> None:
        """Judge what can be judged: an answer during a write waits for the write's revision."""
        with self._lock:
            ready = [seen for seen in self._unjudged if seen.address not in self._pending]
            self._unjudged = [seen for seen in self._unjudged if seen.address in self._pending]
            for seen in ready:
                self._judge_verdict(seen)
                self._judge_time(seen)
            self.judged += len(ready)

    def _judge_verdict(self, seen: Seen) -> None:
        if seen.revision < seen.at_least:
            self.unseen.append(f"asked for revision {seen.at_least}, answered at {seen.revision}")
        writes = self._writes.get(seen.address, [])
        later = bisect.bisect_right(writes, seen.revision, key=lambda write: write.revision)
        allowed = {later > 0 and writes[later - 1].suppressed}
        if later < len(writes) and not writes[later].exact:
            allowed.add(writes[later].suppressed)
        if seen.suppressed not in allowed:
            self.unseen.append(
                f"a check at revision {seen.revision} misses the write at "
                f"{writes[later - 1].revision if later else 0}"
            )

    def _judge_time(self, seen: Seen) -> None:
        before = bisect.bisect_left(self._moments, seen.as_of)
        if before and self._newest[before - 1] > seen.revision:
            self.dishonest.append(
                f"a check at revision {seen.revision} says that it is newer than the write at "
                f"{self._newest[before - 1]}"
            )
        age = seen.asked - seen.as_of
        if age > self._max_staleness + _LATE:
            self.dishonest.append(f"an answer of {age:.1f} s ago")
