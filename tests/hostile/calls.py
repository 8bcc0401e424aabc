"""Make calls with a valid token that are dear to answer; print as JSON what was spent.

HOSTILE_TOKEN=… python -m tests.hostile.calls long-labels 50051 --seconds 10
"""

import argparse
import asyncio
import dataclasses
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
from google.protobuf.message import Message

from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from tests.hostile.connection import Spent

#: Bytes of a batch, about the most that a server takes.
_BATCH: Final = 3_300_000
_HAN: Final = range(0x4E00, 0x9FA0)
#: Revisions by which a call is ahead of the database.
_AHEAD: Final = 1_000_000
#: What a server answers that does not do what it is asked to.
_REFUSALS: Final = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED)


class Attacker:
    """A caller with a valid token.

    Args:
        channel: to the server.
        token: its token.
    """

    def __init__(self, channel: grpc.aio.Channel, token: str) -> None:
        self._stub: Any = SuppressionServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {token}"),)
        self.spent: Final = Spent(connections=1)

    async def call(self, method: str, request: Message) -> Any:
        """Make a call; return the answer, or None if it is refused."""
        self.spent.streams += 1
        self.spent.sent += request.ByteSize()
        try:
            return await getattr(self._stub, method)(request, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            if error.code() not in _REFUSALS:
                raise
            return None


async def long_labels(attacker: Attacker) -> None:
    """Batches of 3.3 MB, each address of a domain that is one label of 250 Han characters."""
    await _batches(attacker, lambda: _label(250))


async def legal_labels(attacker: Attacker) -> None:
    """Batches of 3.3 MB, each address of a domain that is five labels of 45 Han characters."""
    await _batches(attacker, lambda: ".".join(_label(45) for _ in range(5)))


async def revisions_ahead(attacker: Attacker) -> None:
    """One check after the other, each for a revision that the database has not reached."""
    request = rpc.CheckAddressRequest(address="a@example.com")
    newest = await attacker.call("CheckAddress", request)
    database, _, number = newest.revision.partition(".")
    request.min_revision = f"{database}.{int(number) + _AHEAD}"
    while True:
        await attacker.call("CheckAddress", request)


async def long_polls(attacker: Attacker) -> None:
    """1,000 long polls."""
    request = rpc.ListChangesRequest()
    newest = await attacker.call("ListChanges", request)
    request.after_revision = newest.through_revision
    request.max_wait.FromSeconds(60)
    while True:
        await asyncio.gather(*(attacker.call("ListChanges", request) for _ in range(1_000)))


async def _batches(attacker: Attacker, domain: Callable[[], str]) -> None:
    request = rpc.BatchCheckRequest()
    while request.ByteSize() < _BATCH:
        request.addresses.extend(f"a@{domain()}" for _ in range(100))
    while await attacker.call("BatchCheck", request):
        pass
    raise AssertionError("a batch was refused, which costs the server nothing")


def _label(characters: int) -> str:
    return "".join(map(chr, random.choices(_HAN, k=characters)))


#: By name.
CALLS: Final[dict[str, Callable[[Attacker], Awaitable[None]]]] = {
    each.__name__.replace("_", "-"): each
    for each in (long_labels, legal_labels, revisions_ahead, long_polls)
}


def main() -> int:
    """Call until the time is over."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.calls", description=__doc__)
    parser.add_argument("attack", choices=[*CALLS])
    parser.add_argument("port", type=int, help="of 127.0.0.1")
    parser.add_argument("--seconds", type=float, default=2.0, help="until it ends")
    given = parser.parse_args()
    print(given.attack, flush=True)
    spent = asyncio.run(_attack(CALLS[given.attack], given.port, given.seconds))
    print(json.dumps(dataclasses.asdict(spent) | {"cpu_seconds": time.process_time()}), flush=True)
    return 0


async def _attack(
    attack: Callable[[Attacker], Awaitable[None]], port: int, seconds: float
) -> Spent:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        attacker = Attacker(channel, os.environ["HOSTILE_TOKEN"])
        attacking = asyncio.ensure_future(attack(attacker))
        ended, _ = await asyncio.wait({attacking}, timeout=seconds)
        for task in ended:
            task.result()
        attacking.cancel()
        return attacker.spent


if __name__ == "__main__":
    sys.exit(main())
