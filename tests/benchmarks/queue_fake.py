"""A fake of SQS with negligible cost: its answers are serialised in advance.

It also serves the certificate of its messages. It runs in a thread of the benchmark.
"""

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

_EMPTY: Final = b'{"Messages":[]}'
_DELETED: Final = b'{"Successful":[],"Failed":[]}'


class QueueFake:
    """Delivers each body once, ten at a time; records when the last was deleted.

    Args:
        bodies: of the messages.
        certificate: PEM, for every GET.
    """

    def __init__(self, bodies: Sequence[str], certificate: bytes) -> None:
        batches = [bodies[start : start + 10] for start in range(0, len(bodies), 10)]
        self._answers = [_answer(number, batch) for number, batch in enumerate(batches)]
        self._answers.reverse()
        self._certificate = certificate
        self._left = len(bodies)
        self._begun = 0.0
        self._seconds = 0.0
        self._done = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def begun(self) -> bool:
        """Whether the first receive has come."""
        return self._begun > 0

    def seconds(self, timeout: float) -> float:
        """Wait for the last delete; return the seconds since the first receive."""
        if not self._done.wait(timeout):
            raise TimeoutError(f"{self._left} messages are not deleted")
        return self._seconds

    def answer(self, method: bytes, target: bytes, body: bytes) -> bytes:
        if method == b"GET":
            return self._certificate
        if target == b"AmazonSQS.ReceiveMessage":
            self._begun = self._begun or time.perf_counter()
            return self._answers.pop() if self._answers else _EMPTY
        if target == b"AmazonSQS.DeleteMessageBatch":
            self._left -= body.count(b'"ReceiptHandle"')
            if self._left <= 0:
                self._seconds = time.perf_counter() - self._begun
                self._done.set()
        return _DELETED

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        serving = self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        server = self._loop.run_until_complete(serving)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


class _Connection(asyncio.Protocol):
    """The part of HTTP that boto3 and requests use."""

    def __init__(self, queue: QueueFake) -> None:
        self._queue = queue
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            lines = head.split(b"\r\n")
            fields = {k.lower(): v for k, _, v in (line.partition(b": ") for line in lines[1:])}
            length = int(fields.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            body, self._received = rest[:length], rest[length:]
            answer = self._queue.answer(
                lines[0].split(b" ")[0], fields.get(b"x-amz-target", b""), body
            )
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(answer), answer)
            )


def _answer(number: int, batch: Sequence[str]) -> bytes:
    messages = [
        {
            "MessageId": f"m-{number}-{index}",
            "ReceiptHandle": f"r-{number}-{index}",
            "Body": body,
            "Attributes": {"ApproximateReceiveCount": "1"},
        }
        for index, body in enumerate(batch)
    ]
    return json.dumps({"Messages": messages}).encode()
