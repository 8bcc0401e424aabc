"""A proxy between the worker and SQS that meddles with what it is asked."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

_PREFIX: Final = "AmazonSQS."

Json = dict[str, Any]
#: Takes a request and a way to pass one on; returns what to answer, or raises a Refusal.
Meddle = Callable[[Json, Callable[[Json], Json]], Json]


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
    """Passes everything on to a stand-in for AWS, and some actions through functions.

    Args:
        target: the stand-in's URL.
        meddle: what happens to which action.
    """

    def __init__(self, target: str, meddle: Mapping[str, Meddle]) -> None:
        self._server = _Server(target, meddle)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where the worker is to look for AWS."""
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


class _Server(ThreadingHTTPServer):
    def __init__(self, target: str, meddle: Mapping[str, Meddle]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.netloc = urlsplit(target).netloc
        self.meddle = meddle


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        action = self.headers.get("X-Amz-Target", "").removeprefix(_PREFIX)
        if meddle := self.server.meddle.get(action):
            self._answer(*self._meddled(meddle, json.loads(body)))
        else:
            self._answer(*self._passed_on(body))

    def do_GET(self) -> None:
        self._answer(*self._passed_on(b""))

    def _meddled(self, meddle: Meddle, request: Json) -> tuple[int, bytes]:
        try:
            return 200, json.dumps(meddle(request, self._request_passed_on)).encode()
        except Refusal as refusal:
            told = {"__type": f"com.amazonaws.sqs#{refusal.code}", "message": "not now"}
            return refusal.status, json.dumps(told).encode()

    def _request_passed_on(self, request: Json) -> Json:
        answer: Json = json.loads(self._passed_on(json.dumps(request).encode())[1])
        return answer

    def _passed_on(self, body: bytes) -> tuple[int, bytes]:
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
