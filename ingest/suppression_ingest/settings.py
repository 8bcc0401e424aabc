"""What ingest can be told, by environment or by flag."""

import re
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from suppression_ingest.aws.limits import MAX_BATCH, MAX_WAIT_SECONDS
from suppression_ingest.errors import SettingsError
from suppression_service.config import what_is_wrong

_MAX_PORT: Final = 65_535

_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[0-9A-Za-z_.-]+")
_HTTP_URL = re.compile(r"https?://[^/\s?#]+[^\s?#]*")
# As long as the column that holds it.
_STREAM = re.compile(r"[^\s=,]{1,100}")


def _items(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(item for item in map(str.strip, value.split(",")) if item)


def _topic_arn(text: str) -> str:
    if not _TOPIC_ARN.fullmatch(text):
        raise ValueError("one of them is no ARN of an SNS topic")
    return text


def _http_url(text: str) -> str:
    if text and not _HTTP_URL.fullmatch(text):
        raise ValueError("give it as http://HOST[:PORT] or https://HOST[:PORT]")
    return text


def host_and_port(text: str) -> str:
    """Return a HOST:PORT as it is.

    Raises:
        ValueError: it is none.
    """
    host, _, port = text.rpartition(":")
    bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
    if not host or bare_ipv6 or not port.isdecimal() or int(port) > _MAX_PORT:
        raise ValueError("give it as HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    return text


def _host_and_port_if_any(text: str) -> str:
    return text and host_and_port(text)


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = [item.partition("=") for item in _items(value)]
    if not all(name.strip() and _STREAM.fullmatch(stream.strip()) for name, _, stream in pairs):
        raise ValueError("give it as CONFIGURATION_SET=STREAM, with commas between pairs")
    return {name.strip(): stream.strip() for name, _, stream in pairs}


class IngestSettings(BaseSettings):
    """Settings of ``suppression-ingest``; every one is also ``SUPPRESSION_<NAME>``."""

    model_config = SettingsConfigDict(
        env_prefix="SUPPRESSION_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: Annotated[
        str, Field(description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
    ] = "sqlite:///suppression.db"
    queue_url: Annotated[
        str, AfterValidator(_http_url), Field(description="the SQS queue to receive from")
    ] = ""
    topic_arns: Annotated[
        tuple[Annotated[str, AfterValidator(_topic_arn)], ...],
        NoDecode,
        BeforeValidator(_items),
        Field(description="SNS topics to take messages of, commas between; empty: any topic"),
    ] = ()
    verify_signatures: Annotated[
        bool, Field(description="whether envelopes must be signed by SNS")
    ] = True
    certificate_endpoint: Annotated[
        str,
        AfterValidator(_http_url),
        Field(description="where to fetch certificates instead, for stand-ins of SNS"),
    ] = ""
    streams: Annotated[
        dict[str, str],
        NoDecode,
        BeforeValidator(_pairs),
        Field(description="CONFIGURATION_SET=STREAM, commas between: where unsubscribes go"),
    ] = {}
    delayed_bounces: Annotated[
        Literal["hard", "soft"],
        Field(description="hard or soft: what a Permanent bounce is that tells of a delay"),
    ] = "hard"
    soft_bounce_limit: Annotated[
        int, Field(ge=0, description="soft bounces in a row that suppress an address; 0: none do")
    ] = 5
    soft_bounce_within: Annotated[
        int, Field(ge=1, le=365, description="days in which they must lie")
    ] = 30
    soft_bounce_lasts: Annotated[
        int, Field(ge=1, le=3650, description="days that the address stays suppressed for them")
    ] = 30
    retry_queue_url: Annotated[
        str,
        AfterValidator(_http_url),
        Field(description="an SQS queue to send soft bounces to, for another try; empty: none"),
    ] = ""
    count_memory: Annotated[
        int,
        Field(ge=1, le=60, description="days in which sends and deliveries come again, if they do"),
    ] = 15
    event_retention: Annotated[
        int, Field(ge=0, description="days to keep feedback and counts for; 0: for ever")
    ] = 400
    publish_rates: Annotated[
        bool, Field(description="whether the worker publishes rates to CloudWatch")
    ] = False
    batch_size: Annotated[
        int, Field(ge=1, le=MAX_BATCH, description="messages to receive at once")
    ] = MAX_BATCH
    wait_seconds: Annotated[
        int, Field(ge=0, le=MAX_WAIT_SECONDS, description="how long to wait for messages")
    ] = MAX_WAIT_SECONDS
    metrics_listen: Annotated[
        str,
        AfterValidator(_host_and_port_if_any),
        Field(description="HOST:PORT to show metrics to Prometheus on; empty: nowhere"),
    ] = ""
    log_format: Annotated[
        Literal["console", "json"],
        Field(description="console or json: for people or for machines"),
    ] = "console"


_Settings = TypeVar("_Settings", bound=IngestSettings)


def load_settings(**flags: Any) -> IngestSettings:
    """Return the settings: flags that are given (not None), else environment, else defaults.

    Raises:
        SettingsError: a value cannot be used. The message names the setting and
            does not repeat the value, which may hold a password.
    """
    return load(IngestSettings, **flags)


def load(kind: type[_Settings], **flags: Any) -> _Settings:
    """Return settings of a class, as :func:`load_settings` does.

    Raises:
        SettingsError: a value cannot be used, or not together with another.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return kind(**given)
    except ValidationError as error:
        raise SettingsError(what_is_wrong(error)) from None
