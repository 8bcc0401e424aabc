"""A deployment as it is: settings, AWS and the database, each asked once."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.session import Aws, region_of
from suppression_ingest.deployment import reading
from suppression_ingest.deployment.findings import cannot_tell
from suppression_ingest.deployment.names import configuration_set_arn, name_in
from suppression_ingest.deployment.reading import FoundQueue
from suppression_ingest.deployment.settings import AwsSettings
from suppression_ingest.errors import AwsError, Malformed
from suppression_ingest.json_object import JsonObject, parse_object
from suppression_service.config import SettingsError
from suppression_service.store import Store, StoreError
from suppression_service.store.store import utc_now

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import StatisticType
    from mypy_boto3_sesv2.type_defs import (
        EventDestinationTypeDef,
        GetAccountResponseTypeDef,
        GetConfigurationSetResponseTypeDef,
    )


class Deployment:
    """What the checks look at.

    A property whose value depends on something that is not there ends the check that
    asks for it (:class:`.findings.CannotTell`): the part that is missing has a check of its own.

    Args:
        settings: those that the worker starts with.
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
        """Let go of the database."""
        if self._store:
            self._store.close()

    @property
    def aws(self) -> Aws:
        """The account.

        Raises:
            AwsError, SettingsError: AWS does not know us; it is asked only once.
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
            cannot_tell("the database cannot be used")

    # --- the queues ----------------------------------------------------------------------------

    @functools.cached_property
    def queue(self) -> FoundQueue:
        """The queue of the settings."""
        if not self.settings.queue_url:
            cannot_tell("SUPPRESSION_QUEUE_URL is not set")
        found = reading.queue_at(self.aws, self.settings.queue_url)
        return found or cannot_tell("the queue is not there")

    @property
    def queue_region(self) -> str:
        """The region that the queue's URL names; empty where it names none."""
        return region_of(self.settings.queue_url) or ""

    @property
    def redrive(self) -> JsonObject:
        """The queue's redrive policy; empty without one."""
        try:
            return parse_object(self.queue.attributes["RedrivePolicy"])
        except (KeyError, Malformed):
            return {}

    @functools.cached_property
    def dead_letters(self) -> FoundQueue:
        """The queue of dead letters."""
        if not (arn := self.redrive.get("deadLetterTargetArn")):
            cannot_tell("the queue has no dead-letter queue")
        found = reading.queue_named(self.aws, name_in(str(arn)))
        return found or cannot_tell("the dead-letter queue is not there")

    # --- SES -----------------------------------------------------------------------------------

    @functools.cached_property
    def account(self) -> "GetAccountResponseTypeDef":
        """What SES says of the account."""
        return reading.account(self.aws)

    @property
    def set_name(self) -> str:
        """The configuration set of the settings."""
        return self.settings.configuration_set or cannot_tell(
            "SUPPRESSION_CONFIGURATION_SET is not set"
        )

    @property
    def set_arn(self) -> str:
        """Under which name SES publishes its events."""
        return configuration_set_arn(self.aws, self.set_name)

    @functools.cached_property
    def configuration_set(self) -> "GetConfigurationSetResponseTypeDef | None":
        """The configuration set; None where it is not there."""
        return reading.configuration_set(self.aws, self.set_name)

    @functools.cached_property
    def destinations(self) -> "list[EventDestinationTypeDef]":
        """Its event destinations."""
        return reading.destinations(self.aws, self.set_name)

    # --- the topic -----------------------------------------------------------------------------

    @functools.cached_property
    def topic_arn(self) -> str:
        """The topic that most of the parts agree on.

        So the part that disagrees is the one that fails, and not all the others.
        """
        leads = [one.get("SnsDestination", {}).get("TopicArn", "") for one in self._published]
        votes = [arn for arn in leads if arn] + list(self.settings.topic_arns)
        if not votes:
            cannot_tell("no topic is known: no destination leads to one, and none is allowed")
        return max(votes, key=lambda arn: votes.count(arn) + self._reaches_queue(arn))

    @property
    def _published(self) -> "list[EventDestinationTypeDef]":
        return self.destinations if self.settings.configuration_set else []

    def _reaches_queue(self, topic_arn: str) -> bool:
        if not self.settings.queue_url:
            return False
        return reading.subscription(self.aws, topic_arn, self.queue.arn) is not None

    @functools.cached_property
    def topic(self) -> dict[str, str]:
        """The topic's attributes."""
        return reading.topic_attributes(self.aws, self.topic_arn) or cannot_tell(
            "the topic is not there"
        )

    @functools.cached_property
    def subscription(self) -> dict[str, str] | None:
        """The queue's subscription to the topic; None without one."""
        return reading.subscription(self.aws, self.topic_arn, self.queue.arn)

    # --- metrics -------------------------------------------------------------------------------

    def queue_metric(
        self, metric: str, statistic: "StatisticType", since: dt.timedelta
    ) -> float | None:
        """Return a metric of the queue over the last while; None without data."""
        moment = self.now()
        with translated():
            answer = self.aws.cloudwatch.get_metric_statistics(
                Namespace="AWS/SQS",
                MetricName=metric,
                Dimensions=[{"Name": "QueueName", "Value": name_in(self.queue.arn)}],
                StartTime=moment - since,
                EndTime=moment + dt.timedelta(minutes=1),
                # One number for all of it, in whole minutes as CloudWatch wants them.
                Period=int(since.total_seconds()) // 60 * 60,
                Statistics=[statistic],
            )
        values: list[float] = [float(str(point[statistic])) for point in answer["Datapoints"]]
        if not values:
            return None
        return sum(values) if statistic == "Sum" else max(values)
