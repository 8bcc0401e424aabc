"""The id of the call under way, which its caller may choose.

Callers send ``x-request-id`` in the metadata; a call without one is given an id.
Log lines of the call have the id, and so has the status if the call fails.

Reading metadata costs more than everything else around a check. So the id is read when
it is first needed. A call that succeeds does not need it.
"""

import contextvars
import re
import secrets
from collections.abc import Iterable
from typing import Any, Final, Protocol

from structlog.typing import EventDict, WrappedLogger

KEY: Final = "x-request-id"

# Without "@": ids are logged, and addresses must not be.
_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")


class _Context(Protocol):
    """The part of a gRPC context that is used here."""

    def invocation_metadata(self) -> Iterable[tuple[str, Any]] | None:
        """Return the metadata of the call."""


#: The context of the call that the current task answers; None if it answers none.
CALL: contextvars.ContextVar[_Context | None] = contextvars.ContextVar("call", default=None)

# The id that was read last, with the context of its call: a task may answer several calls.
_known: contextvars.ContextVar[tuple[_Context | None, str]] = contextvars.ContextVar(
    "request id", default=(None, "")
)


def request_id() -> str:
    """Return the id of the call under way, the same each time; empty without a call."""
    if (context := CALL.get()) is None:
        return ""
    known_of, known = _known.get()
    if known_of is not context:
        known = _given(context) or secrets.token_hex(8)
        _known.set((context, known))
    return known


def add_request_id(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Put the id of the call under way into a log line, for structlog."""
    if known := request_id():
        line["request_id"] = known
    return line


def _given(context: _Context) -> str:
    """Return the id in the metadata; empty if there is none, or if it must not be logged."""
    for key, value in context.invocation_metadata() or ():
        if key == KEY:
            return value if isinstance(value, str) and _ID.fullmatch(value) else ""
    return ""
