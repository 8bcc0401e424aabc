"""Who makes a call, and what came with it.

A transport gives each call a :class:`Caller`. The calls and the logs use it and know no
transport.
"""

import abc
import contextvars
import re
import secrets
from typing import TYPE_CHECKING, Final

from structlog.typing import EventDict, WrappedLogger

if TYPE_CHECKING:
    from suppression_service.server.auth import Role

#: The metadata with the id of a call, which its caller may choose.
REQUEST_ID: Final = "x-request-id"

# Without "@": ids are logged, and addresses must not be.
_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")


class Caller(abc.ABC):
    """The caller of one call.

    Reading metadata costs more than everything else around a check. So they are read when
    they are first needed.
    """

    __slots__ = ("_request_id", "token_name", "token_role")

    def __init__(self) -> None:
        #: The name of the token that the caller showed; empty without a token file.
        self.token_name = ""
        #: The role of that token; None without a token file, when every call is permitted.
        self.token_role: Role | None = None
        self._request_id = ""

    @abc.abstractmethod
    def metadata(self, name: str) -> str:
        """Return the value of a piece of metadata (a header); empty if there is none.

        Args:
            name: in lower case, of one whose value is text.
        """

    @abc.abstractmethod
    def time_remaining(self) -> float | None:
        """Return the seconds until the deadline; None if the caller gave none."""

    @property
    @abc.abstractmethod
    def peer(self) -> str:
        """The IP address that the call comes from; empty if it is not known."""

    @property
    def request_id(self) -> str:
        """The id of the call, the same each time.

        The one in the metadata if it can be logged, otherwise one that is made up.
        """
        if not self._request_id:
            given = self.metadata(REQUEST_ID)
            self._request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        return self._request_id


#: The caller of the call that the current task answers; None if it answers none.
CALLER: contextvars.ContextVar[Caller | None] = contextvars.ContextVar("caller", default=None)


def add_request_id(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Put the id of the call under way into a log line, for structlog."""
    if (caller := CALLER.get()) is not None:
        line["request_id"] = caller.request_id
    return line
