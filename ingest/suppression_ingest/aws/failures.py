"""What AWS refuses, and why it cannot be asked, in our words."""

import contextlib
import functools
import re
from collections.abc import Iterator
from typing import Final

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from suppression_ingest.errors import AwsError, NotPermitted, NotSignedIn

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


def failure_of(error: BotoCoreError | ClientError) -> str:
    """Return what went wrong: the service's code for it, or the sort of failure."""
    if isinstance(error, ClientError):
        return code_of(error)
    return type(error).__name__


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
