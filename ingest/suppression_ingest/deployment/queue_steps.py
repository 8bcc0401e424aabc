"""The steps for the queue, and for the queue of its dead letters."""

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import policies, reading
from suppression_ingest.deployment import requirements as wanted
from suppression_ingest.deployment.names import Names, name_in
from suppression_ingest.deployment.plan import Step, change, create, keep, look
from suppression_ingest.deployment.reading import FoundQueue
from suppression_ingest.deployment.steps import POLICY, call, policy_steps
from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, optional_text, parse_object


class QueueSteps:
    """What the two queues lack.

    Args:
        aws: the account.
        names: of the wiring.
    """

    def __init__(self, aws: Aws, names: Names) -> None:
        self._aws = aws
        self._names = names

    @functools.cached_property
    def dead_letter_arn(self) -> str:
        """The dead-letter queue that is in use already, or the one to be made."""
        redrive = _json(self._found.attributes.get("RedrivePolicy", "")) if self._found else {}
        return optional_text(redrive, "deadLetterTargetArn") or self._names.dead_letter_arn

    def steps(self) -> Iterator[Step]:
        """Give the steps, those of the dead-letter queue first."""
        yield from self._dead_letter_queue()
        yield from self._queue()

    @functools.cached_property
    def _found(self) -> FoundQueue | None:
        return reading.queue_named(self._aws, self._queue_name)

    def _dead_letter_queue(self) -> Iterator[Step]:
        what, name = "dead-letter queue", name_in(self.dead_letter_arn)
        retention = str(wanted.DEAD_LETTER_RETENTION)
        found = reading.queue_named(self._aws, name)
        if found is None:
            attributes = {
                "MessageRetentionPeriod": retention,
                "RedriveAllowPolicy": _redrive_allow([self._names.queue_arn]),
            }
            act = call(self._aws.sqs.create_queue, QueueName=name, Attributes=attributes)
            yield create(what, f"{name}, keeps for 14 days, takes from {self._queue_name}", act)
            return
        yield keep(what, found.arn)
        if found.number("MessageRetentionPeriod") < wanted.DEAD_LETTER_RETENTION:
            act = self._set(name, "MessageRetentionPeriod", retention)
            yield change(what, "keep messages for 14 days", act)
        yield from self._redrive_allow_policy(found, name)

    def _redrive_allow_policy(self, found: FoundQueue, name: str) -> Iterator[Step]:
        what, ours = "dead-letter queue", self._names.queue_arn
        policy = found.attributes.get("RedriveAllowPolicy", "")
        if policy and policies.takes_from(policy, ours):
            yield keep(what, f"takes from {self._queue_name}")
            return
        # Without a policy every queue may use it: those that do are to stay.
        others = _json(policy).get("sourceQueueArns") if policy else None
        sources = reading.sources_of(self._aws, found.url) if others is None else others
        together = [*(source for source in sources if source != ours), ours]
        act = self._set(name, "RedriveAllowPolicy", _redrive_allow(together))
        yield change(what, f"take from {', '.join(map(name_in, together))} only", act)

    def _queue(self) -> Iterator[Step]:
        found = self._found
        if found is None:
            yield self._new_queue()
            return
        yield keep("queue", found.arn)
        yield from self._queue_numbers(found)
        if not self._gives_up_sanely(found):
            act = self._set(self._queue_name, "RedrivePolicy", self._redrive)
            detail = f"give up after {wanted.RECEIVES} receives, to {name_in(self.dead_letter_arn)}"
            yield change("queue", detail, act)
        yield from policy_steps(
            "queue policy",
            found.attributes,
            self._delivery,
            lambda name, value: self._set(self._queue_name, name, value),
        )
        if wanted.locked_by_key(found.attributes):
            yield look("queue", "encrypted with a key that SNS cannot use; take one of your own")

    def _new_queue(self) -> Step:
        attributes = {
            "MessageRetentionPeriod": str(wanted.RETENTION),
            "VisibilityTimeout": str(wanted.VISIBILITY),
            "ReceiveMessageWaitTimeSeconds": str(wanted.LONG_POLL),
            "RedrivePolicy": self._redrive,
            POLICY: policies.with_statement("", policies.statement_for(self._delivery)),
        }
        act = call(self._aws.sqs.create_queue, QueueName=self._queue_name, Attributes=attributes)
        detail = f"for the topic only, gives up after {wanted.RECEIVES} receives"
        return create("queue", f"{self._queue_name}, {detail}", act)

    @property
    def _delivery(self) -> policies.Request:
        return policies.delivery(self._names.queue_arn, self._names.topic_arn)

    @property
    def _redrive(self) -> str:
        return json.dumps(
            {"deadLetterTargetArn": self.dead_letter_arn, "maxReceiveCount": wanted.RECEIVES}
        )

    def _queue_numbers(self, found: FoundQueue) -> Iterator[Step]:
        visibility = found.number("VisibilityTimeout")
        faults = (
            (
                found.number("MessageRetentionPeriod") < wanted.LEAST_RETENTION,
                ("MessageRetentionPeriod", wanted.RETENTION, "keep messages for 7 days"),
            ),
            (
                not wanted.LEAST_VISIBILITY <= visibility <= wanted.MOST_VISIBILITY,
                ("VisibilityTimeout", wanted.VISIBILITY, "messages come again after 2 minutes"),
            ),
            (
                not found.number("ReceiveMessageWaitTimeSeconds"),
                ("ReceiveMessageWaitTimeSeconds", wanted.LONG_POLL, "long poll"),
            ),
        )
        for wrong, (name, value, detail) in faults:
            if wrong:
                yield change("queue", detail, self._set(self._queue_name, name, str(value)))

    def _gives_up_sanely(self, found: FoundQueue) -> bool:
        receives = _json(found.attributes.get("RedrivePolicy", "")).get("maxReceiveCount", 0)
        return int(receives) >= wanted.LEAST_RECEIVES

    @property
    def _queue_name(self) -> str:
        return name_in(self._names.queue_arn)

    def _set(self, queue: str, name: str, value: str) -> Callable[[], None]:
        def act() -> None:
            with translated():
                url = self._aws.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
                attributes: Any = {name: value}
                self._aws.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

        return act


def _redrive_allow(sources: Sequence[str]) -> str:
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": list(sources)})


def _json(text: str) -> JsonObject:
    try:
        return parse_object(text) if text else {}
    except Malformed:
        return {}
