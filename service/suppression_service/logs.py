"""How the server writes its log: to standard error, for people or as JSON.

A line that is written while a call is answered has the call's ``request_id``.
"""

import contextlib
import re
import sys
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from suppression_service.address import masked
from suppression_service.server.request_id import request_id

# A local part in quotes may have blanks, and quotes of its own behind backslashes (RFC 5321).
_QUOTED = r'"(?:[^"\n]|\\")*"'
_ADDRESS_LIKE = re.compile(rf"(?:{_QUOTED}|[^\s@]+)@[^\s@]+")


class _Unfailing:
    """A stream whose end is no reason to end: what cannot be said is not said."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def set_up_logs(log_format: str, *more: Processor) -> None:
    """Log in this process as ``console`` or ``json``, with what ``more`` adds to lines.

    Nothing that is logged may hold an address; :func:`suppression_service.address.masked`
    makes what may be shown.
    """
    as_json = log_format == "json"
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _add_call,
            *more,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask_traceback,
            structlog.processors.JSONRenderer()
            if as_json
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )


def _mask_traceback(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Mask what looks like an address: a traceback ends in a message, which can quote a row."""
    if "exception" in line:
        line["exception"] = _ADDRESS_LIKE.sub(lambda found: masked(found[0]), line["exception"])
    return line


def _add_call(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    if asked := request_id():
        line["request_id"] = asked
    return line
