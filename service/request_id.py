"""The call under way, by the id that its caller gave it.

Callers send ``x-request-id`` in the metadata; a call without one is given an id.
Log lines that are written during the call have it, and so has the answer where
the call fails.
"""

import contextvars
import re
import secrets
from collections.abc import Iterable
from typing import Any, Final, Protocol

KEY: Final = "x-request-id"

# Without "@": an id stands in logs, and nobody's address may.
_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")


class _Context(Protocol):
    """What is used of a gRPC context."""

    def invocation_metadata(self) -> Iterable[tuple[str, Any]] | None:
        """Return what the caller sent beside the request."""


class Call:
    """A call under way.

    Reading metadata costs more than all else that is done around a check. So the id
    is looked for once somebody asks, which nobody does for a call that goes well.

    Args:
        context: of the call.
    """

    __slots__ = ("_context", "_request_id")

    def __init__(self, context: _Context) -> None:
        self._context = context
        self._request_id = ""

    @property
    def request_id(self) -> str:
        """The id that the caller gave, or one that is made up; the same each time."""
        if not self._request_id:
            self._request_id = _given(self._context) or secrets.token_hex(8)
        return self._request_id


#: The call that the current task works for; None in what works for no call.
CALL: contextvars.ContextVar[Call | None] = contextvars.ContextVar("call", default=None)


def _given(context: _Context) -> str:
    """Return the id in the metadata; empty if there is none, or none that may be repeated."""
    for key, value in context.invocation_metadata() or ():
        if key == KEY:
            return value if isinstance(value, str) and _ID.fullmatch(value) else ""
    return ""
