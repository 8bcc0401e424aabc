"""A proxy between the worker and SQS that meddles with batch deletes."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

_DELETE: Final = "AmazonSQS.DeleteMessageBatch"

Json = dict[str, Any]
#: Takes a batch delete and a way to pass one on; returns what to answer.
Meddle = Callable[[Json, Callable[[Json], Json]], Json]


class FaultyDeletes:
    """Passes everything on to a stand-in for AWS, and batch deletes through a function.

    Args:
        target: the stand-in's URL.
        meddle: what happens to batch deletes.
    """

    def __init__(self, target: str, meddle: Meddle) -> None:
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
    def __init__(self, target: str, meddle: Meddle) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.netloc = urlsplit(target).netloc
        self.meddle = meddle


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("X-Amz-Target") == _DELETE:
            answer = self.server.meddle(json.loads(body), self._delete_passed_on)
            self._answer(200, json.dumps(answer).encode())
        else:
            self._answer(*self._passed_on(body))

    def do_GET(self) -> None:
        self._answer(*self._passed_on(b""))

    def _delete_passed_on(self, delete: Json) -> Json:
        answer: Json = json.loads(self._passed_on(json.dumps(delete).encode())[1])
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
