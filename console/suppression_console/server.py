"""The process of the console: the application under uvicorn, and its log."""

import contextlib
import logging
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette

from suppression import ConfigurationError
from suppression_console.app import application, connect_to
from suppression_console.settings import Settings, SettingsError

#: The most connections; more are refused.
MAX_CONNECTIONS: Final = 500
#: Seconds for requests under way to end when the process stops.
GRACE_SECONDS: Final = 10
#: Seconds that an idle connection is kept: longer than the 60 s of load balancers.
IDLE_SECONDS: Final = 75

_log = structlog.get_logger()


class CannotListen(Exception):
    """Nothing can listen on the address: it is in use, or not of this machine."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        CannotListen: the address is in use.
        SettingsError: the certificate cannot be used, or the service cannot be asked like this.
    """
    _set_up_logs(settings.log_format)
    _check_connection(settings)
    # Of the file that Starlette writes while it is uploaded, too.
    tempfile.tempdir = str(settings.upload_directory)
    app = application(settings)
    with _listening(settings) as listener:
        config = _config(settings, app)
        _announce(app, settings, listener)
        uvicorn.Server(config).run([listener])


def _config(settings: Settings, app: Starlette) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="on",
        log_config=None,
        # It would hold the addresses of people, which are in the URLs of pages.
        access_log=False,
        # The application reads these headers itself, and from proxies that are named only.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        # Without it, OpenSSL would ask for a password at the terminal.
        ssl_keyfile_password="" if settings.key else None,
    )
    try:
        config.load()
    except OSError as error:
        raise SettingsError(
            f"SUPPRESSION_CONSOLE_TLS_CERTIFICATE: not a certificate with its key: {error.strerror}"
        ) from None
    return config


def _check_connection(settings: Settings) -> None:
    """Refuse a connection to the service over which no token could be sent."""
    try:
        connect_to(settings)("")
    except ConfigurationError as error:
        raise SettingsError(f"SUPPRESSION_SERVER: {error}") from None


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotListen(f"cannot listen on {settings.listen}: {error.strerror}") from None
        listener.listen(socket.SOMAXCONN)
        yield listener


def _announce(app: Starlette, settings: Settings, listener: socket.socket) -> None:
    """Say where the page is, once the application has started."""
    scheme = "https" if settings.certificate else "http"
    host = settings.listen.rpartition(":")[0]
    url = f"{scheme}://{host}:{listener.getsockname()[1]}/"
    inner = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(started: Starlette) -> AsyncIterator[None]:
        async with inner(started):
            _log.info("started", page=url, server=settings.server)
            yield

    app.router.lifespan_context = lifespan


def _set_up_logs(log_format: str) -> None:
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # uvicorn would log tracebacks, which can quote an address; the application reports errors.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False
