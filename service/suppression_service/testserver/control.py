"""The control port: a test orders faults there, and reads which calls arrived.

It uses HTTP and JSON, so that a test in any language needs no stubs.
clients/conformance/README.md has the requests.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from suppression_service.testserver.door import Door
from suppression_service.testserver.faults import Fault, MethodName
from suppression_service.testserver.lists import Lists
from suppression_service.testserver.tokens import token_in

_MAX_BODY: Final = 16 * 1024 * 1024

Json: TypeAlias = dict[str, Any]


class _Seen(BaseModel):
    model_config = ConfigDict(extra="forbid")

    method: MethodName | None = None


class _Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NoSuchRequest(Exception):
    """The control port has no request of that name."""


class Control:
    """Carries out requests, on the event loop of the server."""

    def __init__(self, lists: Lists, door: Door) -> None:
        self._lists = lists
        self._door = door
        self._requests: dict[str, Callable[[str, Json], Awaitable[Json]]] = {
            "/faults": self._faults,
            "/seen": self._seen,
            "/restart": self._restart,
            "/stop": self._stop,
            "/start": self._start,
        }

    async def answer(self, path: str, token: str, body: Json) -> Json:
        """Carry out a request for the list of a token.

        Raises:
            NoSuchRequest: no request has that path.
            ValidationError: the body is invalid.
        """
        if path not in self._requests:
            raise NoSuchRequest(f"no such request; there are {', '.join(self._requests)}")
        return await self._requests[path](token, body)

    async def _faults(self, token: str, body: Json) -> Json:
        (await self._lists.of(token)).faults.add(Fault.model_validate(body))
        return {}

    async def _seen(self, token: str, body: Json) -> Json:
        asked = _Seen.model_validate(body)
        return (await self._lists.of(token)).traffic.seen(asked.method)

    async def _restart(self, token: str, body: Json) -> Json:
        await self._stop(token, body)
        return await self._start(token, body)

    async def _stop(self, _token: str, body: Json) -> Json:
        _Nothing.model_validate(body)
        self._door.shut()
        return {}

    async def _start(self, _token: str, body: Json) -> Json:
        _Nothing.model_validate(body)
        await self._door.open()
        return {}


@contextlib.contextmanager
def listening(control: Control, listen: str) -> Iterator[str]:
    """Answer requests in threads for the length of the block; yield HOST:PORT.

    Raises:
        OSError: the address is taken.
    """
    host, _, port = listen.rpartition(":")
    loop = asyncio.get_running_loop()

    class Handler(_Handler):
        def carry_out(self, path: str, token: str, body: Json) -> Json:
            answer = control.answer(path, token, body)
            return asyncio.run_coroutine_threadsafe(answer, loop).result()

    with ThreadingHTTPServer((host, int(port)), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, name="control", daemon=True)
        thread.start()
        try:
            yield f"{host}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def carry_out(self, path: str, token: str, body: Json) -> Json:
        raise NotImplementedError

    def do_POST(self) -> None:
        try:
            self._reply(200, self.carry_out(self.path, self._token(), self._body()))
        except ValidationError as error:
            faults = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            self._reply(400, {"error": "; ".join(faults)})
        except (NoSuchRequest, ValueError) as error:
            self._reply(400, {"error": str(error)})

    def _token(self) -> str:
        return token_in(self.headers.get("authorization", ""))

    def _body(self) -> Json:
        length = int(self.headers.get("content-length") or 0)
        if not 0 <= length <= _MAX_BODY:
            raise ValueError("the body is too long")
        body = json.loads(self.rfile.read(length) or "{}")
        if not isinstance(body, dict):
            raise ValueError("the body is no JSON object")  # noqa: TRY004 - a wrong value
        return body

    def _reply(self, status: int, answer: Json) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Log nothing: standard error is for errors."""
