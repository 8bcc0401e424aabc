"""A gate between the worker and SQS that can be shut for deletes.

It gives a test the moment between "stored" and "deleted", which is else too short
to hit.
"""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from tests.processes import DEADLINE

_DELETE: Final = "AmazonSQS.DeleteMessageBatch"


class Gate:
    """Passes requests on to a stand-in for AWS, except deletes while it is shut.

    Args:
        target: the stand-in's URL.
    """

    def __init__(self, target: str) -> None:
        self._open = threading.Event()
        self._reached = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(target))
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
        self._open.set()
        self._server.shutdown()
        self._server.server_close()

    def wait_for_delete(self) -> None:
        """Wait until a delete stands before the gate: what it is about has been stored."""
        assert self._reached.wait(DEADLINE), "the worker never deletes"

    def _handler(self, target: str) -> type[BaseHTTPRequestHandler]:
        gate, netloc = self, urlsplit(target).netloc

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("X-Amz-Target") == _DELETE:
                    gate._reached.set()
                    gate._open.wait()
                    return
                self._pass_on(body)

            def do_GET(self) -> None:
                self._pass_on(b"")

            def _pass_on(self, body: bytes) -> None:
                upstream = http.client.HTTPConnection(netloc)
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get_content_type())
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler
