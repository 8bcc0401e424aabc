"""The SQS worker: receive, store, delete, for ever.

A message is deleted only after the transaction with its feedback has committed.
Whatever happens in between, kill -9 included, it comes again and changes nothing.
"""

import time
from collections.abc import Callable, Sequence

import structlog

from suppression_ingest.aws.sqs import Queue, QueuedMessage
from suppression_ingest.backoff import Backoff
from suppression_ingest.errors import QueueUnavailable
from suppression_ingest.metrics.age import OldestMessage
from suppression_ingest.outcomes import SUMMARY_SECONDS, Outcome, OutcomeLog
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.worker.housekeeping import Chores
from suppression_ingest.worker.signals import Stop, Stopped, Waiting
from suppression_service.store import StoreError

_log = structlog.get_logger(__name__)


class Worker:
    """Moves feedback from one queue to the list until it is told to stop.

    Args:
        queue: where SNS delivers.
        pipeline: takes bodies in.
        stop: ends :meth:`run`.
        clock: seconds that only grow.
        chores: what is to be done between batches.
    """

    def __init__(
        self,
        queue: Queue,
        pipeline: Pipeline,
        stop: Stop,
        clock: Callable[[], float] = time.monotonic,
        chores: Chores | None = None,
    ) -> None:
        self._queue = queue
        self._pipeline = pipeline
        self._stop = stop
        self._clock = clock
        self._chores = chores or Chores()
        #: How old the oldest message is that came.
        self.oldest = OldestMessage()
        self._queue_backoff = Backoff()
        self._store_backoff = Backoff()
        self._certificate_backoff = Backoff()
        self._next_summary = clock() + SUMMARY_SECONDS
        #: What became of messages so far.
        self.log = OutcomeLog()

    def run(self) -> None:
        """Work until told to stop; a batch under way is finished first."""
        try:
            while True:
                self.turn()
        except Stopped:
            self.log.stopped()

    def turn(self) -> None:
        """Receive one batch and see it through.

        Raises:
            Stopped: the worker is to stop.
        """
        messages = self._receive()
        self.oldest.received(messages)
        if messages:
            outcomes = self._store(messages)
            self.oldest.stored()
            done = list(zip(messages, outcomes, strict=True))
            for message, outcome in done:
                ids = {"sqs_message_id": message.message_id, "receive_count": message.receive_count}
                self.log.add(outcome, **ids)
            self._delete([message for message, outcome in done if outcome.acknowledged])
            self._postpone([message for message, outcome in done if outcome.retryable])
            self._hold_off(outcomes)
        self._chores.after_turn(idle=not messages)
        self._summarise()

    def _receive(self) -> list[QueuedMessage]:
        try:
            with Waiting(self._stop):
                messages = self._queue.receive()
        except QueueUnavailable as error:
            self._wait("the queue does not answer", error, self._queue_backoff)
            return []
        self._queue_backoff.succeeded()
        if self._queue.is_full(messages) and not self._certificate_backoff.failing:
            # A commit costs more than what it writes: a queue that is behind shares
            # one among many messages. Nothing waits here, so a signal need not break it
            # off, and what was received is not left to come again.
            messages += self._queue.receive_more()
        return messages

    def _store(self, messages: Sequence[QueuedMessage]) -> list[Outcome]:
        """Store a batch, however long the database is away, or broken until somebody mends it.

        The batch is held rather than received again and again: the queue counts
        receives, and moves a message to the dead-letter queue after a few.
        """
        bodies = [message.body for message in messages]
        while True:
            try:
                outcomes = self._pipeline.process(bodies)
            except StoreError as error:
                self._wait("the database does not answer", error, self._store_backoff)
            else:
                self._store_backoff.succeeded()
                return outcomes

    def _delete(self, messages: Sequence[QueuedMessage]) -> None:
        try:
            left = self._queue.delete(messages)
        except QueueUnavailable as error:
            self._wait("the queue does not delete; messages come again", error, self._queue_backoff)
            return
        for message in left:
            _log.warning("not deleted; comes again", sqs_message_id=message.message_id)

    def _postpone(self, messages: Sequence[QueuedMessage]) -> None:
        """Give what stands in the way hours to pass before the queue gives them up."""
        try:
            left = self._queue.postpone(messages)
        except QueueUnavailable as error:
            _log.warning("the queue does not postpone; messages come as usual", cause=str(error))
            return
        for message in left:
            _log.warning("not postponed; comes as usual", sqs_message_id=message.message_id)

    def _hold_off(self, outcomes: Sequence[Outcome]) -> None:
        """Wait where nothing can be verified, rather than receive what is then hidden for hours.

        The rest lies in the queue uncounted, and is taken in at once when certificates come.
        Besides, SQS gives out nothing while 120,000 messages are hidden. Source: "Amazon SQS
        standard queue quotas" in the SQS developer guide.
        """
        if any(outcome.acknowledged for outcome in outcomes):
            self._certificate_backoff.succeeded()
        elif refusals := [one.refusal for one in outcomes if one.refusal and one.retryable]:
            self._wait("nothing can be verified", refusals[0], self._certificate_backoff)

    def _wait(self, what: str, error: Exception, backoff: Backoff) -> None:
        seconds = backoff.failed()
        _log.warning(what, cause=str(error), retry_in_seconds=round(seconds, 1))
        self._stop.sleep(seconds)

    def _summarise(self) -> None:
        if self._clock() >= self._next_summary:
            self._next_summary = self._clock() + SUMMARY_SECONDS
            self.log.summarise()
