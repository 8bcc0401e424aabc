"""Telling the sender, through an SQS queue, which messages to try again and when.

A message that bounced softly may arrive later. Each retry is sent as a JSON object::

    {"version": 1, "address": "jane@example.com", "message_id": "0102…",
     "configuration_set": "orders-set", "stream": "orders",
     "reason": "MailboxFull", "status": "4.2.2", "attempt": 2,
     "bounced_at": "2026-03-02T09:30:05Z", "not_before": "2026-03-02T10:00:05Z"}

``attempt`` is how many messages in a row have bounced softly so far. SQS delays a message by
at most 15 minutes. A receiver that gets one before ``not_before`` must make it invisible
until then. The same retry may arrive twice, with the same message_id and address.
"""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from suppression_ingest.aws.limits import MAX_BATCH, MAX_DELAY_SECONDS
from suppression_ingest.aws.sqs import Queue
from suppression_ingest.signals import StopSignal
from suppression_ingest.soft_bounces import RETRY_LIFETIME
from suppression_service.store import Retry, Store

#: Seconds in which a worker must send the retries that it took out of the outbox.
LEASE_SECONDS: Final = 120.0
#: How long to send between two receives: about as long as a batch takes while messages are
#: waiting, and longer while none are.
BUSY_TIME: Final = dt.timedelta(seconds=0.2)
IDLE_TIME: Final = dt.timedelta(seconds=5)

_log = structlog.get_logger(__name__)


class RetryQueue:
    """Sends the retries in the outbox; a housekeeping task.

    Args:
        queue: the sender's queue; its client does not retry.
        store: holds the outbox.
        stop: may interrupt a call. Retries of that call are then sent again.
        now: the clock.
    """

    def __init__(
        self,
        queue: Queue,
        store: Store,
        stop: StopSignal,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._queue = queue
        self._store = store
        self._stop = stop
        self._now = now

    def run(self, *, idle: bool) -> None:
        """Send retries from the outbox: at least one batch, until the time is over.

        Raises:
            AwsError: SQS does not answer, or refuses. The retries are sent later.
            StoreUnavailable: the database does not answer.
        """
        until = self._now() + (IDLE_TIME if idle else BUSY_TIME)
        while leased := self._store.lease_retries(MAX_BATCH, LEASE_SECONDS):
            self._move(leased)
            if self._now() >= until:
                return

    def _move(self, leased: Sequence[tuple[int, Retry]]) -> None:
        """Move retries from the outbox to the queue; drop those that are too old."""
        now = self._now()
        due = [(number, retry) for number, retry in leased if retry.happened > now - RETRY_LIFETIME]
        refused = self._send([retry for _, retry in due], now) if due else []
        left = {due[index][0] for index in refused}
        self._store.drop_retries([number for number, _ in leased if number not in left])
        if left:
            _log.warning("the retry queue refused some messages; sent later", refused=len(left))

    def _send(self, retries: Sequence[Retry], now: dt.datetime) -> list[int]:
        messages = [(body_of(retry), delay_of(retry, now)) for retry in retries]
        with self._stop.interruptible():
            return self._queue.send_batch(messages)


def delay_of(retry: Retry, now: dt.datetime) -> int:
    """Return the seconds by which SQS is to delay a retry."""
    seconds = (retry.not_before - now).total_seconds()
    return min(MAX_DELAY_SECONDS, max(0, round(seconds)))


def body_of(retry: Retry) -> str:
    """Return the message for the sender; the module's docstring has its form."""
    message = {
        "version": 1,
        "address": retry.address,
        "message_id": retry.message_id,
        "configuration_set": retry.configuration_set,
        "stream": retry.stream,
        "reason": retry.sub_type,
        "status": retry.status,
        "attempt": retry.attempt,
        "bounced_at": _timestamp(retry.happened),
        "not_before": _timestamp(retry.not_before),
    }
    return json.dumps(message)


def _timestamp(time: dt.datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
