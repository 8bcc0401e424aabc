"""The clients of AWS, and its refusals in our words."""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Self

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from ingest.aws.session import aws_session
from ingest.errors import AwsError, NotPermitted, NotSignedIn, SettingsError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

#: How often a call is tried that AWS throttles or does not answer: when something is to be
#: changed, and when somebody only looks and should not wait for minutes.
PATIENT: Final = 8
BRISK: Final = 3

# From a service as boto3 calls it to the prefix of its actions in IAM's policies.
_PREFIXES: Final = {
    "sns": "sns",
    "sqs": "sqs",
    "sesv2": "ses",
    "ses": "ses",
    "cloudwatch": "cloudwatch",
    "sts": "sts",
}
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
_UNKNOWN_KEYS: Final = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "ExpiredToken",
        "ExpiredTokenException",
        "SignatureDoesNotMatch",
    }
)
_ABSENT: Final = frozenset(
    {"NotFound", "NotFoundException", "QueueDoesNotExist", "ResourceNotFound"}
    | {"AWS.SimpleQueueService.NonExistentQueue"}
)
# What may be an address in AWS's messages, with all that sticks to it.
_ADDRESS: Final = re.compile(r'(?:"[^"]*"|[^\s"])*@\S*')
_TOO_FAST: Final = frozenset(
    {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestThrottled"}
)


@dataclasses.dataclass(frozen=True)
class Aws:
    """One account in one region, and a client for each service that has a part.

    ``identities`` is the first version of SES's interface: which topics an identity
    publishes to is told only there.
    """

    account: str
    partition: str
    region: str
    sns: "SNSClient"
    sqs: "SQSClient"
    ses: "SESV2Client"
    cloudwatch: "CloudWatchClient"
    identities: Any

    @classmethod
    def connect(cls, attempts: int = PATIENT) -> Self:
        """Find out whose credentials boto3 has, in its own settings, ``AWS_*``.

        Args:
            attempts: of a call, the first included.

        Raises:
            SettingsError: the region is not known, or a setting is wrong.
            NotSignedIn: there are no credentials, or they are not valid.
            AwsError: AWS cannot be reached.
        """
        # Standard mode waits longer after each refusal, and knows every service's word for
        # "too fast"; SES's calls about accounts and lists allow one a second.
        config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"total_max_attempts": attempts, "mode": "standard"},
        )
        try:
            session = aws_session()
            clients = {
                "sns": session.client("sns", config=config),
                "sqs": session.client("sqs", config=config),
                "ses": session.client("sesv2", config=config),
                "cloudwatch": session.client("cloudwatch", config=config),
                "identities": session.client("ses", config=config),
            }
            caller = session.client("sts", config=config)
        except NoRegionError:
            raise SettingsError("set AWS_REGION: the region to send mail from") from None
        except (BotoCoreError, ValueError) as error:
            raise SettingsError(f"boto3 refuses its settings: {error}") from None
        with translated():
            identity = caller.get_caller_identity()
        partition = identity["Arn"].split(":")[1]
        return cls(identity["Account"], partition, session.region_name or "", **clients)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Run calls of AWS; what they raise comes as errors of ours, which hold no address.

    Raises:
        NotPermitted: a policy forbids a call; the message names the action.
        NotSignedIn: there are no credentials, or they are not valid.
        AwsError: anything else.
    """
    try:
        yield
    except NoCredentialsError:
        raise NotSignedIn(
            "boto3 finds no credentials: set AWS_PROFILE, or run with a role"
        ) from None
    except ClientError as error:
        raise _in_our_words(error) from error
    except BotoCoreError as error:
        raise AwsError(f"AWS cannot be reached: {_shown(str(error))}") from error


def is_absent(error: ClientError) -> bool:
    """Whether AWS says that something is not there."""
    return code_of(error) in _ABSENT


def code_of(error: ClientError) -> str:
    """Return the service's code for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", "an error without a code"))


def _in_our_words(error: ClientError) -> AwsError:
    code = code_of(error)
    action = action_of(error.operation_name)
    if code in _DENIED:
        return NotPermitted(action)
    if code in _UNKNOWN_KEYS:
        return NotSignedIn(f"AWS does not take the credentials ({code})")
    if code in _TOO_FAST:
        return AwsError(f"{action}: AWS asks to come more slowly; try again in a minute")
    said = str(error.response.get("Error", {}).get("Message", ""))
    return AwsError(f"{action}: {code}: {_shown(said)}")


def _shown(message: str) -> str:
    """Return a message as one line that names nobody: addresses are personal data."""
    return _ADDRESS.sub("(an address)", " ".join(message.split()))


def action_of(operation: str) -> str:
    """Return an operation as IAM's policies call it, such as ``sns:CreateTopic``.

    Batches have no actions of their own: whoever may delete one message may delete ten.
    """
    for service, prefix in _PREFIXES.items():
        if operation in _operations(service):
            return f"{prefix}:{operation.removesuffix('Batch')}"
    return operation


@functools.cache
def _operations(service: str) -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_service_model(service).operation_names)
