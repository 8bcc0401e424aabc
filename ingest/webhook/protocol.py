"""HTTP connections that do not wait for ever for a request."""

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds from the first octet of a request, or the opening of a connection, to the
#: end of the request's headers.
HEAD_SECONDS: Final = 10.0


class PatientProtocol(H11Protocol):
    """Closes connections on which a request begins and does not go on, or goes on for ever.

    uvicorn itself closes only those on which nothing at all comes after an answer;
    a header sent one letter a minute would hold a connection for good.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_head()

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

    def on_response_complete(self) -> None:
        """Hang up on a request that was answered before all of it had come.

        uvicorn would go on reading the rest, however long it is and takes.
        """
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._hang_up()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._hang_up)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
