"""boto3's session, and the clients that it makes, in the region that is meant."""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, NoRegionError

from suppression_ingest.errors import SettingsError

_QUEUE_URL: Final = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/.*")


def aws_session() -> boto3.Session:
    """Return a session; its region is ``AWS_REGION``, else what boto3 finds by itself.

    boto3 alone reads ``AWS_DEFAULT_REGION`` and files, and overlooks ``AWS_REGION``,
    which Lambda, ECS and EKS set.
    """
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


@contextlib.contextmanager
def connecting(without_region: str) -> Iterator[None]:
    """Make clients; nothing is sent yet.

    Args:
        without_region: what to say after "set AWS_REGION: ".

    Raises:
        SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
    """
    try:
        yield
    except NoRegionError:
        raise SettingsError(f"set AWS_REGION: {without_region}") from None
    except (BotoCoreError, ValueError) as error:
        raise SettingsError(f"boto3 refuses its settings: {error}") from None


def client_beside(url: str, service: str, config: Config) -> Any:
    """Return a client of a service in a queue's region, through boto3's own settings, ``AWS_*``.

    The region is the one that the queue's URL tells, where its messages and alarms are.
    Only where it tells none does ``AWS_REGION`` count, which Lambda, ECS and EKS set to
    where they are themselves.

    Raises:
        SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
    """
    with connecting("the queue's URL does not tell it"):
        session = aws_session()
        # The names of services are literals to boto3's stubs.
        client: Any = session.client
        region = region_of(url) or session.region_name
        return client(service, region_name=region, config=config)


def region_of(url: str) -> str | None:
    """Return the region that the URL of a queue of AWS's tells; None of any other."""
    aws = _QUEUE_URL.fullmatch(url)
    return aws[1] if aws else None
