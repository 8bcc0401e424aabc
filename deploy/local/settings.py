"""The settings of `make up`, from the environment."""

import errno
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from deploy.local.aws import free_port

DEFAULT_FOLDER: Final = ".local"
DEFAULT_LISTEN: Final = "127.0.0.1:50051"
DEFAULT_STAND_IN_PORT: Final = 50052
DEFAULT_CONSOLE_LISTEN: Final = "127.0.0.1:8090"


class BadSetting(Exception):
    """A setting has an invalid value; the message names the setting."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """The settings of `make up`.

    Attributes:
        folder: for the database and the logs (``SUPPRESSION_LOCAL_DIR``).
        listen: HOST:PORT for gRPC (``SUPPRESSION_LISTEN``); port 0 is any free port.
        stand_in_port: port of the stand-in for SNS and SQS
            (``SUPPRESSION_STAND_IN_PORT``); 0 is any free port.
        database_url: ``SUPPRESSION_DATABASE_URL``, or a SQLite file in the folder.
        queue_url: ``SUPPRESSION_QUEUE_URL``; empty: use the stand-in.
        metrics_listen: HOST:PORT for the server's metrics (``SUPPRESSION_METRICS_LISTEN``);
            the worker's are at the next port; empty: no metrics.
        console_listen: HOST:PORT for the console (``SUPPRESSION_CONSOLE_LISTEN``).
    """

    folder: Path
    listen: str
    stand_in_port: int
    database_url: str
    queue_url: str
    metrics_listen: str = ""
    console_listen: str = DEFAULT_CONSOLE_LISTEN

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment.

        Raises:
            BadSetting: a value is not valid.
        """
        folder = Path(environment.get("SUPPRESSION_LOCAL_DIR") or DEFAULT_FOLDER).resolve()
        database_url = environment.get("SUPPRESSION_DATABASE_URL")
        port = environment.get("SUPPRESSION_STAND_IN_PORT") or str(DEFAULT_STAND_IN_PORT)
        if not port.isdecimal() or int(port) > 65535:
            raise BadSetting("SUPPRESSION_STAND_IN_PORT must be a port, such as 50052")
        listen = environment.get("SUPPRESSION_LISTEN") or DEFAULT_LISTEN
        metrics_listen = environment.get("SUPPRESSION_METRICS_LISTEN", "")
        console_listen = environment.get("SUPPRESSION_CONSOLE_LISTEN") or DEFAULT_CONSOLE_LISTEN
        for name, value in (
            ("LISTEN", listen),
            ("METRICS_LISTEN", metrics_listen),
            ("CONSOLE_LISTEN", console_listen),
        ):
            if value and not re.fullmatch(r"\S+:[0-9]{1,5}", value):
                raise BadSetting(f"SUPPRESSION_{name} must be HOST:PORT, such as 127.0.0.1:50051")
        return cls(
            folder=folder,
            listen=listen,
            stand_in_port=int(port) or free_port(),
            database_url=database_url or f"sqlite:///{folder / 'suppression.db'}",
            queue_url=environment.get("SUPPRESSION_QUEUE_URL", ""),
            metrics_listen=metrics_listen,
            console_listen=console_listen,
        )

    def require_free_ports(self) -> None:
        """Check that the ports of this system are free.

        Raises:
            BadSetting: another process listens on one.
        """
        host, _, port = self.listen.rpartition(":")
        _require_free(host, int(port), "SUPPRESSION_LISTEN=127.0.0.1:50061")
        host, _, port = self.console_listen.rpartition(":")
        _require_free(host, int(port), "SUPPRESSION_CONSOLE_LISTEN=127.0.0.1:8091")
        if not self.uses_aws:
            _require_free("127.0.0.1", self.stand_in_port, "SUPPRESSION_STAND_IN_PORT=50062")

    @property
    def worker_metrics_listen(self) -> str:
        """HOST:PORT for the worker's metrics: two programs cannot share a port."""
        host, _, port = self.metrics_listen.rpartition(":")
        return f"{host}:{int(port) + 1 if int(port) else 0}" if port else ""

    @property
    def stand_in_url(self) -> str:
        """URL of the stand-in for SNS and SQS."""
        return f"http://127.0.0.1:{self.stand_in_port}"

    @property
    def folder_is_default(self) -> bool:
        """Whether commands find the folder without ``SUPPRESSION_LOCAL_DIR``."""
        return self.folder == Path(DEFAULT_FOLDER).resolve()

    @property
    def logs(self) -> Path:
        """The folder of the log files."""
        return self.folder / "logs"

    @property
    def uses_aws(self) -> bool:
        """Whether the real AWS is configured."""
        return bool(self.queue_url)


def _require_free(host: str, port: int, instead: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do, so that ports in TIME_WAIT count as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise BadSetting(f"cannot listen on {host}:{port}: {error.strerror}") from None
            raise BadSetting(
                f"port {port} is in use; if not by another 'make up', choose one: {instead} make up"
            ) from None
