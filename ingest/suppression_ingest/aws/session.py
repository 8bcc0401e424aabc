"""boto3's sessions and clients, in the region of the queue or of the account."""

import contextlib
import dataclasses
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Self

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, NoRegionError

from suppression_ingest.aws.failures import translated
from suppression_ingest.errors import NotSignedIn
from suppression_service.config import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

#: Attempts of a call that AWS throttles or does not answer. Commands that only read make
#: fewer attempts, so that nobody waits for minutes.
ATTEMPTS_TO_CHANGE: Final = 8
ATTEMPTS_TO_READ: Final = 3

_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 30
_QUEUE_URL: Final = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/.*")


def aws_session() -> boto3.Session:
    """Return a session. Its region is ``AWS_REGION``, else the region that boto3 finds.

    boto3 itself reads ``AWS_DEFAULT_REGION`` and files. It ignores ``AWS_REGION``,
    which Lambda, ECS and EKS set.
    """
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def region_of(url: str) -> str | None:
    """Return the region in the URL of an SQS queue; None for any other URL."""
    aws = _QUEUE_URL.fullmatch(url)
    return aws[1] if aws else None


def client_for_queue(url: str, service: str, answer_seconds: int) -> Any:
    """Return a client of a service in a queue's region, with boto3's settings, ``AWS_*``.

    The region is the one in the queue's URL. ``AWS_REGION`` is used only if the URL has
    none. Nothing is sent yet. The client does not retry: the worker itself waits between
    attempts, so that a signal can end the wait.

    Args:
        url: the queue's URL.
        service: boto3's name of the service.
        answer_seconds: how long to wait for an answer.

    Raises:
        SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
    """
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=answer_seconds,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    with _making_clients("the queue's URL names no region"):
        session = aws_session()
        # boto3's stubs type the names of services as literals.
        client: Any = session.client
        return client(service, region_name=region_of(url) or session.region_name, config=config)


@dataclasses.dataclass(frozen=True)
class Aws:
    """One account in one region, and a client for each service in use.

    ``ses`` is version 2 of SES's API. ``ses_v1`` is version 1: only this version tells to
    which topics an identity publishes.
    """

    account: str
    partition: str
    region: str
    sns: "SNSClient"
    sqs: "SQSClient"
    ses: "SESV2Client"
    cloudwatch: "CloudWatchClient"
    events: "EventBridgeClient"
    ses_v1: Any

    @classmethod
    def connect(cls, attempts: int = ATTEMPTS_TO_CHANGE) -> Self:
        """Connect with boto3's settings, ``AWS_*``, and ask AWS for the account.

        Args:
            attempts: the most attempts of a call, the first included.

        Raises:
            SettingsError: the region is not known, or a setting is wrong.
            NotSignedIn: there are no credentials, or they are not valid.
            AwsError: AWS cannot be reached.
        """
        # Standard mode waits longer after each refusal, and knows the throttling codes of
        # all services. SES allows one request a second for calls about accounts and lists.
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"total_max_attempts": attempts, "mode": "standard"},
        )
        with _making_clients("the region to send mail from"):
            session = aws_session()
            clients = {
                "sns": session.client("sns", config=config),
                "sqs": session.client("sqs", config=config),
                "ses": session.client("sesv2", config=config),
                "cloudwatch": session.client("cloudwatch", config=config),
                "events": session.client("events", config=config),
                "ses_v1": session.client("ses", config=config),
            }
            caller = session.client("sts", config=config)
        with translated():
            identity = caller.get_caller_identity()
        partition = identity["Arn"].split(":")[1]
        return cls(identity["Account"], partition, session.region_name or "", **clients)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclasses.dataclass(frozen=True)
class SesAccount:
    """SES of one account in one region."""

    account: str
    region: str
    ses: "SESV2Client"

    @classmethod
    def connect(cls, region: str = "", *, profile: str = "", role_arn: str = "") -> Self:
        """Connect, and ask AWS for the account.

        Args:
            region: the region; if empty, the one that boto3 finds.
            profile: a profile in the files of the AWS CLI; if empty, boto3's settings hold.
            role_arn: a role to assume; its credentials are renewed as they expire.

        Raises:
            SettingsError: the region is not known, or a setting is wrong.
            NotSignedIn: there are no credentials, or they are not valid.
            AwsError: AWS cannot be reached, or the role cannot be assumed.
        """
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS_TO_CHANGE, "mode": "standard"},
        )
        region = region or os.environ.get("AWS_REGION", "")
        with _making_clients("the region to send mail from"):
            session = boto3.Session(region_name=region or None, profile_name=profile or None)
            if role_arn:
                session = _assuming(role_arn, session)
            ses: SESV2Client = session.client("sesv2", config=config)
            caller = session.client("sts", config=config)
        with translated():
            account = caller.get_caller_identity()["Account"]
        return cls(account, session.region_name or "", ses)


def _assuming(role_arn: str, session: boto3.Session) -> boto3.Session:
    """Return a session with the credentials of a role, which the given session may assume."""
    source = session.get_credentials()
    if source is None:
        raise NotSignedIn("boto3 finds no credentials to assume a role with")
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=session.client,
        source_credentials=source,
        role_arn=role_arn,
        extra_args={"RoleSessionName": "suppression-ingest"},
    )
    # botocore has no public way to give a session credentials that renew themselves.
    core: Any = botocore.session.get_session()
    core._credentials = DeferredRefreshableCredentials(  # noqa: SLF001
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return boto3.Session(botocore_session=core, region_name=session.region_name)


@contextlib.contextmanager
def _making_clients(hint: str) -> Iterator[None]:
    """Raise boto3's errors as SettingsError; ``hint`` follows "set AWS_REGION: "."""
    try:
        yield
    except NoRegionError:
        raise SettingsError(f"set AWS_REGION: {hint}") from None
    except (BotoCoreError, ValueError) as error:
        raise SettingsError(f"boto3 refuses its settings: {error}") from None
