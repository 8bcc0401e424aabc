"""The names and ARNs of the parts of the wiring."""

import dataclasses
import re
from typing import Final

from suppression_ingest.aws.session import Aws
from suppression_service.config import SettingsError

#: The prefix of all names, unless another is chosen.
DEFAULT_NAME: Final = "ses-feedback"

# Short enough that each service accepts the names made from it.
_NAME = re.compile(r"[0-9A-Za-z_-]{1,60}")
#: SES's rule for the name of a configuration set or an event destination.
_SET = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """The names and ARNs of one wiring. They are known before anything exists."""

    prefix: str
    configuration_set: str
    topic_arn: str
    queue_arn: str
    dead_letter_arn: str
    configuration_set_arn: str
    rule_arn: str
    bus_arn: str

    @classmethod
    def of(cls, aws: Aws, prefix: str, configuration_set: str) -> "Names":
        """Return the names for a prefix.

        Raises:
            SettingsError: the prefix or the configuration set is not a valid name.
        """
        if not _NAME.fullmatch(prefix):
            raise SettingsError("--name: up to 60 letters, digits, - and _")
        if not _SET.fullmatch(configuration_set):
            raise SettingsError("SUPPRESSION_CONFIGURATION_SET: up to 64 letters, digits, - and _")
        return cls(
            prefix=prefix,
            configuration_set=configuration_set,
            topic_arn=aws.arn("sns", prefix),
            queue_arn=aws.arn("sqs", prefix),
            dead_letter_arn=aws.arn("sqs", f"{prefix}-dead"),
            configuration_set_arn=configuration_set_arn(aws, configuration_set),
            rule_arn=aws.arn("events", f"rule/{prefix}"),
            bus_arn=bus_arn(aws),
        )


def configuration_set_arn(aws: Aws, name: str) -> str:
    """Return the ARN under which SES publishes the events of a configuration set."""
    return aws.arn("ses", f"configuration-set/{name}")


def bus_arn(aws: Aws) -> str:
    """Return the ARN of EventBridge's default bus, the only one to which SES publishes."""
    return aws.arn("events", "event-bus/default")


def name_in(arn: str) -> str:
    """Return the last part of the ARN of a topic, a queue or a rule: its name."""
    return arn.rpartition(":")[2].removeprefix("rule/")
