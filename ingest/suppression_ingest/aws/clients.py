"""The clients of AWS."""

import dataclasses
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.config import Config

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.session import aws_session, connecting

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

#: How often a call is tried that AWS throttles or does not answer: when something is to be
#: changed, and when somebody only looks and should not wait for minutes.
PATIENT: Final = 8
BRISK: Final = 3


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
        with connecting("the region to send mail from"):
            session = aws_session()
            clients = {
                "sns": session.client("sns", config=config),
                "sqs": session.client("sqs", config=config),
                "ses": session.client("sesv2", config=config),
                "cloudwatch": session.client("cloudwatch", config=config),
                "identities": session.client("ses", config=config),
            }
            caller = session.client("sts", config=config)
        with translated():
            identity = caller.get_caller_identity()
        partition = identity["Arn"].split(":")[1]
        return cls(identity["Account"], partition, session.region_name or "", **clients)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"
