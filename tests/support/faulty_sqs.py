"""Proxies between a worker and SQS that change, refuse or delay some requests."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from tests.support.processes import DEADLINE

_PREFIX: Final = "AmazonSQS."

Json = dict[str, Any]
#: Gets a request and a function that forwards one; returns the answer, or raises a Refusal.
Handler = Callable[[Json, Callable[[Json], Json]], Json]


class Refusal(Exception):
    """An error that SQS answers with.

    Args:
        status: of HTTP.
        code: SQS's own name for it.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class FaultySqs:
    """Forwards requests to a stand-in for AWS, and gives some actions to functions.

    Args:
        target: the stand-in's URL.
        handlers: by action; other actions are forwarded unchanged.
    """

    def __init__(self, target: str, handlers: Mapping[str, Handler]) -> None:
        self._server = _Server(target, handlers)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The worker's ``AWS_ENDPOINT_URL``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class DeleteGate(FaultySqs):
    """Forwards requests, but keeps deletes waiting until it is closed; then refuses them.

    So a test can act between "stored" and "deleted".

    Args:
        target: the stand-in's URL.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target, {"DeleteMessageBatch": self._wait})
        self._closed = threading.Event()
        self._reached = threading.Event()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        super().__exit__(kind, error, trace)

    def wait_for_delete(self) -> None:
        """Wait for the first delete: its messages have been stored."""
        assert self._reached.wait(DEADLINE), "the worker never deletes"

    def _wait(self, _request: Json, _forward: Callable[[Json], Json]) -> Json:
        self._reached.set()
        self._closed.wait()
        raise Refusal(503, "ServiceUnavailable")


class _Server(ThreadingHTTPServer):
    def __init__(self, target: str, handlers: Mapping[str, Handler]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.netloc = urlsplit(target).netloc
        self.handlers = handlers


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        action = self.headers.get("X-Amz-Target", "").removeprefix(_PREFIX)
        if handler := self.server.handlers.get(action):
            self._answer(*self._handled(handler, json.loads(body)))
        else:
            self._answer(*self._forwarded(body))

    def do_GET(self) -> None:
        self._answer(*self._forwarded(b""))

    def _handled(self, handler: Handler, request: Json) -> tuple[int, bytes]:
        try:
            return 200, json.dumps(handler(request, self._request_forwarded)).encode()
        except Refusal as refusal:
            error = {"__type": f"com.amazonaws.sqs#{refusal.code}", "message": "not now"}
            return refusal.status, json.dumps(error).encode()

    def _request_forwarded(self, request: Json) -> Json:
        answer: Json = json.loads(self._forwarded(json.dumps(request).encode())[1])
        return answer

    def _forwarded(self, body: bytes) -> tuple[int, bytes]:
        headers = {**self.headers, "Content-Length": str(len(body))}
        upstream = http.client.HTTPConnection(self.server.netloc)
        try:
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            return answer.status, answer.read()
        finally:
            upstream.close()

    def _answer(self, status: int, content: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # the worker has been killed meanwhile
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
