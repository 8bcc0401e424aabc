"""HTTP connections that do not wait for ever for a request."""

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds from the first octet of a request, or the opening of a connection, to the
#: end of the request's headers.
HEAD_SECONDS: Final = 5.0
#: Connections of one process, of those that are through with TLS.
MAX_CONNECTIONS: Final = 1_000


class PatientProtocol(H11Protocol):
    """Closes connections on which a request begins and does not go on, or goes on for ever.

    uvicorn itself closes only those on which nothing at all comes after an answer;
    a header sent one letter a minute would hold a connection for good.

    Where there are too many, whoever has kept this side waiting for longest goes. uvicorn
    would answer 503 to those that come: as many as that who say nothing would keep SNS out.
    """

    _deadline: asyncio.TimerHandle | None = None
    #: When the peer last did what was waited for, by the clock of the loop.
    waiting_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request, in the place of another if need be."""
        super().connection_made(transport)
        self._expect_head()
        if len(self.connections) > MAX_CONNECTIONS:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Go on with the request, or begin to wait for the rest of its headers."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect_head()
        else:
            self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._forget()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Hang up on a peer that asks, and does not read its answers: thousands by now."""
        super().pause_writing()
        self.transport.abort()

    def on_response_complete(self) -> None:
        """Hang up on a request that was answered before all of it had come.

        uvicorn would go on reading the rest, however long it is and takes.
        """
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._hang_up()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; hang up where that can no longer be said.

        The rest of a request can break while its answer is made or sent. uvicorn would write
        a traceback then, two if the answer comes after all, for whoever likes to fill a log.
        """
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:
            self.transport.abort()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self.waiting_since = self.loop.time()
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._hang_up)

    def _forget(self) -> None:
        if self._deadline is not None:
            self.waiting_since = self.loop.time()
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _make_room(self) -> None:
        """Drop the connection whose peer has owed the rest of a request for longest."""
        waiting = [
            each
            for each in self.connections
            if isinstance(each, PatientProtocol)
            and each.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        ]
        longest = min(waiting, key=lambda each: each.waiting_since)
        # Not later, when the loop tells of the end: the next to come would drop it again.
        self.connections.discard(longest)
        longest.transport.abort()
