"""Settings of ingest, by environment variable or flag."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from suppression_ingest.aws.limits import MAX_BATCH, MAX_WAIT_SECONDS
from suppression_service.config import DatabaseUrl, LogFormat, MetricsListen

#: The settings of each command that processes feedback.
FEEDBACK: Final = (
    "database_url",
    "topic_arns",
    "verify_signatures",
    "certificate_endpoint",
    "streams",
    "tenant_streams",
    "topic_streams",
    "delayed_bounces",
    "soft_bounce_limit",
    "soft_bounce_within",
    "soft_bounce_lasts",
    "retry_queue_url",
    "deduplication_days",
    "log_format",
)

_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[0-9A-Za-z_.-]+")
_HTTP_URL = re.compile(r"https?://[^/\s?#]+[^\s?#]*")
# The length limit is that of the database column.
_STREAM = re.compile(r"[^\s=,]{1,100}")


def items(value: Any) -> Any:
    """Return the items of a text with commas between them; anything else as it is."""
    if not isinstance(value, str):
        return value
    return tuple(item for item in map(str.strip, value.split(",")) if item)


def _topic_arn(text: str) -> str:
    if not _TOPIC_ARN.fullmatch(text):
        raise ValueError("one of them is no ARN of an SNS topic")
    return text


def http_url(text: str) -> str:
    """Return the text if it is an http(s) URL or empty.

    Raises:
        ValueError: it is something else.
    """
    if text and not _HTTP_URL.fullmatch(text):
        raise ValueError("give it as http://HOST[:PORT] or https://HOST[:PORT]")
    return text


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = [item.partition("=") for item in items(value)]
    if not all(name.strip() and _STREAM.fullmatch(stream.strip()) for name, _, stream in pairs):
        raise ValueError("give it as NAME=STREAM, with commas between pairs")
    return {name.strip(): stream.strip() for name, _, stream in pairs}


class IngestSettings(BaseSettings):
    """Settings of ``suppression-ingest``; every one is also ``SUPPRESSION_<NAME>``."""

    model_config = SettingsConfigDict(
        env_prefix="SUPPRESSION_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: DatabaseUrl = "sqlite:///suppression.db"
    queue_url: Annotated[
        str, AfterValidator(http_url), Field(description="the SQS queue to receive from")
    ] = ""
    topic_arns: Annotated[
        tuple[Annotated[str, AfterValidator(_topic_arn)], ...],
        NoDecode,
        BeforeValidator(items),
        Field(description="SNS topics to accept messages of, commas between; empty: any topic"),
    ] = ()
    verify_signatures: Annotated[
        bool, Field(description="whether envelopes must be signed by SNS")
    ] = True
    certificate_endpoint: Annotated[
        str,
        AfterValidator(http_url),
        Field(description="URL to fetch certificates from, for stand-ins of SNS"),
    ] = ""
    streams: Annotated[
        dict[str, str],
        NoDecode,
        BeforeValidator(_pairs),
        Field(description="CONFIGURATION_SET=STREAM, commas between: the stream of unsubscribes"),
    ] = {}
    tenant_streams: Annotated[
        dict[str, str],
        NoDecode,
        BeforeValidator(_pairs),
        Field(description="TENANT=STREAM, commas between: the stream of a tenant's own entries"),
    ] = {}
    topic_streams: Annotated[
        dict[str, str],
        NoDecode,
        BeforeValidator(_pairs),
        Field(description="LIST/TOPIC=STREAM or LIST=STREAM: the stream of a contact list's topic"),
    ] = {}
    delayed_bounces: Annotated[
        Literal["hard", "soft"],
        Field(description="hard or soft: how to treat a Permanent bounce whose action is delayed"),
    ] = "hard"
    soft_bounce_limit: Annotated[
        int, Field(ge=0, description="soft bounces in a row that suppress an address; 0: none do")
    ] = 5
    soft_bounce_within: Annotated[
        int, Field(ge=1, le=365, description="days within which they must occur")
    ] = 30
    soft_bounce_lasts: Annotated[
        int, Field(ge=1, le=3650, description="days that the address stays suppressed")
    ] = 30
    retry_queue_url: Annotated[
        str,
        AfterValidator(http_url),
        Field(description="an SQS queue for soft bounces to retry; empty: none"),
    ] = ""
    deduplication_days: Annotated[
        int,
        Field(ge=1, le=60, description="days for which repeated sends and deliveries count once"),
    ] = 15
    event_retention: Annotated[
        int, Field(ge=0, description="days to keep feedback and counts for; 0: for ever")
    ] = 400
    statistics_retention: Annotated[
        int, Field(ge=0, description="days to keep statistics for; 0: for ever")
    ] = 730
    publish_rates: Annotated[
        bool, Field(description="whether the worker publishes rates to CloudWatch")
    ] = False
    batch_size: Annotated[
        int, Field(ge=1, le=MAX_BATCH, description="messages to receive at once")
    ] = MAX_BATCH
    wait_seconds: Annotated[
        int, Field(ge=0, le=MAX_WAIT_SECONDS, description="how long to wait for messages")
    ] = MAX_WAIT_SECONDS
    metrics_listen: MetricsListen = ""
    log_format: LogFormat = "console"
