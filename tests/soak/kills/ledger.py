"""All writes and answers, and whether they agree.

Every address has one writer, which waits for each answer before the next write. So the
writes of an address have an order, and an answer with its revision and time can be verified.
"""

import bisect
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Seconds that an answer may be older than the limit: on a busy machine the server's timer
#: is late, and the answer takes time.
_LATE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Write:
    """An acknowledged write.

    Attributes:
        revision: that it has.
        suppressed: whether the address is suppressed from then on.
        exact: whether it was sent once only, so that no earlier revision can contain it.
    """

    revision: int
    suppressed: bool
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer to a check.

    Attributes:
        suppressed: whether the answer was not "send".
        revision: of the answer.
        at_least: the check's ``min_revision``; 0 for none.
        as_of: the answer's ``as_of_time``, in seconds since 1970.
        asked: seconds since 1970 when the check was sent.
    """

    address: str
    suppressed: bool
    revision: int
    at_least: int
    as_of: float
    asked: float


class Ledger:
    """Records writes and answers from many threads, and verifies the answers.

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
        # Times of the acknowledgements, and the newest revision at each.
        self._acknowledged_at: list[float] = []
        self._newest: list[int] = []
        self._unverified: list[Seen] = []
        #: Violations of the first and of the third invariant.
        self.unseen: list[str] = []
        self.dishonest: list[str] = []
        self.verified = 0

    @property
    def acknowledged(self) -> int:
        """How many writes were acknowledged."""
        return len(self._acknowledged_at)

    def begin(self, address: str) -> None:
        """Record that a write is about to be sent for the first time."""
        with self._lock:
            self._pending.add(address)

    def acknowledge(self, address: str, write: Write) -> None:
        """Record that the pending write is acknowledged."""
        with self._lock:
            self._pending.discard(address)
            self._writes[address].append(write)
            newest = max(write.revision, self._newest[-1] if self._newest else 0)
            self._acknowledged_at.append(self._clock())
            self._newest.append(newest)

    def see(self, seen: Seen) -> None:
        """Record an answer to a check."""
        with self._lock:
            self._unverified.append(seen)

    def standing(self) -> dict[str, bool]:
        """Return for every written address whether it must be suppressed now."""
        with self._lock:
            return {address: writes[-1].suppressed for address, writes in self._writes.items()}

    def verify(self) -> None:
        """Judge what can be verified: an answer during a write waits for the write's revision."""
        with self._lock:
            ready = [seen for seen in self._unverified if seen.address not in self._pending]
            self._unverified = [seen for seen in self._unverified if seen.address in self._pending]
            for seen in ready:
                self._verify_verdict(seen)
                self._verify_time(seen)
            self.verified += len(ready)

    def _verify_verdict(self, seen: Seen) -> None:
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

    def _verify_time(self, seen: Seen) -> None:
        before = bisect.bisect_left(self._acknowledged_at, seen.as_of)
        if before and self._newest[before - 1] > seen.revision:
            self.dishonest.append(
                f"a check at revision {seen.revision} says that it is newer than the write at "
                f"{self._newest[before - 1]}"
            )
        age = seen.asked - seen.as_of
        if age > self._max_staleness + _LATE:
            self.dishonest.append(f"an answer of {age:.1f} s ago")
