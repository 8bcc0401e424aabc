"""The cost of a check, compared with an empty server."""

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

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


class Servers(NamedTuple):
    """What is measured side by side.

    Args:
        empty: of grpc.aio, whose handlers return prepared answers.
        grpcio: the service on grpcio.
        envoy: the service on Envoy.
    """

    empty: Server
    grpcio: Server
    envoy: Server


def single(servers: Servers, *, rounds: int, calls: int) -> Iterator[Figure]:
    """Compare CheckAddress with an empty call of grpc.aio: throughput, latency, CPU."""
    request = rpc.CheckAddressRequest(address=lists.unlisted(7))
    loads = _in_turn(servers, "CheckAddress", request, rounds=rounds, calls=calls)
    slow = _in_turn(servers, "CheckAddress", request, rounds=rounds, calls=calls // 4, alone=True)
    for name, throughput, latency, cpu in (("grpcio", 0.90, 1.15, None), ("envoy", 2.5, 1.0, 0.45)):
        ours, theirs = loads[name], loads["empty"]
        yield Figure(
            f"CheckAddress on {name} / empty call of grpc.aio, throughput",
            [a.calls_per_second / b.calls_per_second for a, b in zip(ours, theirs, strict=True)],
            target=("≥", throughput),
            note=f"{_median(o.calls_per_second for o in ours):,.0f} calls/s of one process; "
            f"load generator {_median(o.generator_cpu_share for o in ours):.0%} of a core",
        )
        ours, theirs = slow[name], slow["empty"]
        yield Figure(
            f"CheckAddress on {name} / empty call of grpc.aio, median latency, one at a time",
            [a.median_latency / b.median_latency for a, b in zip(ours, theirs, strict=True)],
            target=("≤", latency),
            note=f"{_median(o.median_latency for o in ours):,.0f} µs",
        )
        what = f"CheckAddress on {name} / empty call of grpc.aio, server CPU"
        yield _cpu_ratio(what, loads[name], loads["empty"], ("≤", cpu) if cpu else None)


def batch(servers: Servers, *, entries: int, rounds: int) -> Iterator[Figure]:
    """Compare BatchCheck with a handler that decodes it and returns a prepared answer."""
    request = rpc.BatchCheckRequest(addresses=batch_of(BATCH, entries))
    loads = _in_turn(servers, "BatchCheck", request, rounds=rounds, calls=1_500, alone=True)
    for name in ("grpcio", "envoy"):
        what = f"BatchCheck of 1,000 on {name} / prepared answer, server time (CPU)"
        yield _cpu_ratio(what, loads[name], loads["empty"], ("≤", 2.0))
        per_address = _median(o.server_cpu_per_call for o in loads[name]) / BATCH * 1e6
        yield Figure(
            f"BatchCheck of 1,000 on {name}, server CPU an address", [per_address], unit="µs"
        )


class DomainServers(NamedTuple):
    """Two servers with the same addresses, of which one also has entries of domains."""

    without: Server
    domains: Server


def domains(servers: DomainServers, *, entries: int, rounds: int, calls: int) -> Iterator[Figure]:
    """Compare checks with and without entries of domains."""
    request = rpc.CheckAddressRequest(address=lists.unlisted(7))
    singles = _in_turn(servers, "CheckAddress", request, rounds=rounds, calls=calls)
    yield Figure(
        "CheckAddress with entries of domains / without, throughput",
        [
            a.calls_per_second / b.calls_per_second
            for a, b in zip(singles["domains"], singles["without"], strict=True)
        ],
        target=("≥", 0.9),
    )
    what = "CheckAddress with entries of domains / without, server CPU"
    yield _cpu_ratio(what, singles["domains"], singles["without"], ("≤", 1.1))
    addresses = batch_of(BATCH, entries)
    blocked = [f"jane@{lists.domain(number)}" for number in range(BATCH // LISTED_EVERY)]
    for name, some in (
        ("BatchCheck of 1,000", addresses),
        ("BatchCheck of 1,000, of which 50 are of such domains,", blocked + addresses[50:]),
    ):
        batch = rpc.BatchCheckRequest(addresses=some)
        loads = _in_turn(servers, "BatchCheck", batch, rounds=rounds, calls=1_500, alone=True)
        what = f"{name} with entries of domains / without, server CPU"
        yield _cpu_ratio(what, loads["domains"], loads["without"], ("≤", 1.1))


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
    servers: Servers | DomainServers,
    method: str,
    request: rpc.CheckAddressRequest | rpc.BatchCheckRequest,
    *,
    rounds: int,
    calls: int,
    alone: bool = False,
) -> dict[str, list[h2load.Load]]:
    """Load the servers in turn, A B C C B A …; ``alone`` is one call at a time."""
    shape = {"connections": 1, "streams": 1} if alone else {}
    names = servers._fields
    results: dict[str, list[h2load.Load]] = {name: [] for name in names}
    for server in servers:  # Warm up.
        h2load.call(server, method, request, calls=calls // 4, **shape)
    for order in itertools.islice(itertools.cycle([names, names[::-1]]), rounds):
        for name in order:
            server = getattr(servers, name)
            results[name].append(h2load.call(server, method, request, calls=calls, **shape))
    return results


def _cpu_ratio(
    name: str,
    ours: Sequence[h2load.Load],
    theirs: Sequence[h2load.Load],
    target: tuple[Literal["≥", "≤"], float] | None = None,
) -> Figure:
    a, b = ([load.server_cpu_per_call for load in side] for side in (ours, theirs))
    note = f"{_median(a) * 1e6:,.0f} µs against {_median(b) * 1e6:,.0f} µs"
    ratios = [x / y for x, y in zip(a, b, strict=True)]
    return Figure(name, ratios, target=target, note=note)


def _seconds(way: Callable[[list[str]], object], batches: list[list[str]]) -> float:
    start = time.perf_counter()
    for addresses in batches:
        way(addresses)
    return time.perf_counter() - start


def _median(values: Sequence[float] | Iterator[float]) -> float:
    return statistics.median(values)
