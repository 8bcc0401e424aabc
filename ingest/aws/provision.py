"""Creating the wiring, or completing what is there of it.

The whole plan is made by reading, before anything is done: ARNs can be told from
names. What is found is never weakened: a longer retention, a stricter policy, more
events and an alarm tuned by hand stay, and what is in the way is only pointed out.
"""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from ingest.aws import policies, reading
from ingest.aws import requirements as wanted
from ingest.aws.alarms import Alarm, alarms_for, put_back
from ingest.aws.clients import Aws, translated
from ingest.aws.names import Names, name_in
from ingest.aws.plan import Step, change, create, keep, look
from ingest.aws.policies import Allowed
from ingest.aws.reading import FoundQueue
from ingest.errors import AwsError, Malformed
from ingest.json_object import JsonObject, optional_text, parse_object

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import EventDestinationTypeDef

_POLICY: Final = "Policy"


@dataclasses.dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for beyond the names.

    ``alarm_topics`` are told when an alarm rings; ``reset_alarms`` puts back alarms that
    were tuned by hand.
    """

    raw_delivery: bool = False
    alarm_topics: Sequence[str] = ()
    reset_alarms: bool = False


class Provision:
    """Plans, and carries out, what one wiring lacks.

    Args:
        aws: the account.
        names: of the wiring.
        wishes: what else is asked for.
    """

    def __init__(self, aws: Aws, names: Names, wishes: Wishes) -> None:
        self._aws = aws
        self._names = names
        self._wishes = wishes

    def plan(self) -> list[Step]:
        """Return every step, in the order in which it is to be done.

        Raises:
            AwsError: AWS does not tell what is there.
        """
        names = self._names
        queue = reading.queue_named(self._aws, name_in(names.queue_arn))
        dead_letter_arn = self._dead_letter_arn(queue)
        return [
            *self._topic(),
            *self._dead_letter_queue(dead_letter_arn),
            *self._queue(queue, dead_letter_arn),
            *self._subscription(),
            *self._configuration_set(),
            *self._destination(),
            *self._account_suppression(),
            *(step for alarm in alarms_for(names, dead_letter_arn) for step in self._alarm(alarm)),
        ]

    def settings(self) -> dict[str, str]:
        """Return the settings to start the worker with, once the wiring is there.

        Raises:
            AwsError: AWS does not tell, or the queue is not there.
        """
        queue = reading.queue_named(self._aws, name_in(self._names.queue_arn))
        if queue is None:
            raise AwsError("the queue is not there")
        settings = {
            "AWS_REGION": self._aws.region,
            "SUPPRESSION_QUEUE_URL": queue.url,
            "SUPPRESSION_TOPIC_ARNS": self._names.topic_arn,
            "SUPPRESSION_CONFIGURATION_SET": self._names.configuration_set,
        }
        if self._is_raw():
            # Raw messages have no signature: the queue's policy is what is trusted.
            settings["SUPPRESSION_VERIFY_SIGNATURES"] = "false"
        return settings

    # --- topic ---------------------------------------------------------------------------------

    def _topic(self) -> Iterator[Step]:
        arn = self._names.topic_arn
        request = policies.publication(arn, self._names.configuration_set_arn)
        found = reading.topic_attributes(self._aws, arn)
        if found is None:
            attributes = {
                "SignatureVersion": wanted.SIGNATURE_VERSION,
                _POLICY: policies.with_statement("", policies.statement_for(request)),
            }
            act = _call(self._aws.sns.create_topic, Name=name_in(arn), Attributes=attributes)
            yield create("topic", f"{arn}, signature version 2, SES may publish", act)
            return
        yield keep("topic", arn)
        if found.get("SignatureVersion") != wanted.SIGNATURE_VERSION:
            act = self._set_topic("SignatureVersion", wanted.SIGNATURE_VERSION)
            yield change("topic", "signature version 2 (SHA-256)", act)
        yield from self._policy("topic policy", found, request, self._set_topic)
        if wanted.locked_by_key(found):
            yield look("topic", "encrypted with a key that SES cannot use; take one of your own")

    def _set_topic(self, name: str, value: str) -> Any:
        return _call(
            self._aws.sns.set_topic_attributes,
            TopicArn=self._names.topic_arn,
            AttributeName=name,
            AttributeValue=value,
        )

    def _policy(
        self, what: str, found: Any, request: policies.Request, set_attribute: Any
    ) -> Iterator[Step]:
        policy = found.get(_POLICY, "")
        match policies.decide(policy, request):
            case Allowed.YES:
                yield keep(what, f"{request.service} may {request.action}")
            case Allowed.UNKNOWN:
                yield look(what, f"cannot tell whether {request.service} may {request.action}")
            case Allowed.NO:
                added = policies.with_statement(policy, policies.statement_for(request))
                act = set_attribute(_POLICY, added)
                yield change(what, f"let {request.service} {request.action}, from here only", act)
                if policies.decide(added, request) is not Allowed.YES:
                    yield look(what, "a Deny in it stands against that; take it out by hand")
        if policies.decide(policy, policies.by_a_stranger(request)) is Allowed.YES:
            yield look(what, f"lets strangers {request.action}; take that statement out by hand")

    # --- queues --------------------------------------------------------------------------------

    def _dead_letter_arn(self, queue: FoundQueue | None) -> str:
        """Return the dead-letter queue that is in use already, or the one to be made."""
        redrive = _json(queue.attributes.get("RedrivePolicy", "")) if queue else {}
        return optional_text(redrive, "deadLetterTargetArn") or self._names.dead_letter_arn

    def _dead_letter_queue(self, arn: str) -> Iterator[Step]:
        what, name = "dead-letter queue", name_in(arn)
        retention = str(wanted.DEAD_LETTER_RETENTION)
        found = reading.queue_named(self._aws, name)
        if found is None:
            attributes = {
                "MessageRetentionPeriod": retention,
                "RedriveAllowPolicy": _redrive_allow([self._names.queue_arn]),
            }
            act = _call(self._aws.sqs.create_queue, QueueName=name, Attributes=attributes)
            yield create(what, f"{name}, keeps for 14 days, takes from {self._queue_name}", act)
            return
        yield keep(what, found.arn)
        if found.number("MessageRetentionPeriod") < wanted.DEAD_LETTER_RETENTION:
            act = self._set_queue(name, "MessageRetentionPeriod", retention)
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
        act = self._set_queue(name, "RedriveAllowPolicy", _redrive_allow(together))
        yield change(what, f"take from {', '.join(map(name_in, together))} only", act)

    def _queue(self, found: FoundQueue | None, dead_letter_arn: str) -> Iterator[Step]:
        arn = self._names.queue_arn
        request = policies.delivery(arn, self._names.topic_arn)
        redrive = json.dumps(
            {"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": wanted.RECEIVES}
        )
        if found is None:
            attributes = {
                "MessageRetentionPeriod": str(wanted.RETENTION),
                "VisibilityTimeout": str(wanted.VISIBILITY),
                "ReceiveMessageWaitTimeSeconds": str(wanted.LONG_POLL),
                "RedrivePolicy": redrive,
                _POLICY: policies.with_statement("", policies.statement_for(request)),
            }
            act = _call(
                self._aws.sqs.create_queue, QueueName=self._queue_name, Attributes=attributes
            )
            detail = f"{self._queue_name}, for the topic only, gives up after {wanted.RECEIVES}"
            yield create("queue", f"{detail} receives", act)
            return
        yield keep("queue", found.arn)
        yield from self._queue_numbers(found)
        if not self._gives_up_sanely(found):
            detail = f"give up after {wanted.RECEIVES} receives, to {name_in(dead_letter_arn)}"
            yield change(
                "queue", detail, self._set_queue(self._queue_name, "RedrivePolicy", redrive)
            )
        yield from self._policy(
            "queue policy",
            found.attributes,
            request,
            lambda name, value: self._set_queue(self._queue_name, name, value),
        )
        if wanted.locked_by_key(found.attributes):
            yield look("queue", "encrypted with a key that SNS cannot use; take one of your own")

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
                yield change("queue", detail, self._set_queue(self._queue_name, name, str(value)))

    def _gives_up_sanely(self, found: FoundQueue) -> bool:
        receives = _json(found.attributes.get("RedrivePolicy", "")).get("maxReceiveCount", 0)
        return int(receives) >= wanted.LEAST_RECEIVES

    @property
    def _queue_name(self) -> str:
        return name_in(self._names.queue_arn)

    def _set_queue(self, queue: str, name: str, value: str) -> Any:
        def act() -> None:
            with translated():
                url = self._aws.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
                attributes: Any = {name: value}
                self._aws.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

        return act

    # --- subscription --------------------------------------------------------------------------

    def _subscription(self) -> Iterator[Step]:
        names, raw = self._names, self._wishes.raw_delivery
        found = reading.subscription(self._aws, names.topic_arn, names.queue_arn)
        if found is None:
            act = _call(
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
        if raw != _is_on(found.get("RawMessageDelivery")):
            yield look("subscription", f"raw delivery is {'off' if raw else 'on'} and stays so")
        if found.get("FilterPolicy"):
            yield look("subscription", "its filter policy may hold feedback back; take it off")

    def _is_raw(self) -> bool:
        found = reading.subscription(self._aws, self._names.topic_arn, self._names.queue_arn)
        return _is_on((found or {}).get("RawMessageDelivery"))

    # --- SES -----------------------------------------------------------------------------------

    def _configuration_set(self) -> Iterator[Step]:
        name = self._names.configuration_set
        found = reading.configuration_set(self._aws, name)
        if found is None:
            act = _call(
                self._aws.ses.create_configuration_set,
                ConfigurationSetName=name,
                ReputationOptions={"ReputationMetricsEnabled": True},
                SendingOptions={"SendingEnabled": True},
            )
            yield create("configuration set", f"{name}, with metrics of its reputation", act)
            return
        yield keep("configuration set", name)
        own = found.get("SuppressionOptions")
        if own is not None and "SuppressedReasons" in own:
            yield from self._own_suppression(own)

    def _own_suppression(self, own: Any) -> Iterator[Step]:
        """Complete what a configuration set says instead of the account."""
        reasons = _together(own["SuppressedReasons"], wanted.SUPPRESSED)
        if len(reasons) > len(own["SuppressedReasons"]):
            act = _call(
                self._aws.ses.put_configuration_set_suppression_options,
                **{name: value for name, value in own.items() if name != "SuppressedReasons"},
                ConfigurationSetName=self._names.configuration_set,
                SuppressedReasons=reasons,
            )
            yield change("configuration set", f"suppress {' and '.join(reasons)}", act)

    def _destination(self) -> Iterator[Step]:
        names = self._names
        found = reading.destinations(self._aws, names.configuration_set)
        missing = wanted.missing_events(found, names.topic_arn, wanted.PUBLISHED_EVENTS)
        present = wanted.to_topic(found, names.topic_arn)
        if not present:
            yield self._new_destination([one["Name"] for one in found])
        elif missing:
            yield self._more_events(present[0], missing)
        else:
            yield keep("event destination", f"{present[0]['Name']} publishes to the topic")

    def _new_destination(self, taken: Sequence[str]) -> Step:
        names = self._names
        # A destination of this name that leads elsewhere is somebody's: leave it.
        free = [names.prefix, *(f"{names.prefix}-{number}" for number in range(2, 12))]
        name = next(name for name in free if name not in taken)
        act = _call(
            self._aws.ses.create_configuration_set_event_destination,
            ConfigurationSetName=names.configuration_set,
            EventDestinationName=name,
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": list(wanted.PUBLISHED_EVENTS),
                "SnsDestination": {"TopicArn": names.topic_arn},
            },
        )
        return create("event destination", f"{name}: {', '.join(wanted.PUBLISHED_EVENTS)}", act)

    def _more_events(self, present: "EventDestinationTypeDef", missing: Sequence[str]) -> Step:
        events = _together(present["MatchingEventTypes"], missing)
        act = _call(
            self._aws.ses.update_configuration_set_event_destination,
            ConfigurationSetName=self._names.configuration_set,
            EventDestinationName=present["Name"],
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": events,
                "SnsDestination": {"TopicArn": self._names.topic_arn},
            },
        )
        enable = "" if present.get("Enabled") else "enable; "
        return change("event destination", f"{enable}publish {', '.join(missing)}", act)

    def _account_suppression(self) -> Iterator[Step]:
        what = "account suppression"
        found: Any = reading.account(self._aws).get("SuppressionAttributes") or {}
        present = found.get("SuppressedReasons", [])
        reasons = _together(present, wanted.SUPPRESSED)
        if len(reasons) == len(present):
            yield keep(what, "for BOUNCE and COMPLAINT")
            return
        act = _call(
            self._aws.ses.put_account_suppression_attributes,
            **{**found, "SuppressedReasons": reasons},
        )
        yield change(what, f"for {' and '.join(reasons)}", act)

    # --- alarms --------------------------------------------------------------------------------

    def _alarm(self, alarm: Alarm) -> Iterator[Step]:
        watching = reading.alarms_on(self._aws, alarm.namespace, alarm.metric, alarm.dimensions)
        found = next((one for one in watching if one["AlarmName"] == alarm.name), None)
        what, topics = f"alarm {alarm.name}", self._wishes.alarm_topics
        bound = f"{alarm.metric} {_SIGNS[alarm.comparison[:4]]} {alarm.threshold:g}"
        if found is None:
            yield create(what, bound, _put_alarm(self._aws, alarm.wanted(topics)))
            return
        tuned = alarm.tuned(found)
        untold = set(topics) - set(found.get("AlarmActions", []))
        if tuned and self._wishes.reset_alarms:
            actions = put_back(found, topics)["AlarmActions"]
            put = _put_alarm(self._aws, {**put_back(found, topics), **alarm.wanted(actions)})
            yield change(what, f"put back: {'; '.join(tuned)}", put)
            return
        if untold:
            yield change(
                what, "tell the alarm topic", _put_alarm(self._aws, put_back(found, topics))
            )
        if tuned:
            yield look(what, f"{'; '.join(tuned)}; stays so without --reset-alarms")
        elif not untold:
            yield keep(what, bound)


_SIGNS: Final = {"Grea": "above", "Less": "below"}


def _call(operation: Any, **arguments: Any) -> Any:
    """Return a call of AWS for later."""

    def act() -> None:
        with translated():
            operation(**arguments)

    return act


def _put_alarm(aws: Aws, arguments: dict[str, Any]) -> Any:
    return _call(aws.cloudwatch.put_metric_alarm, **arguments)


def _redrive_allow(sources: Sequence[str]) -> str:
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": list(sources)})


def _json(text: str) -> JsonObject:
    try:
        return parse_object(text) if text else {}
    except Malformed:
        return {}


def _is_on(value: str | None) -> bool:
    return str(value).lower() == "true"


def _together(present: Sequence[Any], more: Sequence[Any]) -> list[Any]:
    return [*present, *(one for one in more if one not in present)]
