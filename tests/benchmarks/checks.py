"""The cost of a check, compared with an empty server."""

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg

from suppression import SuppressionClient, WhenUnavailable
from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.store import Store
from tests.benchmarks import h2load, lists
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import Server

BATCH = 1_000
#: One address in this many is on the list.
LISTED_EVERY = 20

_OURS = "BatchCheck of 1,000"


def batch_of(size: int, among: int, seed: int = 1) -> list[str]:
    """Return a batch in which one address in twenty is listed."""
    draw = random.Random(seed)
    return [
        lists.unlisted(draw.randrange(among)) if index % LISTED_EVERY else lists.listed(
            draw.randrange(among)
        )
        for index in range(size)
    ]  # fmt: skip


def single(real: Server, empty: Server, *, rounds: int, calls: int) -> Iterator[Figure]:
    """Compare CheckAddress with an empty call: throughput, latency, CPU."""
    request = rpc.CheckAddressRequest(address=lists.unlisted(7))
    measured = _in_turn(real, empty, "CheckAddress", request, rounds=rounds, calls=calls)
    ours, theirs = measured
    yield Figure(
        "CheckAddress / empty call, throughput",
        [a.calls_per_second / b.calls_per_second for a, b in zip(ours, theirs, strict=True)],
        target=("≥", 0.90),
        note=f"{_median(o.calls_per_second for o in ours):,.0f} calls/s of one process; "
        f"load generator {_median(o.generator_cpu_share for o in ours):.0%} of a core",
    )
    slow = _in_turn(
        real, empty, "CheckAddress", request, rounds=rounds, calls=calls // 4, alone=True
    )
    yield Figure(
        "CheckAddress / empty call, median latency, one at a time",
        [a.median_latency / b.median_latency for a, b in zip(*slow, strict=True)],
        target=("≤", 1.15),
        note=f"{_median(o.median_latency for o in slow[0]):,.0f} µs",
    )
    yield _cpu_ratio("CheckAddress / empty call, server CPU", ours, theirs)


def batch(real: Server, empty: Server, *, entries: int, rounds: int) -> Iterator[Figure]:
    """Compare BatchCheck with a handler that decodes it and returns a prepared answer."""
    request = rpc.BatchCheckRequest(addresses=batch_of(BATCH, entries))
    ours, theirs = _in_turn(
        real, empty, "BatchCheck", request, rounds=rounds, calls=1_500, alone=True
    )
    figure = _cpu_ratio("BatchCheck of 1,000 / prepared answer, server time (CPU)", ours, theirs)
    yield Figure(figure.name, figure.values, target=("≤", 2.0), note=figure.note)
    per_address = _median(o.server_cpu_per_call for o in ours) / BATCH * 1e6
    yield Figure("BatchCheck of 1,000, server CPU an address", [per_address], unit="µs")


def end_to_end(
    real: Server,
    empty: Server,
    postgresql: Store,
    redis_socket: Path,
    *,
    entries: int,
    rounds: int,
) -> Iterator[Figure]:
    """Compare a batch of one Python client with queries to PostgreSQL and to Redis.

    Also with the same client's batch to a server with a prepared answer: the minimum
    for any list behind gRPC and Python.
    """
    import redis  # optional: only this comparison needs it

    url = postgresql.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    batches = [batch_of(BATCH, entries, seed) for seed in range(20)]
    with (
        SuppressionClient(real.target, when_unavailable=WhenUnavailable.RAISE) as client,
        SuppressionClient(empty.target, when_unavailable=WhenUnavailable.RAISE) as prepared,
        psycopg.connect(url, autocommit=True) as connection,
        redis.Redis(unix_socket_path=str(redis_socket)) as store,
    ):
        ways: dict[str, Callable[[list[str]], object]] = {
            _OURS: client.batch_check,
            "SELECT … = ANY on PostgreSQL": lambda addresses: connection.execute(
                "SELECT address FROM suppression WHERE address = ANY(%s) AND removed IS NULL",
                [addresses],
            ).fetchall(),
            "SMISMEMBER on Redis": lambda addresses: store.smismember("suppressed", addresses),
            "prepared answer": prepared.batch_check,
        }
        seconds = {name: [_seconds(way, batches) for _ in range(1)] for name, way in ways.items()}
        for _ in range(rounds):
            for name, way in ways.items():
                seconds[name].append(_seconds(way, batches))
    ours = seconds.pop(_OURS)[1:]
    for name, theirs in seconds.items():
        yield Figure(
            f"{name} / {_OURS}, end to end",
            [b / a for a, b in zip(ours, theirs[1:], strict=True)],
            target=None if name == "prepared answer" else ("≥", 3.0),
            note=f"{_median(ours) / len(batches) * 1e3:.2f} ms against "
            f"{_median(theirs[1:]) / len(batches) * 1e3:.2f} ms a batch",
        )


def _in_turn(
    real: Server,
    empty: Server,
    method: str,
    request: rpc.CheckAddressRequest | rpc.BatchCheckRequest,
    *,
    rounds: int,
    calls: int,
    alone: bool = False,
) -> tuple[list[h2load.Load], list[h2load.Load]]:
    """Load both servers in turn, A B B A …; ``alone`` is one call at a time."""
    shape = {"connections": 1, "streams": 1} if alone else {}
    results: dict[Server, list[h2load.Load]] = {real: [], empty: []}
    for server in (real, empty):  # Warm up.
        h2load.call(server, method, request, calls=calls // 4, **shape)
    orders = itertools.cycle([(real, empty), (empty, real)])
    for order in itertools.islice(orders, rounds):
        for server in order:
            results[server].append(h2load.call(server, method, request, calls=calls, **shape))
    return results[real], results[empty]


def _cpu_ratio(name: str, ours: Sequence[h2load.Load], theirs: Sequence[h2load.Load]) -> Figure:
    a, b = ([load.server_cpu_per_call for load in side] for side in (ours, theirs))
    note = f"{_median(a) * 1e6:,.0f} µs against {_median(b) * 1e6:,.0f} µs"
    return Figure(name, [x / y for x, y in zip(a, b, strict=True)], note=note)


def _seconds(way: Callable[[list[str]], object], batches: list[list[str]]) -> float:
    start = time.perf_counter()
    for addresses in batches:
        way(addresses)
    return time.perf_counter() - start


def _median(values: Sequence[float] | Iterator[float]) -> float:
    return statistics.median(values)
