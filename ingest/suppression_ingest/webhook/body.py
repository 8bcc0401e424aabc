"""Reading the body of a post: so much, so fast, and so much of all bodies together."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from starlette.requests import Request

from suppression_ingest.errors import Malformed
from suppression_ingest.webhook.refusals import Crowded, TooLarge, TooSlow

#: Seconds for a whole body to arrive. SNS sends its own in one go.
BODY_SECONDS: Final = 5.0
#: Octets of all bodies that are under way in one process.
ROOM: Final = 64 * 1024 * 1024


class Room:
    """Memory that bodies share.

    Args:
        octets: of it.
    """

    def __init__(self, octets: int = ROOM) -> None:
        self._left = octets

    @contextlib.contextmanager
    def held(self) -> Iterator["Hold"]:
        """Yield a hold on the room that grows; all of it is given back at the end."""
        hold = Hold(self)
        try:
            yield hold
        finally:
            self._left += hold.octets

    def take(self, octets: int) -> None:
        """Take octets for a hold.

        Raises:
            Crowded: there are not so many.
        """
        if octets > self._left:
            raise Crowded("too many posts are under way")
        self._left -= octets


class Hold:
    """One post's share of a room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        #: Held so far.
        self.octets = 0

    def grow(self, octets: int) -> None:
        """Hold more.

        Raises:
            Crowded: there is no more.
        """
        self._room.take(octets)
        self.octets += octets


async def read_text(request: Request, limit: int, hold: Hold) -> str:
    """Return the body as text; its content type does not matter, SNS says text/plain.

    Args:
        request: of which nothing has been read.
        limit: octets at most, whatever the request says of itself.
        hold: grows with the body.

    Raises:
        TooLarge: it is, or says that it will be.
        TooSlow: it does not arrive.
        Crowded: there is no room for it now.
        Malformed: it is no UTF-8.
        ClientDisconnect: whoever sends it is gone.
    """
    # No number, or a wrong one, is found out by counting.
    said = request.headers.get("content-length", "")
    if said.isdecimal() and len(said) < 20 and int(said) > limit:
        raise TooLarge("the post is larger than the limit")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            octets = await _read(request, limit, hold)
    except TimeoutError:
        raise TooSlow("the post did not arrive in time") from None
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise Malformed("no UTF-8") from None


async def _read(request: Request, limit: int, hold: Hold) -> bytes:
    chunks = []
    async for chunk in request.stream():
        hold.grow(len(chunk))
        if hold.octets > limit:
            raise TooLarge("the post is larger than the limit")
        chunks.append(chunk)
    return b"".join(chunks)
