"""Time from a commit of another process to the verdict, and rate of durable writes."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator

import grpc

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.store import NewSuppression, Reason, Store
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import Server

CALLERS = 64


def freshness(server: Server, store: Store, engine: str, *, commits: int) -> Figure:
    """Measure the time from commit to verdict, with continuous checks on 8 connections.

    The kernel spreads connections over the processes at random. The last connection
    that sees the entry counts.
    """
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(server.target, options) for _ in range(8)]
    stubs = [SuppressionServiceStub(channel) for channel in channels]
    seconds = [_until_all_see(stubs, store, f"fresh{number}@{time.time_ns()}.example.com")
               for number in range(commits)]  # fmt: skip
    for channel in channels:
        channel.close()
    p99 = statistics.quantiles(seconds, n=100)[98] * 1e3
    return Figure(
        f"commit → verdict on {engine}, p99 of {commits}, the slowest of 8 connections",
        [p99],
        unit="ms",
        target=("≤", 250),
        note=f"median {statistics.median(seconds) * 1e3:.0f} ms",
    )


def _until_all_see(stubs: list[SuppressionServiceStub], store: Store, address: str) -> float:
    with store.write() as transaction:
        transaction.suppress([NewSuppression(address, Reason.MANUAL)])
    committed = time.perf_counter()
    waiting = list(stubs)
    request = rpc.CheckAddressRequest(address=address)
    while waiting:
        waiting = [s for s in waiting if s.CheckAddress(request).verdict == pb.VERDICT_SEND]
    return time.perf_counter() - committed


def writes(server: Server, engine: str, *, seconds: float, rounds: int) -> Figure:
    """Measure acknowledged Suppress calls from 64 concurrent callers."""
    rates = [asyncio.run(_writes_a_second(server, seconds)) for _ in range(rounds)]
    return Figure(
        f"Suppress on {engine}, {CALLERS} callers, acknowledged and durable",
        rates,
        unit="/s",
        target=("≥", 1_000),
    )


async def _writes_a_second(server: Server, seconds: float) -> float:
    numbers = itertools.count(time.time_ns())
    start = time.perf_counter()
    async with grpc.aio.insecure_channel(server.target) as channel:
        stub = SuppressionServiceStub(channel)
        done = await asyncio.gather(
            *(_write_on(stub, numbers, start + seconds) for _ in range(CALLERS))
        )
    return sum(done) / (time.perf_counter() - start)


async def _write_on(stub: SuppressionServiceStub, numbers: Iterator[int], until: float) -> int:
    done = 0
    while time.perf_counter() < until:
        address = f"w{next(numbers)}@example.com"
        await stub.Suppress(rpc.SuppressRequest(address=address, reason=pb.REASON_MANUAL))
        done += 1
    return done
