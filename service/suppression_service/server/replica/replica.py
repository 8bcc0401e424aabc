"""The replica: a table that is shared and never changes, and what changed since.

Every check reads it. The base is a large sorted table. Changes since it was made are in a
dictionary, which is read first. For each changed fingerprint it has all words, so one
look-up is enough. Now and then the changes are folded into a new base. The entries of domains
are in the table and the changes like all others, and once more beside them (``domains``).

Nothing here waits or locks. One event loop changes a replica, and only between
two checks, so every check, and every batch, sees one revision.
"""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import xxhash

from suppression_service.server.replica.clean_domains import Lines
from suppression_service.server.replica.domains import Domains
from suppression_service.server.replica.table import Table
from suppression_service.server.replica.verdicts import (
    Mail,
    reason_against,
    reasons_against,
    stronger,
)
from suppression_service.store import Identity, Revision
from suppression_service.store.replication import UNKNOWN_STREAM, Change

_NEVER: Final = dt.datetime.fromtimestamp(0, dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """The state of a replica: all changes up to a revision. It was complete at ``as_of``."""

    revision: int
    as_of: dt.datetime


class Replica:
    """Answers for canonical addresses, from memory.

    Args:
        identity: the database that it is a replica of.
        base: the entries to start from.
        state: the state of the base.
        streams: the number of every stream named so far.
    """

    def __init__(
        self,
        identity: Identity,
        base: Table | None = None,
        state: State = State(0, _NEVER),
        streams: dict[str, int] | None = None,
    ) -> None:
        self.identity = identity
        self._seed = identity.fingerprint_seed
        self._base = base if base is not None else Table()
        #: The state of the base alone.
        self.base_state = state
        self._changed: dict[int, tuple[int, ...]] = {}
        # The revision at which each of them last changed.
        self._changed_at: dict[int, int] = {}
        # Of the current state. A newer base has the same, but for those that have expired.
        self._domains = Domains.of_table(self._seed, self._base.fingerprints, self._base.words)
        self.state = state
        self.streams = streams or {"": 0}
        #: The number of active entries.
        self.entries = len(self._base)

    @property
    def revision(self) -> Revision:
        """The revision as callers see it."""
        return Revision(self.identity.database_id, self.state.revision)

    @property
    def base(self) -> Table:
        """The current base table; it never changes, so a thread may read it."""
        return self._base

    @property
    def pending(self) -> int:
        """How many fingerprints changed since the base was made."""
        return len(self._changed)

    def mail(self, stream: str, *, essential: bool, now: int) -> Mail:
        """Return the mail that a check is about; ``now`` in seconds since 1970."""
        return Mail(self.streams.get(stream, UNKNOWN_STREAM), essential, now)

    def words(self, address: bytes) -> Sequence[int]:
        """Return the words that apply to a canonical address (UTF-8), its domain's too."""
        words = self._words(xxhash.xxh3_64_intdigest(address, self._seed))
        if self._domains.any and (others := self._domains.words(address)):
            return [*words, *others]
        return words

    def reasons(
        self, addresses: Sequence[bytes], mail: Mail, lines: Lines | None = None
    ) -> npt.NDArray[np.uint8]:
        """Return for each canonical address the number of the reason that forbids a mail.

        The number is 0 if nothing forbids it. With the lines of the same addresses their domains
        are found faster.
        """
        # Digests, joined, take less time than numbers: they are not converted one by one.
        digests = map(xxhash.xxh3_64_digest, addresses, itertools.repeat(self._seed))
        fingerprints = np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)
        found = self._base.find_many(fingerprints)
        reasons = np.zeros(len(fingerprints), dtype=np.uint8)
        reasons[found.here] = reasons_against(mail, found.words)
        unusual: list[int] = found.here[found.several].tolist()
        changed = self._changed
        if changed and not changed.keys().isdisjoint(numbers := fingerprints.tolist()):
            unusual += [index for index, number in enumerate(numbers) if number in changed]
        for index in unusual:
            reasons[index] = reason_against(mail, self._words(int(fingerprints[index]))) or 0
        if (
            self._domains.any
            and (others := self._domains.reasons(addresses, mail, lines)) is not None
        ):
            return stronger(reasons, others)
        return reasons

    def _words(self, fingerprint: int) -> Sequence[int]:
        words = self._changed.get(fingerprint)
        return self._base.find(fingerprint) if words is None else words

    def apply(self, changes: Iterable[Change], state: State) -> None:
        """Apply everything that changed up to a state: all entries of each fingerprint."""
        now: dict[int, list[int]] = {}
        for change in changes:
            words = now.setdefault(change.fingerprint, [])
            if not change.removed:
                words.append(change.word)
        for fingerprint, words in now.items():
            self.entries += len(words) - len(self._words(fingerprint))
            self._changed[fingerprint] = tuple(words)
            self._changed_at[fingerprint] = state.revision
            self._domains.replace(fingerprint, words)
        self.state = state

    def copy(self) -> Self:
        """Return a copy for a thread to apply many changes to.

        It must be called on the event loop. If the base were replaced while a thread
        copies, the copy would lack the changes that are in the new base.
        """
        copy = type(self)(self.identity, state=self.base_state, streams=self.streams)
        copy._base, copy._domains = self._base, self._domains.copy()  # noqa: SLF001 - our own class
        copy.state, copy.entries = self.state, self.entries
        copy._changed = self._changed.copy()  # noqa: SLF001
        copy._changed_at = self._changed_at.copy()  # noqa: SLF001
        return copy

    def pending_changes(self) -> dict[int, tuple[int, ...]]:
        """Return what changed since the base was made, to be folded into a new one."""
        return self._changed.copy()

    def rebase(self, base: Table, state: State) -> None:
        """Replace the base; the state of the new one is not beyond our own."""
        kept = {f: at for f, at in self._changed_at.items() if at > state.revision}
        self._changed = {fingerprint: self._changed[fingerprint] for fingerprint in kept}
        self._changed_at = kept
        self._base, self.base_state = base, state
        gained = sum(len(self._changed[f]) - len(base.find(f)) for f in kept)
        self.entries = len(base) + gained
