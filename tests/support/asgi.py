"""An ASGI server without a network, for unit tests of applications."""

import asyncio
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Self

Event = MutableMapping[str, Any]


class Exchange:
    """One request and its response.

    Args:
        path: of the request.
        headers: by name, in lower case.
        parts: the body, as it arrives; none: it never does.
        method: of HTTP.
        left: whether the caller leaves after the last part, which is then not the end.
    """

    def __init__(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        parts: tuple[bytes, ...] = (b"",),
        *,
        method: str = "POST",
        http_version: str = "2",
        left: bool = False,
    ) -> None:
        self.scope: Event = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "extensions": {"http.response.trailers": {}},
            "http_version": http_version,
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [
                (name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()
            ],
            "client": ("192.0.2.1", 40_000),
        }
        self._parts = list(parts)
        #: Set once the caller has left.
        self.left = left
        self.received = 0
        self.sent: list[Event] = []
        #: Called with each event that is sent.
        self.on_send: Callable[[Event], None] = lambda _: None

    async def receive(self) -> Event:
        """Return the next part; then, like pyvoy, at once whether the caller has left."""
        await asyncio.sleep(0)
        self.received += 1
        if self._parts:
            body, *self._parts = self._parts
            return {
                "type": "http.request",
                "body": body,
                "more_body": bool(self._parts) or self.left,
            }
        if self.left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, event: Event) -> None:
        """Take an event of the response."""
        self.on_send(event)
        self.sent.append(event)

    async def by(self, application: Callable[..., Any]) -> Self:
        """Let an application answer."""
        await application(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(event.get("body", b"") for event in self.sent)

    @property
    def metadata(self) -> dict[str, str]:
        """Headers and trailers of the response."""
        return {
            name.decode(): value.decode()
            for event in self.sent
            for name, value in event.get("headers", ())
        }
