"""The attacks on the gRPC port. None has a valid token.

Each opens its connections again when the server closes them, and goes on until it is cancelled.
"""

import asyncio
import contextlib
import gzip
import itertools
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Final

from tests.hostile.connection import Connection, Spent, connect
from tests.support import http2
from tests.support.http2 import CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, frame

#: Seconds before a connection that was closed or refused is opened again.
_PAUSE: Final = 0.05
#: Nobody's, but of the right form.
_TOKEN: Final = {"authorization": f"Bearer {secrets.token_urlsafe(32)}"}
#: A batch that is small to send and large in memory: addresses of no characters.
_EMPTY_ADDRESS: Final = b"\x0a\x00"
#: Bytes of the longest messages: one that the server may take, and one that it must not.
_SIZES: Final = (3_300_000, 16_000_000)
_REFLECTION: Final = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
#: Asks for the file with a symbol (field 4), and gets all files that it imports as well.
_SYMBOL: Final = b"suppression.v1.SuppressionService"
_QUESTION: Final = http2.prefixed(b"\x22" + bytes((len(_SYMBOL),)) + _SYMBOL)
_LARGEST_WINDOW: Final = 2**31 - 1

_GREETING: Final = http2.PREFACE + http2.settings()
_CHECK: Final = http2.block("CheckAddress", _TOKEN)
_EMPTY_CALL: Final = http2.prefixed(b"")
_JSON_CHECK: Final = http2.block("CheckAddress", {**_TOKEN, "content-type": "application/json"})
_JSON: Final = b'{"address": "jane@example.com"}'

Behaviour = Callable[[Connection], Awaitable[None]]


class Attacker:
    """Opens the connections of an attack.

    Args:
        port: of 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.spent: Final = Spent()

    async def connections(self, count: int, behaviour: Behaviour, *, buffer: int = 0) -> None:
        """Keep connections open that behave in one way."""
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(self._again_and_again(behaviour, buffer))

    async def _again_and_again(self, behaviour: Behaviour, buffer: int) -> None:
        while True:
            try:
                connection = await connect(self._port, self.spent, buffer=buffer)
            except OSError:
                self.spent.refused += 1
            else:
                with contextlib.closing(_Aborted(connection)), contextlib.suppress(OSError):
                    await behaviour(connection)
            await asyncio.sleep(_PAUSE)


class _Aborted:
    def __init__(self, connection: Connection) -> None:
        self.close = connection.abort


async def no_attack(attacker: Attacker) -> None:
    """Nothing, to compare with."""
    await asyncio.Event().wait()


async def gzip_bombs(attacker: Attacker) -> None:
    """200 connections, each with a batch of 16 kB that is 16 MB without gzip."""
    bombs = [
        http2.prefixed(gzip.compress(_EMPTY_ADDRESS * (size // 2)), compressed=True)
        for size in _SIZES
    ]
    encoded = http2.block("BatchCheck", {**_TOKEN, "grpc-encoding": "gzip"})

    async def behaviour(connection: Connection) -> None:
        await connection.send(_GREETING)
        for bomb in itertools.cycle(reversed(bombs)):
            stream = connection.new_stream()
            opening = frame(HEADERS, encoded, stream, END_HEADERS)
            await connection.send(opening + frame(DATA, bomb, stream, END_STREAM))
            await _answered(connection, stream)

    await attacker.connections(200, behaviour)


async def large_messages(attacker: Attacker) -> None:
    """200 connections, each with a message of 3.3 MB, or one that says it has 16 MB."""
    messages = [memoryview(http2.prefixed(_EMPTY_ADDRESS * (size // 2))) for size in _SIZES]

    async def behaviour(connection: Connection) -> None:
        await connection.send(_GREETING)
        for message in itertools.cycle(messages):
            stream = _open(connection, "BatchCheck", opened := bytearray())
            connection.upload(stream, message, whole=True)
            await connection.send(bytes(opened))
            await _answered(connection, stream)

    await attacker.connections(200, behaviour)


async def half_messages(attacker: Attacker) -> None:
    """50 connections of 100 calls, of which each sends half of a message and waits."""
    size = _SIZES[0]
    half = memoryview(http2.prefixed(_EMPTY_ADDRESS * (size // 4), length=size))

    async def behaviour(connection: Connection) -> None:
        await connection.send(_GREETING)
        ended: Iterable[int] = range(100)
        while True:
            opened = bytearray()
            for _ in ended:
                stream = _open(connection, "BatchCheck", opened)
                connection.upload(stream, half, whole=False)
            await connection.send(bytes(opened))
            ended = await connection.read()

    await attacker.connections(50, behaviour)


async def open_streams(attacker: Attacker) -> None:
    """8 connections, each with 5,000 calls that begin and send no message."""
    await attacker.connections(
        8, _streams(5_000, lambda stream: frame(HEADERS, _CHECK, stream, END_HEADERS))
    )


async def busy_streams(attacker: Attacker) -> None:
    """20 connections of 100 calls, each made again as soon as it is answered."""
    await attacker.connections(20, _streams(100, _check))


def _streams(count: int, call: Callable[[int], bytes]) -> Behaviour:
    async def behaviour(connection: Connection) -> None:
        await connection.send(_GREETING)
        ended = count
        while True:
            calls = (call(connection.new_stream()) for _ in range(ended))
            await connection.send(b"".join(calls))
            ended = len(await connection.read())

    return behaviour


async def busy_json(attacker: Attacker) -> None:
    """The same in JSON, which takes the server longer to read."""

    def call(stream: int) -> bytes:
        headers = frame(HEADERS, _JSON_CHECK, stream, END_HEADERS)
        return headers + frame(DATA, _JSON, stream, END_STREAM)

    await attacker.connections(20, _streams(100, call))


async def rapid_resets(attacker: Attacker) -> None:
    """8 connections that begin calls and cancel them, as fast as the server reads."""

    async def behaviour(connection: Connection) -> None:
        await connection.send(_GREETING)
        async with asyncio.TaskGroup() as group:
            group.create_task(connection.discard())
            group.create_task(reset_for_ever(connection))

    async def reset_for_ever(connection: Connection) -> None:
        while True:
            streams = (connection.new_stream() for _ in range(500))
            await connection.send(
                b"".join(
                    frame(HEADERS, _CHECK, stream, END_HEADERS) + http2.reset(stream)
                    for stream in streams
                )
            )

    await attacker.connections(8, _one_error(behaviour))


async def slow_readers(attacker: Attacker) -> None:
    """40 connections that ask for long answers, then for short ones; they read none of them."""
    reflection = http2.block(_REFLECTION, _TOKEN)

    def asking(greeting: bytes) -> Behaviour:
        async def behaviour(connection: Connection) -> None:
            await connection.send(greeting)
            for _ in range(100):
                stream = connection.new_stream()
                opening = frame(HEADERS, reflection, stream, END_HEADERS)
                await connection.send(opening + frame(DATA, _QUESTION, stream) * 5)
            while True:
                await connection.send(b"".join(_check(connection.new_stream()) for _ in range(100)))

        return behaviour

    # Half of them let the server write, until the network takes no more; half give it no window.
    more = http2.window_update(_LARGEST_WINDOW - http2.FIRST_WINDOW)
    widest = http2.PREFACE + http2.settings(_LARGEST_WINDOW) + more
    async with asyncio.TaskGroup() as group:
        group.create_task(attacker.connections(20, asking(widest), buffer=4096))
        group.create_task(attacker.connections(20, asking(http2.PREFACE + http2.settings(0))))


async def unread_pings(attacker: Attacker) -> None:
    """20 connections that ping and change settings without an end, and read no answer."""
    ping = frame(http2.PING, bytes(8))
    flood = (ping + http2.settings()) * 1_000

    async def behaviour(connection: Connection) -> None:
        await connection.send(_GREETING)
        while True:
            await connection.send(flood)

    await attacker.connections(20, behaviour, buffer=4096)


async def many_connections(attacker: Attacker) -> None:
    """5,000 connections: half say nothing, half greet; and 50 that come and go."""

    def greeting(data: bytes) -> Behaviour:
        async def behaviour(connection: Connection) -> None:
            await connection.send(data)
            await connection.discard()

        return behaviour

    async def going(connection: Connection) -> None:
        await connection.send(_GREETING)

    async with asyncio.TaskGroup() as group:
        group.create_task(attacker.connections(2_500, greeting(b"")))
        group.create_task(attacker.connections(2_500, greeting(_GREETING)))
        group.create_task(attacker.connections(50, going))


async def header_floods(attacker: Attacker) -> None:
    """24 connections: headers without an end, 2,000 headers a call, 4 kB repeated 12,000 times."""
    endless = frame(CONTINUATION, http2.field("x", "y" * 8_000) * 2, 1)
    many = _CHECK + b"".join(http2.field(f"x{n}", "") for n in range(2_000))
    # The first place of the table that is not HTTP/2's own.
    bomb = _CHECK + http2.field("x", "y" * 4_000, remembered=True) + b"\xbe" * 12_000

    async def without_end(connection: Connection) -> None:
        await connection.send(_GREETING + frame(HEADERS, _CHECK, connection.new_stream()))
        while True:
            await connection.send(endless)

    def calls(block: bytes) -> Behaviour:
        async def behaviour(connection: Connection) -> None:
            await connection.send(_GREETING)
            while True:
                stream = connection.new_stream()
                head, rest = block[:16_000], block[16_000:]
                opening = frame(HEADERS, head, stream, END_STREAM | (0 if rest else END_HEADERS))
                while rest:
                    head, rest = rest[:16_000], rest[16_000:]
                    opening += frame(CONTINUATION, head, stream, 0 if rest else END_HEADERS)
                await connection.send(opening)
                await _answered(connection, stream)

        return behaviour

    async with asyncio.TaskGroup() as group:
        for behaviour in (without_end, calls(many), calls(bomb)):
            group.create_task(attacker.connections(8, behaviour))


#: By name.
ATTACKS: Final[dict[str, Callable[[Attacker], Coroutine[None, None, None]]]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        no_attack,
        gzip_bombs,
        large_messages,
        half_messages,
        open_streams,
        busy_streams,
        busy_json,
        rapid_resets,
        slow_readers,
        unread_pings,
        many_connections,
        header_floods,
    )
}


async def _answered(connection: Connection, stream: int) -> None:
    while stream not in await connection.read():
        pass


def _check(stream: int) -> bytes:
    headers = frame(HEADERS, _CHECK, stream, END_HEADERS)
    return headers + frame(DATA, _EMPTY_CALL, stream, END_STREAM)


def _open(connection: Connection, method: str, opened: bytearray) -> int:
    stream = connection.new_stream()
    opened += frame(HEADERS, http2.block(method, _TOKEN), stream, END_HEADERS)
    return stream


def _one_error(behaviour: Behaviour) -> Behaviour:
    """Make one error of the group that a behaviour's tasks end with."""

    async def alone(connection: Connection) -> None:
        try:
            await behaviour(connection)
        except* OSError:
            pass

    return alone
