"""Connections with timeouts for which uvloop and uvicorn have no settings."""

import asyncio
from typing import Any, Final

import h11
import uvloop
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds for a whole TLS handshake. SNS needs a fraction of a second.
HANDSHAKE_SECONDS: Final = 5.0
#: Seconds for a peer to answer the end of TLS.
TLS_SHUTDOWN_SECONDS: Final = 1.0
#: Seconds from the opening of a connection, or the first byte of a request, to the end
#: of the request's headers.
HEAD_SECONDS: Final = 5.0
#: The most connections of one process that have finished their TLS handshake.
MAX_CONNECTIONS: Final = 1_000


class TlsTimeoutLoop(uvloop.Loop):
    """Closes connections whose peer does not complete the start or the end of TLS.

    The loop's own timeouts are 60 s and 30 s, and uvicorn cannot change them: it sees a
    connection only after the handshake.
    """

    async def create_server(  # type: ignore[override]
        self, *where: Any, **options: Any
    ) -> asyncio.AbstractServer:
        """Create a server as the loop does, with shorter timeouts if it has TLS."""
        if options.get("ssl"):
            options["ssl_handshake_timeout"] = HANDSHAKE_SECONDS
            options["ssl_shutdown_timeout"] = TLS_SHUTDOWN_SECONDS
        return await super().create_server(*where, **options)


class TimeoutProtocol(H11Protocol):
    """Closes connections whose peer begins a request and does not continue it.

    uvicorn itself closes only connections on which nothing arrives after an answer. A peer
    that sends a header one byte a minute could keep a connection for ever.

    If there are too many connections, the one that has waited longest for its peer is
    closed. uvicorn would answer 503 on new ones, so silent peers could keep SNS out.
    """

    _deadline: asyncio.TimerHandle | None = None
    #: When the current wait for the peer began, by the clock of the loop.
    waiting_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request. Close another connection if there are too many."""
        super().connection_made(transport)
        self._expect_head()
        if len(self.connections) > MAX_CONNECTIONS:
            self._close_longest_waiting()

    def data_received(self, data: bytes) -> None:
        """Continue the request, or start the wait for the rest of its headers."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect_head()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Close a connection whose peer sends requests but does not read the answers."""
        super().pause_writing()
        self.transport.abort()

    def on_response_complete(self) -> None:
        """Close the connection if a request was answered before all of it had arrived.

        uvicorn would read the rest, without a limit of size or time.
        """
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._close()

    def send_400_response(self, msg: str) -> None:
        """Refuse invalid HTTP. Close the connection if an answer is no longer possible.

        The rest of a request can turn out to be invalid while its answer is made or sent.
        uvicorn would log one or two tracebacks each time, and strangers could fill the log.
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
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self.waiting_since = self.loop.time()
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _close_longest_waiting(self) -> None:
        """Close the connection that has waited longest for the rest of a request."""
        waiting = [
            each
            for each in self.connections
            if isinstance(each, TimeoutProtocol)
            and each.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        ]
        longest = min(waiting, key=lambda each: each.waiting_since)
        # At once, and not when the loop reports the end: the next call would choose it again.
        self.connections.discard(longest)
        longest.transport.abort()
