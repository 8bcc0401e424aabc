"""A fake of Lambda's Runtime API, to which AWS's own runtime client connects.

Source: "Using the Lambda runtime API for custom runtimes" in the Lambda developer guide.
"""

import json
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from tests.support.processes import DEADLINE

Json = dict[str, Any]

_PATH: Final = "/2018-06-01/runtime/"


class Answer(NamedTuple):
    """What the function answered, or the error that it raised."""

    body: Any
    error: bool


class LambdaRuntime:
    """Gives invocations to one process of a function."""

    def __init__(self) -> None:
        self.invocations: queue.Queue[Json | None] = queue.Queue()
        self.answers: queue.Queue[Answer] = queue.Queue()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def command(self, handler: str) -> list[str]:
        """Return the command that runs a function."""
        return [sys.executable, "-m", "awslambdaric", handler]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that Lambda sets for a function."""
        return {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "suppression",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "suppression",
            "AWS_LAMBDA_LOG_STREAM_NAME": "1",
            "AWS_REGION": "eu-west-1",
        }

    def invoke(self, event: Json) -> Answer:
        """Invoke the function once; return its answer."""
        self.invocations.put(event)
        return self.answers.get(timeout=DEADLINE)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.invocations.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, runtime: LambdaRuntime) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runtime = runtime


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        assert self.path == f"{_PATH}invocation/next"
        event = self.server.runtime.invocations.get()
        if event is None:
            return
        self._answer(200, json.dumps(event))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
        failed = self.path.endswith("/error")
        self.server.runtime.answers.put(Answer(body, failed))
        self._answer(202, "{}")

    def _answer(self, status: int, content: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/json")
        self.send_header("Lambda-Runtime-Aws-Request-Id", "1")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:suppression",
        )
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
