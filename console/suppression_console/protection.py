"""What every request passes, and every response carries: proxies, hosts, sizes, headers."""

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suppression_console.settings import Network, Settings, is_loopback

#: Nothing is loaded from elsewhere, and nothing in a page itself is a script or a style.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer, with which browsers send no Origin with forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_STRICT_TRANSPORT: Final = "max-age=31536000"
#: Bytes of a form without a file.
MAX_FORM: Final = 256 * 1024
UPLOAD_PATH: Final = "/import"
#: Shows nothing, so that the probes of load balancers and nodes may ask for it.
HEALTH_PATH: Final = "/healthz"
_MEGABYTE: Final = 1_000_000
_FORBIDDEN: Final = 403
_TOO_LARGE: Final = 413
_MISDIRECTED: Final = 421


class Protection:
    """Refuses requests that must not be answered, and adds the headers of security.

    Args:
        app: answers the other requests.
        settings: of the console.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._settings.proxies:
            _read_forwarded(scope, headers, self._settings.proxies)
        secure_send = _adding_headers(scope, send)
        if scope["path"] != HEALTH_PATH and (refusal := self._refusal(scope, headers)):
            await refusal(scope, receive, secure_send)
            return
        await self._app(scope, _Limited(receive, self._limit(scope)), secure_send)

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        if self._settings.proxies and not scope.get("forwarded"):
            return PlainTextResponse("only a proxy that is named may connect\n", _FORBIDDEN)
        # By a tunnel to this machine, such as that of `kubectl port-forward`, all is protected.
        if scope["scheme"] != "https" and not is_loopback(host):
            # On loopback alone, it is another site whose name leads here (DNS rebinding).
            return PlainTextResponse("TLS is needed, or a loopback name\n", _MISDIRECTED)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._limit(scope):
            return PlainTextResponse("too large\n", _TOO_LARGE)
        return None

    def _limit(self, scope: Scope) -> int:
        if scope["path"] == UPLOAD_PATH:
            return self._settings.max_upload * _MEGABYTE + MAX_FORM
        return MAX_FORM


class TooLarge(Exception):
    """A body is longer than it may be."""


class _Limited:
    """Receives a body up to a number of bytes: it need not have a length in its headers."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooLarge
        return message


def _read_forwarded(scope: Scope, headers: Headers, proxies: Sequence[Network]) -> None:
    """Take scheme and client from what a named proxy says; mark the request as its."""
    client = scope.get("client")
    if client is None or not _within(client[0], proxies):
        return
    scope["forwarded"] = True
    scope["scheme"] = headers.get("x-forwarded-proto", "http").rpartition(",")[2].strip()
    # From the right: what is left of the first address that is no proxy's is a stranger's text.
    for address in reversed(headers.get("x-forwarded-for", "").split(",")):
        if not _within(address.strip(), proxies):
            scope["client"] = (address.strip(), 0)
            return


def _within(address: str, proxies: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in proxy for proxy in proxies)


def _adding_headers(scope: Scope, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Any = MutableHeaders(scope=message)
            headers.update(_HEADERS)
            headers.setdefault("cache-control", "no-store")
            if scope["scheme"] == "https":
                headers["strict-transport-security"] = _STRICT_TRANSPORT
        await send(message)

    return sending
