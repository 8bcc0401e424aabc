"""The handler for AWS Lambda, for those who run no worker.

Lambda calls ``suppression_ingest.lambda_handler.handler``. It takes batches of SQS and answers
with the messages that must come again (partial batch responses); Lambda deletes the others.
SNS and EventBridge can invoke it directly, too. The settings are the worker's.

Sources: "Handling errors for an SQS event source in Lambda" and "How Lambda handles errors and
retries with asynchronous invocation" in the Lambda developer guide.
"""

import contextlib
import functools
import json
from typing import Any, Final, NamedTuple

from suppression_ingest.errors import IngestError
from suppression_ingest.json_object import JsonObject
from suppression_ingest.outcomes import OutcomeLog
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.settings import IngestSettings
from suppression_ingest.signals import StopSignal
from suppression_ingest.wiring import opened_pipeline
from suppression_ingest.worker.housekeeping import Housekeeping, housekeeping_of
from suppression_service.config import load
from suppression_service.logs import set_up_logs

_SQS: Final = "aws:sqs"

# What is open for as long as Lambda keeps the process.
_OPEN: Final = contextlib.ExitStack()


class NotStored(IngestError):
    """An event that Lambda itself keeps was not stored; Lambda tries again."""


def handler(event: JsonObject, context: object) -> JsonObject:  # noqa: ARG001 - Lambda's
    """Store the feedback of an invocation.

    Args:
        event: what invokes the function: a batch of SQS, or an event of SNS or EventBridge.
        context: Lambda's, not used.

    Returns:
        For a batch, the ids of messages that must come again or become dead letters. The event
        source mapping must ask for them (``ReportBatchItemFailures``): without that, Lambda
        deletes them all.

    Raises:
        NotStored: the event is refused, and is no batch.
        SettingsError: a setting is wrong.
        StoreError: the database cannot be used. Nothing is stored, and everything comes again.
    """
    return _function().handle(event)


class Function:
    """The function in one process of Lambda.

    Args:
        pipeline: stores feedback.
        housekeeping: the worker's other tasks, a part of which is done at each invocation.
    """

    def __init__(self, pipeline: Pipeline, housekeeping: Housekeeping) -> None:
        self._pipeline = pipeline
        self._housekeeping = housekeeping

    def handle(self, event: JsonObject) -> JsonObject:
        """Store the feedback of an invocation; see :func:`handler`."""
        messages = _messages_of(event)
        outcomes = self._pipeline.process([message.body for message in messages])
        log = OutcomeLog()
        for message, outcome in zip(messages, outcomes, strict=True):
            log.add(outcome, **message.ids)
        log.summarise()
        self._housekeeping.run(idle=False)
        refused = [
            (message, outcome.refusal)
            for message, outcome in zip(messages, outcomes, strict=True)
            if outcome.refusal
        ]
        for message, refusal in refused:
            if not message.id:
                raise NotStored(f"{refusal.label}: {refusal}")
        return {"batchItemFailures": [{"itemIdentifier": message.id} for message, _ in refused]}


class _Received(NamedTuple):
    """A message of a batch of SQS; or, without an id, the whole event of another service."""

    body: str
    id: str = ""
    receive_count: str = ""

    @property
    def ids(self) -> dict[str, str]:
        """The fields of log lines about it."""
        return {"sqs_message_id": self.id, "receive_count": self.receive_count} if self.id else {}


def _messages_of(event: JsonObject) -> list[_Received]:
    records = event.get("Records")
    if isinstance(records, list) and records and all(map(_is_of_sqs, records)):
        return [
            _Received(
                record["body"],
                record["messageId"],
                record.get("attributes", {}).get("ApproximateReceiveCount", ""),
            )
            for record in records
        ]
    return [_Received(json.dumps(event))]


def _is_of_sqs(record: Any) -> bool:
    return isinstance(record, dict) and record.get("eventSource") == _SQS


@functools.cache
def _function() -> Function:
    """Open what the settings describe, once in a process. A failure is not remembered."""
    settings = load(IngestSettings)
    set_up_logs(settings.log_format)
    pipeline = _OPEN.enter_context(opened_pipeline(settings))
    return Function(pipeline, housekeeping_of(settings, pipeline.store, StopSignal()))
