"""The steps for the topic, the queue, its dead-letter queue and the subscription."""

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import policies, requirements, state
from suppression_ingest.deployment.names import Names, name_in
from suppression_ingest.deployment.plan import (
    POLICY,
    Step,
    call,
    change,
    create,
    keep,
    policy_steps,
    warn,
)
from suppression_ingest.deployment.state import FoundQueue
from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, optional_text, parse_object

_OWN_KEY: Final = "take one of your own"


class TopicSteps:
    """Compares the topic with the requirements.

    Args:
        aws: the account.
        names: the names of the wiring's parts.
    """

    def __init__(self, aws: Aws, names: Names) -> None:
        self._aws = aws
        self._names = names

    def steps(self) -> Iterator[Step]:
        """Yield the steps."""
        arn = self._names.topic_arn
        request = policies.publication(arn, self._names.configuration_set_arn)
        found = state.topic_attributes(self._aws, arn)
        if found is None:
            attributes = {
                "SignatureVersion": requirements.SIGNATURE_VERSION,
                POLICY: policies.with_statement("", policies.statement_for(request)),
            }
            act = call(self._aws.sns.create_topic, Name=name_in(arn), Attributes=attributes)
            yield create("topic", f"{arn}, signature version 2, SES may publish", act)
            return
        yield keep("topic", arn)
        if found.get("SignatureVersion") != requirements.SIGNATURE_VERSION:
            act = self._set("SignatureVersion", requirements.SIGNATURE_VERSION)
            yield change("topic", "signature version 2 (SHA-256)", act)
        yield from policy_steps("topic policy", found, request, self._set)
        if requirements.locked_by_key(found):
            yield warn("topic", f"encrypted with a key that SES cannot use; {_OWN_KEY}")

    def _set(self, name: str, value: str) -> Callable[[], None]:
        return call(
            self._aws.sns.set_topic_attributes,
            TopicArn=self._names.topic_arn,
            AttributeName=name,
            AttributeValue=value,
        )


class QueueSteps:
    """Compares the queue and its dead-letter queue with the requirements.

    Args:
        aws: the account.
        names: the names of the wiring's parts.
        delivery: the request that fills the queue.
    """

    def __init__(self, aws: Aws, names: Names, delivery: policies.Request) -> None:
        self._aws = aws
        self._names = names
        self._delivery = delivery

    @functools.cached_property
    def dead_letter_arn(self) -> str:
        """The dead-letter queue in use, or the one to create."""
        redrive = _json(self._found.attributes.get("RedrivePolicy", "")) if self._found else {}
        return optional_text(redrive, "deadLetterTargetArn") or self._names.dead_letter_arn

    def steps(self) -> Iterator[Step]:
        """Yield the steps, those of the dead-letter queue first."""
        yield from self._dead_letter_queue()
        yield from self._queue()

    @functools.cached_property
    def _found(self) -> FoundQueue | None:
        return state.queue_named(self._aws, self._queue_name)

    def _dead_letter_queue(self) -> Iterator[Step]:
        what, name = "dead-letter queue", name_in(self.dead_letter_arn)
        retention = str(requirements.DEAD_LETTER_RETENTION)
        found = state.queue_named(self._aws, name)
        if found is None:
            attributes = {
                "MessageRetentionPeriod": retention,
                "RedriveAllowPolicy": _redrive_allow([self._names.queue_arn]),
            }
            act = call(self._aws.sqs.create_queue, QueueName=name, Attributes=attributes)
            yield create(what, f"{name}, keeps for 14 days, takes from {self._queue_name}", act)
            return
        yield keep(what, found.arn)
        if found.number("MessageRetentionPeriod") < requirements.DEAD_LETTER_RETENTION:
            act = self._set(name, "MessageRetentionPeriod", retention)
            yield change(what, "keep messages for 14 days", act)
        yield from self._redrive_allow_policy(found, name)

    def _redrive_allow_policy(self, found: FoundQueue, name: str) -> Iterator[Step]:
        what, ours = "dead-letter queue", self._names.queue_arn
        policy = found.attributes.get("RedriveAllowPolicy", "")
        if policy and policies.takes_from(policy, ours):
            yield keep(what, f"takes from {self._queue_name}")
            return
        # Without a policy every queue may use it. The queues that use it now must stay allowed.
        others = _json(policy).get("sourceQueueArns") if policy else None
        sources = state.sources_of(self._aws, found.url) if others is None else others
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
        if not self._has_sane_redrive(found):
            act = self._set(self._queue_name, "RedrivePolicy", self._redrive)
            name = name_in(self.dead_letter_arn)
            detail = f"give up after {requirements.RECEIVES} receives, to {name}"
            yield change("queue", detail, act)
        yield from policy_steps(
            "queue policy",
            found.attributes,
            self._delivery,
            lambda name, value: self._set(self._queue_name, name, value),
        )
        if requirements.locked_by_key(found.attributes):
            yield warn("queue", f"encrypted with a key that no other service may use; {_OWN_KEY}")

    def _new_queue(self) -> Step:
        attributes = {
            "MessageRetentionPeriod": str(requirements.RETENTION),
            "VisibilityTimeout": str(requirements.VISIBILITY),
            "ReceiveMessageWaitTimeSeconds": str(requirements.LONG_POLL),
            "RedrivePolicy": self._redrive,
            POLICY: policies.with_statement("", policies.statement_for(self._delivery)),
        }
        act = call(self._aws.sqs.create_queue, QueueName=self._queue_name, Attributes=attributes)
        sender = "topic" if self._delivery.service.startswith("sns.") else "rule"
        detail = f"for the {sender} only, gives up after {requirements.RECEIVES} receives"
        return create("queue", f"{self._queue_name}, {detail}", act)

    @property
    def _redrive(self) -> str:
        return json.dumps(
            {"deadLetterTargetArn": self.dead_letter_arn, "maxReceiveCount": requirements.RECEIVES}
        )

    def _queue_numbers(self, found: FoundQueue) -> Iterator[Step]:
        visibility = found.number("VisibilityTimeout")
        faults = (
            (
                found.number("MessageRetentionPeriod") < requirements.LEAST_RETENTION,
                ("MessageRetentionPeriod", requirements.RETENTION, "keep messages for 7 days"),
            ),
            (
                not requirements.LEAST_VISIBILITY <= visibility <= requirements.MOST_VISIBILITY,
                (
                    "VisibilityTimeout",
                    requirements.VISIBILITY,
                    "messages come again after 2 minutes",
                ),
            ),
            (
                not found.number("ReceiveMessageWaitTimeSeconds"),
                ("ReceiveMessageWaitTimeSeconds", requirements.LONG_POLL, "long poll"),
            ),
        )
        for wrong, (name, value, detail) in faults:
            if wrong:
                yield change("queue", detail, self._set(self._queue_name, name, str(value)))

    def _has_sane_redrive(self, found: FoundQueue) -> bool:
        receives = _json(found.attributes.get("RedrivePolicy", "")).get("maxReceiveCount", 0)
        return int(receives) >= requirements.LEAST_RECEIVES

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


class SubscriptionSteps:
    """Compares the queue's subscription to the topic with the requirements.

    Args:
        aws: the account.
        names: the names of the wiring's parts.
        raw: let a new subscription deliver without envelope and signature.
    """

    def __init__(self, aws: Aws, names: Names, *, raw: bool) -> None:
        self._aws = aws
        self._names = names
        self._raw = raw

    def steps(self) -> Iterator[Step]:
        """Yield the steps."""
        names, raw = self._names, self._raw
        found = state.subscription(self._aws, names.topic_arn, names.queue_arn)
        if found is None:
            act = call(
                self._aws.sns.subscribe,
                TopicArn=names.topic_arn,
                Protocol="sqs",
                Endpoint=names.queue_arn,
                Attributes={"RawMessageDelivery": "true"} if raw else {},
                ReturnSubscriptionArn=True,
            )
            form = "raw" if raw else "with envelope and signature"
            yield create("subscription", f"topic to queue, {form}", act)
            return
        yield keep("subscription", "topic to queue")
        if raw != is_on(found.get("RawMessageDelivery")):
            yield warn("subscription", f"raw delivery is {'off' if raw else 'on'} and stays so")
        if found.get("FilterPolicy"):
            yield warn("subscription", "its filter policy may hold feedback back; take it off")


def is_on(value: str | None) -> bool:
    """Whether an attribute of SNS has the text "true"."""
    return str(value).lower() == "true"


def _redrive_allow(sources: Sequence[str]) -> str:
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": list(sources)})


def _json(text: str) -> JsonObject:
    try:
        return parse_object(text) if text else {}
    except Malformed:
        return {}
