"""The SQS worker: it receives, stores and deletes messages in a loop.

A message is deleted only after the transaction with its feedback has committed. If the
worker is killed in between, SQS delivers the message again, and it changes nothing.
"""

import time
from collections.abc import Callable, Sequence

import structlog

from suppression_ingest.aws.sqs import Message, Queue
from suppression_ingest.errors import AwsError
from suppression_ingest.metrics.age import OldestMessage
from suppression_ingest.outcomes import SUMMARY_SECONDS, Outcome, OutcomeLog
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.signals import Stopped, StopSignal
from suppression_ingest.worker.backoff import Backoff
from suppression_ingest.worker.housekeeping import Housekeeping
from suppression_service.store import StoreError

_log = structlog.get_logger(__name__)


class Worker:
    """Moves feedback from one queue to the list until it is stopped.

    Args:
        queue: the queue to which SNS delivers.
        pipeline: processes the bodies.
        stop: ends :meth:`run`.
        clock: monotonic time in seconds.
        housekeeping: the tasks between batches.
    """

    def __init__(
        self,
        queue: Queue,
        pipeline: Pipeline,
        stop: StopSignal,
        clock: Callable[[], float] = time.monotonic,
        housekeeping: Housekeeping | None = None,
    ) -> None:
        self._queue = queue
        self._pipeline = pipeline
        self._stop = stop
        self._clock = clock
        self._housekeeping = housekeeping or Housekeeping()
        #: The age of the oldest message of the last receive.
        self.oldest = OldestMessage()
        self._queue_backoff = Backoff()
        self._store_backoff = Backoff()
        self._certificate_backoff = Backoff()
        self._next_summary = clock() + SUMMARY_SECONDS
        #: The outcomes of the messages so far.
        self.log = OutcomeLog()

    def run(self) -> None:
        """Work until stopped. A batch under way is finished first."""
        try:
            while True:
                self.process_batch()
        except Stopped:
            self.log.stopped()

    def process_batch(self) -> None:
        """Receive one batch, store it and delete it from the queue.

        Raises:
            Stopped: the worker must stop.
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
            self._wait_for_certificates(outcomes)
        self._housekeeping.run(idle=not messages)
        self._summarise()

    def _receive(self) -> list[Message]:
        try:
            with self._stop.interruptible():
                messages = self._queue.receive()
        except AwsError as error:
            self._wait("the queue does not answer", error, self._queue_backoff)
            return []
        self._queue_backoff.succeeded()
        if self._queue.is_full(messages) and not self._certificate_backoff.failing:
            # A commit costs more than the rows it writes, so many messages share one if more
            # are waiting. These receives do not wait, so a signal need not interrupt them.
            # An interrupted receive would leave its messages hidden until their timeout.
            messages += self._queue.receive_more()
        return messages

    def _store(self, messages: Sequence[Message]) -> list[Outcome]:
        """Store a batch, however long the database is unavailable.

        The batch is kept in memory and not received again: SQS counts receives, and moves a
        message to the dead-letter queue after a few.
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

    def _delete(self, messages: Sequence[Message]) -> None:
        try:
            left = self._queue.delete(messages)
        except AwsError as error:
            self._wait("the queue does not delete; messages come again", error, self._queue_backoff)
            return
        for message in left:
            _log.warning("not deleted; comes again", sqs_message_id=message.message_id)

    def _postpone(self, messages: Sequence[Message]) -> None:
        """Hide messages for hours, so that the cause can end before they become dead letters."""
        try:
            left = self._queue.postpone(messages)
        except AwsError as error:
            _log.warning("the queue does not postpone; messages come as usual", cause=str(error))
            return
        for message in left:
            _log.warning("not postponed; comes as usual", sqs_message_id=message.message_id)

    def _wait_for_certificates(self, outcomes: Sequence[Outcome]) -> None:
        """Wait while no message can be verified, instead of receiving and postponing more.

        Messages that stay in the queue use up no receives, and are stored at once when
        certificates can be fetched. Also, SQS returns nothing while 120,000 messages are
        hidden. Source: "Amazon SQS standard queue quotas" in the SQS developer guide.
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
