import asyncio
from collections.abc import Coroutine
from unittest import mock

import pytest
import uvicorn
from uvicorn.server import ServerState

from suppression_ingest.webhook import connections
from suppression_ingest.webhook.connections import TimeoutProtocol

WHOLE = b"POST /sns HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
NO_BODY = b"POST /sns HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"


async def never_run(_scope: object, _receive: object, _send: object) -> None:
    """Stand for an application."""


def given_up(task: Coroutine[None, None, None]) -> mock.Mock:
    """Stand for a task that does not end."""
    task.close()
    return mock.Mock(asyncio.Task)


class Door:
    """Lets connections in, with a clock that goes on by a second for each."""

    def __init__(self) -> None:
        self._state = ServerState()
        self._config = uvicorn.Config(never_run, interface="asgi3", ws="none", log_config=None)
        self._loop = mock.Mock(asyncio.AbstractEventLoop)
        self._loop.time.side_effect = map(float, range(100))
        self._loop.create_task.side_effect = given_up

    def enter(self, sent: bytes = b"") -> tuple[TimeoutProtocol, mock.Mock]:
        """Let one in that says something; give it, and its transport."""
        peer = TimeoutProtocol(self._config, self._state, {}, self._loop)
        transport = mock.Mock(asyncio.Transport)
        transport.is_closing.return_value = False
        peer.connection_made(transport)
        if sent:
            peer.data_received(sent)
        return peer, transport


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """One through which three fit."""
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)
    return Door()


def test_where_there_are_too_many_whoever_has_waited_longest_goes(door: Door) -> None:
    first, second, _ = (door.enter()[1] for _ in range(3))
    door.enter()
    assert first.abort.called
    assert not second.abort.called
    door.enter()
    assert second.abort.called


def test_who_waits_for_an_answer_stays(door: Door) -> None:
    _, asked = door.enter(WHOLE)
    _, silent = door.enter()
    door.enter()
    door.enter()
    assert not asked.abort.called
    assert silent.abort.called


def test_the_rest_of_a_request_may_take_longer_than_nothing_at_all(door: Door) -> None:
    begun, at_work = door.enter()
    _, silent = door.enter()
    begun.data_received(NO_BODY)
    door.enter()
    door.enter()
    assert not at_work.abort.called
    assert silent.abort.called


def test_who_does_not_read_its_answers_is_hung_up_on(door: Door) -> None:
    peer, transport = door.enter(WHOLE)
    peer.pause_writing()
    assert transport.abort.called
