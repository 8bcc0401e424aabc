"""What one transaction does with the feedback of a batch, all of it or nothing."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from suppression_ingest.soft_bounces import DEFAULT_SOFT_BOUNCES, SoftBouncePolicy, apply_policy
from suppression_ingest.worker.retries import retries_of
from suppression_service.store import Feedback, Milestone, Store, WriteTransaction

#: For how long sends and deliveries are told from repetitions: as long as a queue keeps
#: a message at most, and a day for clocks that differ.
DEFAULT_MEMORY: Final = dt.timedelta(days=15)


@dataclasses.dataclass(frozen=True, slots=True)
class Recorder:
    """Writes batches.

    Args:
        soft_bounces: the policy.
        memory: for how long sends and deliveries are told from repetitions; those
            that are older are not counted.
        retries: whether transient bounces go to the retry queue.
        streams: from configuration set to stream.
    """

    soft_bounces: SoftBouncePolicy = DEFAULT_SOFT_BOUNCES
    memory: dt.timedelta = DEFAULT_MEMORY
    retries: bool = False
    streams: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def record(
        self, store: Store, feedback: Sequence[Feedback], milestones: Sequence[Milestone]
    ) -> list[bool]:
        """Write a batch, durably.

        Returns:
            For each piece of feedback whether it was new.

        Raises:
            StoreUnavailable: the database cannot write now; nothing was written.
        """
        with store.write() as transaction:
            new = transaction.record(feedback)
            transaction.count(milestones, self.memory)
            pieces = [piece for piece, is_new in zip(feedback, new, strict=True) if is_new]
            self._follow_soft_bounces(transaction, pieces)
        return new

    def _follow_soft_bounces(
        self, transaction: WriteTransaction, pieces: Sequence[Feedback]
    ) -> None:
        since = transaction.now - self.soft_bounces.reach
        histories = transaction.soft_bounces(since, self.memory)
        held = apply_policy(self.soft_bounces, transaction, histories)
        if self.retries:
            known = {h.address: h for h in histories if h.address not in held}
            transaction.post(retries_of(pieces, known, self.streams, transaction.now))


DEFAULT_RECORDER: Final = Recorder()
