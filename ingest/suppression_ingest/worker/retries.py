"""Telling the sender, through a queue of SQS, which messages to try again and when.

A message that bounced softly may well arrive later. Each goes as a small JSON object::

    {"version": 1, "address": "jane@example.com", "message_id": "0102…",
     "configuration_set": "orders-set", "stream": "orders",
     "reason": "MailboxFull", "status": "4.2.2", "attempt": 2,
     "bounced_at": "2026-03-02T09:30:05Z", "not_before": "2026-03-02T10:00:05Z"}

``attempt`` is how many messages in a row have bounced softly by now. SQS holds a
message back for 15 minutes at most: whoever receives one before ``not_before`` makes
it invisible until then. The same retry may come twice, with the same message_id and
address.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

import structlog

from suppression_ingest.aws.sqs import MAX_BATCH, asking, connect_client
from suppression_ingest.soft_bounces import RETRY_LIFETIME
from suppression_ingest.worker.signals import Stop, Waiting
from suppression_service.store import Retry, Store

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: Seconds for which SQS holds a message back at most.
MAX_HELD_BACK: Final = 900
#: Seconds in which one who took retries out must have sent them.
LEASE_SECONDS: Final = 120.0
#: How long to send between two receives: while messages are waiting, about as long as a
#: batch of them takes, and while none are.
BUSY_PIECE: Final = dt.timedelta(seconds=0.2)
IDLE_PIECE: Final = dt.timedelta(seconds=5)

_log = structlog.get_logger(__name__)


class RetryQueue:
    """Sends what waits in the outbox; a chore of the worker.

    Args:
        client: of SQS; it does not try again by itself.
        url: the queue's.
        store: holds the outbox.
        stop: may break off a send; what was sent comes once more then.
        now: the clock.
    """

    def __init__(
        self,
        client: "SQSClient",
        url: str,
        store: Store,
        stop: Stop,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._client = client
        self._url = url
        self._store = store
        self._stop = stop
        self._now = now

    @classmethod
    def connect(cls, url: str, store: Store, stop: Stop) -> Self:
        """Return a queue that is reached through boto3 with its own settings, ``AWS_*``.

        Raises:
            SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
        """
        return cls(connect_client(url, wait_seconds=0), url, store, stop)

    def after_turn(self, *, idle: bool) -> None:
        """Send what the outbox holds, a batch at least and no longer than for a piece.

        Raises:
            QueueUnavailable: SQS does not answer, or refuses; they are sent later.
            StoreUnavailable: the database does not answer.
        """
        until = self._now() + (IDLE_PIECE if idle else BUSY_PIECE)
        while taken := self._store.lease_retries(MAX_BATCH, LEASE_SECONDS):
            self._move(taken)
            if self._now() >= until:
                return

    def _move(self, taken: Sequence[tuple[int, Retry]]) -> None:
        """Move retries from the outbox to the queue; drop those that are no use any more."""
        now = self._now()
        useful = {number: retry for number, retry in taken if retry.happened > now - RETRY_LIFETIME}
        left = self._send(useful, now) if useful else set()
        self._store.drop_retries([number for number, _ in taken if number not in left])
        if left:
            _log.warning("the retry queue refused some; sent later", refused=len(left))

    def _send(self, retries: Mapping[int, Retry], now: dt.datetime) -> set[int]:
        """Send up to ten, by their numbers; return those that SQS did not take."""
        entries: list[Any] = [
            {
                "Id": str(number),
                "MessageBody": body_of(retry),
                "DelaySeconds": held_back(retry, now),
            }
            for number, retry in retries.items()
        ]
        with asking("retry queue: "), Waiting(self._stop):
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        return {int(failure["Id"]) for failure in answer.get("Failed", [])}


def held_back(retry: Retry, now: dt.datetime) -> int:
    """Return the seconds for which SQS is to hold a retry back."""
    seconds = (retry.not_before - now).total_seconds()
    return min(MAX_HELD_BACK, max(0, round(seconds)))


def body_of(retry: Retry) -> str:
    """Return the message for the sender; see the module for its form."""
    message = {
        "version": 1,
        "address": retry.address,
        "message_id": retry.message_id,
        "configuration_set": retry.configuration_set,
        "stream": retry.stream,
        "reason": retry.sub_type,
        "status": retry.status,
        "attempt": retry.attempt,
        "bounced_at": _stamp(retry.happened),
        "not_before": _stamp(retry.not_before),
    }
    return json.dumps(message)


def _stamp(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
