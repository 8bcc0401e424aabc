"""Who is signed in. The token stays here, in memory: a browser only has the id of its session."""

import enum
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from suppression_console.imports import Import
from suppression_console.service import Service

#: Seconds without a request after which a session ends, and after which it ends in any case.
IDLE_SECONDS: Final = 2 * 3600
LONGEST_SECONDS: Final = 12 * 3600
#: The most sessions. For one more, the one that was unused the longest ends.
MAX_SESSIONS: Final = 1_000


class Role(enum.IntEnum):
    """What a token of the service permits; each role includes those before it."""

    CHECK = 1
    READ = 2
    WRITE = 3
    ADMIN = 4


@dataclass(slots=True)
class Session:
    """Someone who is signed in.

    Attributes:
        service: is asked with the token of the session.
        name: of the token; empty if the service needs none.
        role: what the token permits, for what is shown. The service checks it in each call.
        csrf: the text that each form of the session carries.
        notices: texts for the next page.
        imports: files that the session has uploaded, by their ids.
    """

    service: Service
    name: str
    role: Role
    began: float
    used: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    notices: list[tuple[str, str]] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)

    def notify(self, text: str, kind: str = "done") -> None:
        """Show a text on the next page; its kind is ``done`` or ``failed``."""
        self.notices.append((kind, text))

    def take_notices(self) -> list[tuple[str, str]]:
        """Return the texts for this page, once."""
        taken, self.notices = self.notices, []
        return taken

    async def close(self) -> None:
        """Stop imports, and close the connection to the service."""
        for each in self.imports.values():
            await each.close()
        await self.service.close()


class Sessions:
    """The sessions of this process, by a hash of their ids.

    Args:
        clock: seconds, ever rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    async def begin(self, service: Service, name: str, role: Role) -> str:
        """Begin a session; return its id, which nobody can guess."""
        await self._end_old()
        session_id, now = secrets.token_urlsafe(32), self._clock()
        self._sessions[_key(session_id)] = Session(service, name, role, now, now)
        return session_id

    def find(self, session_id: str) -> Session | None:
        """Return a session that has not ended."""
        key = _key(session_id)
        session = self._sessions.get(key)
        if session is None or self._over(session):
            return None
        session.used = self._clock()
        self._sessions.move_to_end(key)
        return session

    async def end(self, session_id: str) -> None:
        """End a session, if there is one."""
        if session := self._sessions.pop(_key(session_id), None):
            await session.close()

    async def close(self) -> None:
        """End all sessions."""
        while self._sessions:
            await self._end_first()

    async def _end_old(self) -> None:
        for key in [key for key, session in self._sessions.items() if self._over(session)]:
            await self._sessions.pop(key).close()
        while len(self._sessions) >= MAX_SESSIONS:
            await self._end_first()

    async def _end_first(self) -> None:
        _, session = self._sessions.popitem(last=False)
        await session.close()

    def _over(self, session: Session) -> bool:
        now = self._clock()
        return now - session.used > IDLE_SECONDS or now - session.began > LONGEST_SECONDS


def _key(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode(errors="replace")).digest()
