"""The deployment that the checks read: settings, AWS and the database, each read once."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.session import Aws, region_of
from suppression_ingest.deployment import state
from suppression_ingest.deployment.names import bus_arn, configuration_set_arn, name_in
from suppression_ingest.deployment.requirements import (
    NEEDED_EVENTS,
    Target,
    Via,
    to_bus,
    to_topic,
)
from suppression_ingest.deployment.results import cannot_check
from suppression_ingest.deployment.state import FoundQueue, FoundRule
from suppression_ingest.errors import AwsError, Malformed
from suppression_ingest.json_object import JsonObject, parse_object
from suppression_ingest.settings import IngestSettings
from suppression_service.config import SettingsError
from suppression_service.store import Store, StoreError
from suppression_service.store.store import utc_now

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import StatisticType
    from mypy_boto3_sesv2.literals import EventTypeType
    from mypy_boto3_sesv2.type_defs import (
        EventDestinationTypeDef,
        GetAccountResponseTypeDef,
        GetConfigurationSetResponseTypeDef,
    )


class AwsSettings(IngestSettings):
    """Settings of ``provision`` and ``doctor``."""

    configuration_set: Annotated[
        str, Field(description="the SES configuration set that mail is sent through")
    ] = ""
    via: Annotated[
        Via, Field(description="sns or eventbridge: the way of SES's events to the queue")
    ] = "sns"


class Deployment:
    """An existing deployment.

    A property that depends on something missing ends the check that reads it
    (:class:`.results.CannotCheck`): the missing part has a check of its own.

    Args:
        settings: the worker's settings.
        connect: makes the clients.
        now: the clock.
    """

    def __init__(
        self,
        settings: AwsSettings,
        connect: Callable[[], Aws] = Aws.connect,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self.settings = settings
        self.now = now
        self._connect = connect
        self._store: Store | None = None

    def close(self) -> None:
        """Close the database."""
        if self._store:
            self._store.close()

    @property
    def aws(self) -> Aws:
        """The account.

        Raises:
            AwsError, SettingsError: the connection failed. It is tried only once.
        """
        if isinstance(self._connection, Exception):
            raise self._connection
        return self._connection

    @functools.cached_property
    def _connection(self) -> Aws | AwsError | SettingsError:
        try:
            return self._connect()
        except (AwsError, SettingsError) as error:
            return error

    @property
    def store(self) -> Store:
        """The list.

        Raises:
            StoreError: the database cannot be used.
        """
        if self._store is None:
            self._store = Store.open(self.settings.database_url)
        return self._store

    @property
    def usable_store(self) -> Store:
        """The list, for checks that are not about the database."""
        try:
            return self.store
        except StoreError:
            cannot_check("the database cannot be used")

    # --- the queues ----------------------------------------------------------------------------

    @functools.cached_property
    def queue(self) -> FoundQueue:
        """The queue of the settings."""
        if not self.settings.queue_url:
            cannot_check("SUPPRESSION_QUEUE_URL is not set")
        found = state.queue_at(self.aws, self.settings.queue_url)
        return found or cannot_check("the queue is not there")

    @property
    def queue_region(self) -> str:
        """The region that the queue's URL names; empty where it names none."""
        return region_of(self.settings.queue_url) or ""

    @property
    def redrive(self) -> JsonObject:
        """The queue's redrive policy; empty if it has none."""
        try:
            return parse_object(self.queue.attributes["RedrivePolicy"])
        except (KeyError, Malformed):
            return {}

    @functools.cached_property
    def dead_letters(self) -> FoundQueue:
        """The dead-letter queue."""
        if not (arn := self.redrive.get("deadLetterTargetArn")):
            cannot_check("the queue has no dead-letter queue")
        found = state.queue_named(self.aws, name_in(str(arn)))
        return found or cannot_check("the dead-letter queue is not there")

    # --- SES -----------------------------------------------------------------------------------

    @functools.cached_property
    def account(self) -> "GetAccountResponseTypeDef":
        """SES's attributes of the account."""
        return state.account(self.aws)

    @property
    def set_name(self) -> str:
        """The configuration set of the settings."""
        return self.settings.configuration_set or cannot_check(
            "SUPPRESSION_CONFIGURATION_SET is not set"
        )

    @property
    def set_arn(self) -> str:
        """The ARN under which SES publishes its events."""
        return configuration_set_arn(self.aws, self.set_name)

    @functools.cached_property
    def configuration_set(self) -> "GetConfigurationSetResponseTypeDef | None":
        """The configuration set; None where it does not exist."""
        return state.configuration_set(self.aws, self.set_name)

    @functools.cached_property
    def destinations(self) -> "list[EventDestinationTypeDef]":
        """Its event destinations."""
        return state.destinations(self.aws, self.set_name)

    # --- the rule ------------------------------------------------------------------------------

    @property
    def by_rule(self) -> bool:
        """Whether SES's events come through a rule of EventBridge."""
        return self.settings.via == "eventbridge"

    @property
    def target(self) -> Target:
        """Where the configuration set must publish."""
        return to_bus(bus_arn(self.aws)) if self.by_rule else to_topic(self.topic_arn)

    @functools.cached_property
    def rules(self) -> list[FoundRule]:
        """The rules of EventBridge that send to the queue."""
        return state.rules_to(self.aws, self.queue.arn)

    @property
    def rule(self) -> FoundRule:
        """The rule that takes in most of what is needed."""
        if not self.rules:
            cannot_check("no rule sends to the queue")
        return min(self.rules, key=lambda rule: (not rule.enabled, len(self.held_back(rule))))

    def held_back(self, rule: FoundRule) -> "list[EventTypeType]":
        """Return the needed events that a rule does not take in."""
        return state.held_back(self.aws, rule, NEEDED_EVENTS, self.set_arn)

    # --- the topic -----------------------------------------------------------------------------

    @functools.cached_property
    def topic_arn(self) -> str:
        """The topic that most parts of the deployment name.

        A part that names another topic then fails alone, without the other parts.
        """
        named = [one.get("SnsDestination", {}).get("TopicArn", "") for one in self._published]
        votes = [arn for arn in named if arn] + list(self.settings.topic_arns)
        if not votes:
            cannot_check("no topic is known: no destination publishes to one, and none is allowed")
        return max(votes, key=lambda arn: votes.count(arn) + self._reaches_queue(arn))

    @property
    def _published(self) -> "list[EventDestinationTypeDef]":
        return self.destinations if self.settings.configuration_set else []

    def _reaches_queue(self, topic_arn: str) -> bool:
        if not self.settings.queue_url:
            return False
        return state.subscription(self.aws, topic_arn, self.queue.arn) is not None

    @functools.cached_property
    def topic(self) -> dict[str, str]:
        """The topic's attributes."""
        return state.topic_attributes(self.aws, self.topic_arn) or cannot_check(
            "the topic is not there"
        )

    @functools.cached_property
    def subscription(self) -> dict[str, str] | None:
        """The queue's subscription to the topic; None if it has none."""
        return state.subscription(self.aws, self.topic_arn, self.queue.arn)

    # --- metrics -------------------------------------------------------------------------------

    def queue_metric(
        self, metric: str, statistic: "StatisticType", since: dt.timedelta
    ) -> float | None:
        """Return a metric of the queue over the period until now; None without data."""
        now = self.now()
        with translated():
            answer = self.aws.cloudwatch.get_metric_statistics(
                Namespace="AWS/SQS",
                MetricName=metric,
                Dimensions=[{"Name": "QueueName", "Value": name_in(self.queue.arn)}],
                StartTime=now - since,
                EndTime=now + dt.timedelta(minutes=1),
                # One value for the whole period; CloudWatch requires whole minutes.
                Period=int(since.total_seconds()) // 60 * 60,
                Statistics=[statistic],
            )
        values: list[float] = [float(str(point[statistic])) for point in answer["Datapoints"]]
        if not values:
            return None
        return sum(values) if statistic == "Sum" else max(values)
