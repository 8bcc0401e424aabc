"""Errors of AWS and boto3, translated into errors of ingest."""

import contextlib
import functools
import re
from collections.abc import Iterator
from typing import Final

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from suppression_ingest.errors import AwsError, NotPermitted, NotSignedIn

# The prefix of a service's actions in IAM policies, by boto3's name of the service.
_PREFIXES: Final = {
    "sns": "sns",
    "sqs": "sqs",
    "sesv2": "ses",
    "ses": "ses",
    "cloudwatch": "cloudwatch",
    "events": "events",
    "sts": "sts",
}
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
_BAD_CREDENTIALS: Final = frozenset(
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
    | {"ResourceNotFoundException"}
    | {"AWS.SimpleQueueService.NonExistentQueue"}
)
# Anything in AWS's messages that may be an address, with the characters attached to it.
_ADDRESS: Final = re.compile(r'(?:"[^"]*"|[^\s"])*@\S*')
_THROTTLED: Final = frozenset(
    {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestThrottled"}
)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Translate errors of AWS into :class:`AwsError`, whose messages hold no address.

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
        raise _translation(error) from error
    except BotoCoreError as error:
        raise AwsError(f"AWS cannot be reached: {_without_addresses(str(error))}") from error


def is_absent(error: ClientError) -> bool:
    """Whether the error says that a resource does not exist."""
    return code_of(error) in _ABSENT


def code_of(error: ClientError) -> str:
    """Return the error's code, as the service names it."""
    return str(error.response.get("Error", {}).get("Code", "an error without a code"))


def _translation(error: ClientError) -> AwsError:
    code = code_of(error)
    action = action_of(error.operation_name)
    if code in _DENIED:
        return NotPermitted(action)
    if code in _BAD_CREDENTIALS:
        return NotSignedIn(f"AWS does not take the credentials ({code})")
    if code in _THROTTLED:
        return AwsError(f"{action}: AWS asks to come more slowly ({code}); try again in a minute")
    said = str(error.response.get("Error", {}).get("Message", "")).strip()
    if said.startswith("<"):  # of a proxy, and long
        said = "an HTML page instead of an answer"
    return AwsError(f"{action}: {code}: {_without_addresses(said)}")


def _without_addresses(message: str) -> str:
    """Return a message as one line without addresses, which are personal data."""
    return _ADDRESS.sub("(an address)", " ".join(message.split()))


def action_of(operation: str) -> str:
    """Return the IAM action of an operation, such as ``sns:CreateTopic``.

    Batch operations have no actions of their own: ``sqs:DeleteMessage`` also covers batches.
    """
    for service, prefix in _PREFIXES.items():
        if operation in _operations(service):
            return f"{prefix}:{operation.removesuffix('Batch')}"
    return operation


@functools.cache
def _operations(service: str) -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_service_model(service).operation_names)
