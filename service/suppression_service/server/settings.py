"""The settings of the server."""

import datetime as dt
import os
import ssl
import tempfile
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, FilePath, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from suppression_service.address import MAX_ADDRESS
from suppression_service.config import (
    DatabaseUrl,
    HostPort,
    LogFormat,
    MetricsListen,
    OptionalHostPort,
    require_tls_beyond_loopback,
)
from suppression_service.store.replication import MAX_STREAM_ID

#: Addresses of one batch, at most, whatever the setting.
MAX_BATCH: Final = 10_000

#: Bytes of a request without a batch, at most.
MAX_SMALL_REQUEST: Final = 64 * 1024
# The tag and the length before an address, and blanks around it.
_AROUND_ADDRESS: Final = 16

# A larger value is a typing error, and the functions that get it would fail.
_HOUR: Final = 3_600
_WEEK: Final = 7 * 24 * _HOUR
_YEAR: Final = 365 * 24 * _HOUR


def _temporary_folder() -> str:
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        # gettempdir() writes a file as a test. A full disk must not keep a process from starting.
        return os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - the files in it are checked


class ServiceSettings(BaseSettings):
    """Settings of ``suppression-service``; every one is also ``SUPPRESSION_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="SUPPRESSION_", extra="ignore", frozen=True)

    database_url: DatabaseUrl = "sqlite:///suppression.db"
    listen: Annotated[HostPort, Field(description="HOST:PORT to answer gRPC on")] = (
        "127.0.0.1:50051"
    )
    transport: Annotated[
        Literal["auto", "envoy", "grpcio"],
        Field(
            description="what answers the calls: envoy is faster, withstands floods and answers "
            "JSON; grpcio runs everywhere; auto: envoy where suppression-service[envoy] is "
            "installed"
        ),
    ] = "auto"
    health_listen: Annotated[
        OptionalHostPort,
        Field(
            description="HOST:PORT to answer health checks alone on, without TLS, for probes that "
            "know none; empty: only with the rest"
        ),
    ] = ""
    processes: Annotated[
        int, Field(ge=1, le=64, description="processes, each with the list in memory")
    ] = 1
    tls_certificate: Annotated[
        FilePath | None, Field(description="PEM file with the server's certificate chain")
    ] = None
    tls_key: Annotated[FilePath | None, Field(description="PEM file with its private key")] = None
    tls_client_ca: Annotated[
        FilePath | None,
        Field(description="PEM file with the CA that clients must be signed by (mTLS)"),
    ] = None
    token_file: Annotated[
        FilePath | None,
        Field(
            description="file of tokens that callers must show, made by 'suppression-service "
            "token new'; without one everybody may do everything"
        ),
    ] = None
    reflection: Annotated[
        bool,
        Field(
            description="let programs read the contract from the server, as grpcurl does, and at "
            "/openapi.json"
        ),
    ] = True
    max_calls: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            description="calls that wait in a process, at most, of each kind: writes, GetAddress, "
            "ListChanges, batches, checks for a revision that is not there yet",
        ),
    ] = 1_000
    max_rate: Annotated[
        float,
        Field(
            ge=0,
            le=1_000_000,
            description="calls a second by the tokens of one name, in each process; 0: any number",
        ),
    ] = 0
    max_peer_rate: Annotated[
        float,
        Field(
            ge=0,
            le=1_000_000,
            description="calls a second from one IP address, or /64 of IPv6 with envoy, in each "
            "process; 0: any number, as it must be where callers come through a proxy",
        ),
    ] = 0
    max_batch: Annotated[
        int,
        Field(
            ge=1,
            le=MAX_BATCH,
            description="addresses of a batch; the clients here send as many as the default",
        ),
    ] = MAX_BATCH
    max_streams: Annotated[
        int,
        Field(
            ge=1,
            le=MAX_STREAM_ID,
            description="streams of the list, beyond which callers can name no new one in a write",
        ),
    ] = 10_000
    max_memory: Annotated[
        int,
        Field(
            ge=64,
            le=64 * 1024,
            description="MiB that the calls of a process may take, beyond what it needs without "
            "any; envoy only",
        ),
    ] = 256
    insecure: Annotated[
        bool, Field(description="listen beyond this machine without TLS, in a trusted network")
    ] = False
    poll_seconds: Annotated[
        float, Field(gt=0, le=10, description="time between two looks for changes in the database")
    ] = 0.1
    max_staleness: Annotated[
        float,
        Field(
            gt=0,
            le=_YEAR,
            description="seconds that checks go on from memory while the database is away",
        ),
    ] = 3600
    snapshot_directory: Annotated[
        str,
        Field(
            description="where processes share the list in memory and find it again after a "
            "restart; empty for a copy in each process"
        ),
    ] = str(Path(_temporary_folder()) / f"suppression-{os.geteuid()}")
    drain_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=_HOUR,
            description="time between NOT_SERVING and refusing calls, for load balancers, and "
            "for clients to find a server again that was restarted before this one",
        ),
    ] = 2
    grace_seconds: Annotated[
        float,
        Field(ge=0, le=_HOUR, description="time that calls under way have to finish on shutdown"),
    ] = 10
    max_connection_age: Annotated[
        float,
        Field(gt=0, le=_WEEK, description="seconds after which a client is asked to reconnect"),
    ] = 300
    metrics_listen: MetricsListen = ""
    tracing: Annotated[
        bool,
        Field(
            description="send traces of calls as OTEL_* variables say; "
            "needs suppression-service[otel]"
        ),
    ] = False
    log_format: LogFormat = "console"

    @property
    def max_batch_request(self) -> int:
        """The bytes of a request with a batch, at most: as many as the longest valid one needs."""
        return MAX_SMALL_REQUEST + self.max_batch * (MAX_ADDRESS + _AROUND_ADDRESS)

    @property
    def max_staleness_time(self) -> dt.timedelta:
        """``max_staleness`` as a duration."""
        return dt.timedelta(seconds=self.max_staleness)

    @model_validator(mode="after")
    def _rates_have_tokens(self) -> Self:
        if self.max_rate and not self.token_file:
            raise ValueError(
                "SUPPRESSION_MAX_RATE needs SUPPRESSION_TOKEN_FILE: "
                "calls are counted by the name of a token"
            )
        return self

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("SUPPRESSION_TLS_CERTIFICATE and SUPPRESSION_TLS_KEY go together")
        if self.tls_client_ca and not self.tls_certificate:
            raise ValueError(
                "SUPPRESSION_TLS_CLIENT_CA needs SUPPRESSION_TLS_CERTIFICATE and "
                "SUPPRESSION_TLS_KEY"
            )
        return self

    @model_validator(mode="after")
    def _tls_is_usable(self) -> Self:
        # Checked once here instead of in every process.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            if self.tls_certificate:
                context.load_cert_chain(self.tls_certificate, self.tls_key, password="")
            if self.tls_client_ca:
                context.load_verify_locations(self.tls_client_ca)
        except OSError:
            raise ValueError(
                "the TLS files do not hold a certificate, its private key without a password "
                "and, if given, a CA, in PEM"
            ) from None
        return self

    @model_validator(mode="after")
    def _tls_beyond_loopback(self) -> Self:
        require_tls_beyond_loopback(
            self.listen,
            accepted=self.tls_certificate or self.insecure,
            remedy="--tls-certificate and --tls-key, or --insecure",
        )
        return self
