"""The ASGI application that Envoy loads, with a loop for each port as pyvoy has it."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, cast

import pytest

from suppression_service.server.transport.envoy.asgi import Event, Receive, Scope, Send
from suppression_service.server.transport.envoy.hosted import Hosted
from suppression_service.server.transport.envoy.transport import EnvoyTransport


class FakeTransport:
    """Answers every request with the number of its loop."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.started.set()

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        event = await receive()
        await send({"loop": id(asyncio.get_running_loop()), "asked": event["question"]})


class Port:
    """A port: a thread with a loop, as pyvoy starts one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def start(self, app: Hosted) -> None:
        """Begin a lifespan, and return once its start is complete."""
        complete = threading.Event()

        async def receive() -> Event:
            if complete.is_set():
                await asyncio.Event().wait()
            return {"type": "lifespan.startup"}

        async def send(_event: Event) -> None:
            complete.set()

        asyncio.run_coroutine_threadsafe(app({"type": "lifespan"}, receive, send), self.loop)
        assert complete.wait(10)

    def ask(self, app: Hosted, question: str) -> Event:
        """Return what a request at this port is answered."""
        answers: list[Event] = []

        async def receive() -> Event:
            assert asyncio.get_running_loop() is self.loop
            return {"question": question}

        async def send(event: Event) -> None:
            assert asyncio.get_running_loop() is self.loop
            answers.append(event)

        asking = app({"type": "http"}, receive, send)
        asyncio.run_coroutine_threadsafe(asking, self.loop).result(10)
        return answers[0]

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                self.loop.run_until_complete(task)
        self.loop.close()


@pytest.fixture
def ports() -> Iterator[tuple[Port, Port]]:
    both = Port(), Port()
    yield both
    for port in both:
        port.stop()


def hosted(begun: list[str], monkeypatch: pytest.MonkeyPatch) -> Hosted:
    async def serve() -> int:
        await asyncio.Event().wait()
        return 0

    def begin() -> tuple[EnvoyTransport, Coroutine[Any, Any, int]]:
        begun.append("service")
        return cast("EnvoyTransport", FakeTransport()), serve()

    # It would end the process of the tests.
    async def wait(serve: Coroutine[Any, Any, int], _transport: object) -> None:
        await serve

    monkeypatch.setattr("suppression_service.server.transport.envoy.hosted._end_with", wait)
    return Hosted(begin)


def test_a_second_port_begins_no_second_service(
    ports: tuple[Port, Port], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    app = hosted(begun, monkeypatch)
    for port in ports:
        port.start(app)
    assert begun == ["service"]


def test_the_requests_of_every_port_are_answered_in_the_loop_of_the_service(
    ports: tuple[Port, Port], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = hosted([], monkeypatch)
    for port in ports:
        port.start(app)
    answers = [port.ask(app, "ready?") for port in ports]
    assert answers == [{"loop": id(ports[0].loop), "asked": "ready?"}] * 2
