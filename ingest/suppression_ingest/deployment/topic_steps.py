"""The steps for the topic, and for its subscription by the queue."""

from collections.abc import Callable, Iterator

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import policies, reading
from suppression_ingest.deployment import requirements as wanted
from suppression_ingest.deployment.names import Names, name_in
from suppression_ingest.deployment.plan import Step, change, create, keep, look
from suppression_ingest.deployment.steps import POLICY, call, policy_steps


class TopicSteps:
    """What the topic lacks.

    Args:
        aws: the account.
        names: of the wiring.
    """

    def __init__(self, aws: Aws, names: Names) -> None:
        self._aws = aws
        self._names = names

    def steps(self) -> Iterator[Step]:
        """Give the steps."""
        arn = self._names.topic_arn
        request = policies.publication(arn, self._names.configuration_set_arn)
        found = reading.topic_attributes(self._aws, arn)
        if found is None:
            attributes = {
                "SignatureVersion": wanted.SIGNATURE_VERSION,
                POLICY: policies.with_statement("", policies.statement_for(request)),
            }
            act = call(self._aws.sns.create_topic, Name=name_in(arn), Attributes=attributes)
            yield create("topic", f"{arn}, signature version 2, SES may publish", act)
            return
        yield keep("topic", arn)
        if found.get("SignatureVersion") != wanted.SIGNATURE_VERSION:
            act = self._set("SignatureVersion", wanted.SIGNATURE_VERSION)
            yield change("topic", "signature version 2 (SHA-256)", act)
        yield from policy_steps("topic policy", found, request, self._set)
        if wanted.locked_by_key(found):
            yield look("topic", "encrypted with a key that SES cannot use; take one of your own")

    def _set(self, name: str, value: str) -> Callable[[], None]:
        return call(
            self._aws.sns.set_topic_attributes,
            TopicArn=self._names.topic_arn,
            AttributeName=name,
            AttributeValue=value,
        )


class SubscriptionSteps:
    """What the way from the topic to the queue lacks.

    Args:
        aws: the account.
        names: of the wiring.
        raw: whether a new subscription is to deliver without envelope and signature.
    """

    def __init__(self, aws: Aws, names: Names, *, raw: bool) -> None:
        self._aws = aws
        self._names = names
        self._raw = raw

    def steps(self) -> Iterator[Step]:
        """Give the steps."""
        names, raw = self._names, self._raw
        found = reading.subscription(self._aws, names.topic_arn, names.queue_arn)
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
            yield look("subscription", f"raw delivery is {'off' if raw else 'on'} and stays so")
        if found.get("FilterPolicy"):
            yield look("subscription", "its filter policy may hold feedback back; take it off")


def is_on(value: str | None) -> bool:
    """Return whether SNS's text for a switch says yes."""
    return str(value).lower() == "true"
