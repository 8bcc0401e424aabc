"""How every process writes its log: to standard error, for people or as JSON."""

import contextlib
import logging
import re
import sys
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from suppression_service.address import masked

# A local part in quotes may have blanks, and quotes after backslashes (RFC 5321).
_QUOTED = r'"(?:[^"\n]|\\")*"'
_ADDRESS_LIKE = re.compile(rf"(?:{_QUOTED}|[^\s@]+)@[^\s@]+")


_log = structlog.get_logger()


class _NeverRaises:
    """A stream that drops what cannot be written: a closed log must not end the process."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def set_up_logs(log_format: str, *more: Processor) -> None:
    """Set up the log of this process.

    No line may hold an address that is not masked (:func:`suppression_service.address.masked`),
    nor any part of a message. Tracebacks are masked here.

    Args:
        log_format: ``console`` for people, ``json`` for programs.
        more: processors that add something to each line.
    """
    as_json = log_format == "json"
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *more,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask_traceback,
            structlog.processors.JSONRenderer()
            if as_json
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _NeverRaises(sys.stderr))),
        cache_logger_on_first_use=True,
    )


def _mask_traceback(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Mask what looks like an address: the error message in a traceback can quote a row."""
    if "exception" in line:
        line["exception"] = _ADDRESS_LIKE.sub(lambda found: masked(found[0]), line["exception"])
    return line


def forward_warnings(library: str) -> None:
    """Write the warnings that a library gives to :mod:`logging` as lines of our own."""
    logger = logging.getLogger(library)
    logger.handlers = [_Forward(library)]
    logger.propagate = False


class _Forward(logging.Handler):
    def __init__(self, library: str) -> None:
        super().__init__(logging.WARNING)
        self._library = library

    def emit(self, record: logging.LogRecord) -> None:
        # Without the traceback, which may quote a request.
        _log.log(record.levelno, self._library, message=record.getMessage())
