"""The checks alone, from encoded request to encoded answer, without a transport.

Everything runs in one thread of this process, in turn, and its CPU time is measured. So the
figures can be compared on a machine that has other work.
"""

import datetime as dt
import itertools
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence

import numpy as np
import xxhash

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server import wire
from suppression_service.server.checks import Checks
from suppression_service.server.replica.replica import Replica, State
from suppression_service.server.replica.table import Table
from suppression_service.server.settings import MAX_BATCH
from suppression_service.store import Identity, Reason
from suppression_service.store.models import domain_key
from suppression_service.store.replication import DOMAIN_MARK, SUBDOMAINS_MARK, Change, fingerprint
from tests.benchmarks import lists
from tests.benchmarks.checks import BATCH, batch_of
from tests.benchmarks.figures import Figure

#: Entries of a generated list that have real addresses; the others are random.
_REAL = 10_000
#: Entries of domains, half of which include subdomains.
_DOMAINS = 10_000
_SEED = 5
#: Different requests, so that their bytes are not in the caches of the processor.
_REQUESTS = 50
#: One address in this many is unusual, in a batch that has some.
_UNUSUAL_EVERY = 100

_Way = Callable[[bytes], object]


def handlers(*, entries: int, rounds: int) -> Iterator[Figure]:
    """Measure the handlers of BatchCheck and CheckAddress."""
    replica, checks = _replica(entries), Checks()

    def batch(message: bytes) -> bytes:
        request = wire.batch_request(message, MAX_BATCH)
        return _finished(checks.batch(lambda: replica, request))

    def single(message: bytes) -> bytes:
        return checks.single(replica, wire.check_request(message))

    batches = [batch_of(BATCH, _REAL, seed) for seed in range(_REQUESTS)]
    ordinary = [_batch(addresses) for addresses in batches]
    mixed = [_batch(_with_unusual(addresses)) for addresses in batches]
    ours, texts, unusual = _in_turn([(batch, ordinary), (_texts, ordinary), (batch, mixed)], rounds)
    yield _ratio("BatchCheck of 1,000 / reading its addresses as texts, CPU", ours, texts)
    yield _ratio("BatchCheck with 10 unusual addresses / none, CPU", unusual, ours, 1.5)

    checked = [_check(lists.unlisted(number)) for number in range(_REQUESTS * 20)]
    (alone,) = _in_turn([(single, checked)], rounds)
    yield Figure("CheckAddress, CPU of the check alone", alone, unit="µs")

    yield from _domains(replica, ordinary, checked, rounds)

    # What a caller can put into 3 MB.
    many = [b"\n\0" * 1_500_000]
    counted, decoded = _in_turn([(_is_too_large, many), (_texts, many)], rounds)
    yield _ratio("counting 1,500,000 empty addresses / decoding them, CPU", counted, decoded, 0.5)


def _domains(
    without: Replica, batches: list[bytes], checked: list[bytes], rounds: int
) -> Iterator[Figure]:
    """Measure the checks of a list with entries of domains, and of the same list without."""
    marks = (DOMAIN_MARK, DOMAIN_MARK | SUBDOMAINS_MARK)
    replica = without.copy()
    replica.apply(
        [
            Change(
                fingerprint(domain_key(lists.domain(number)), _SEED) % 2**64,
                marks[number % 2] | Reason.MANUAL,
                removed=False,
            )
            for number in range(_DOMAINS)
        ],
        State(2, without.state.as_of),
    )
    replica.rebase(replica.base.with_changes(replica.pending_changes()), replica.state)

    def ways(replica: Replica) -> tuple[_Way, _Way]:
        checks = Checks()
        return (
            lambda message: checks.batch_at_once(replica, wire.batch_request(message, MAX_BATCH)),
            lambda message: checks.single(replica, wire.check_request(message)),
        )

    (some, one), (plain_some, plain_one) = ways(replica), ways(without)
    ours, plain = _in_turn([(some, batches), (plain_some, batches)], rounds)
    yield _ratio(f"BatchCheck of 1,000 with {_DOMAINS:,} domains / none, CPU", ours, plain)
    ours, plain = _in_turn([(one, checked), (plain_one, checked)], rounds)
    yield _ratio(f"CheckAddress with {_DOMAINS:,} domains / none, CPU", ours, plain)


def _finished(answer: Coroutine[object, None, bytes]) -> bytes:
    """Return the result of a coroutine that waits for nothing, without an event loop."""
    try:
        answer.send(None)
    except StopIteration as end:
        return bytes(end.value)
    raise AssertionError("it waits")


def _replica(entries: int) -> Replica:
    fingerprints = np.random.default_rng(1).integers(0, 2**64 - 1, entries, dtype=np.uint64)
    for number in range(_REAL):
        address = lists.listed(number).encode()
        fingerprints[number] = xxhash.xxh3_64_intdigest(address, _SEED)
    words = np.full(entries, int(Reason.HARD_BOUNCE), dtype=np.uint64)
    state = State(1, dt.datetime.now(dt.UTC))
    return Replica(Identity("db", _SEED), Table.of([(fingerprints, words)]), state)


def _with_unusual(addresses: list[str]) -> list[str]:
    return [
        f"{address} " if index % _UNUSUAL_EVERY == 0 else address
        for index, address in enumerate(addresses)
    ]


def _batch(addresses: list[str]) -> bytes:
    return rpc.BatchCheckRequest(addresses=addresses).SerializeToString()


def _check(address: str) -> bytes:
    return rpc.CheckAddressRequest(address=address).SerializeToString()


def _texts(message: bytes) -> list[str]:
    return rpc.BatchCheckRequest.FromString(message).addresses[:]


def _is_too_large(message: bytes) -> bool:
    number = rpc.BatchCheckRequest.ADDRESSES_FIELD_NUMBER
    return wire.exceeds(message, number, MAX_BATCH)


def _in_turn(ways: Sequence[tuple[_Way, list[bytes]]], rounds: int) -> list[list[float]]:
    """Return for each way its µs a message, a value for each round."""
    measured: list[list[float]] = [[] for _ in ways]
    orders = itertools.cycle([list(enumerate(ways)), list(enumerate(ways))[::-1]])
    for order in itertools.islice(orders, rounds + 1):
        for index, (way, messages) in order:
            start = time.thread_time()
            for message in messages:
                way(message)
            measured[index].append((time.thread_time() - start) / len(messages) * 1e6)
    return [values[1:] for values in measured]  # The first round warms up.


def _ratio(
    name: str, ours: list[float], theirs: list[float], at_most: float | None = None
) -> Figure:
    return Figure(
        name,
        [a / b for a, b in zip(ours, theirs, strict=True)],
        target=("≤", at_most) if at_most else None,
        note=f"{min(ours):,.1f} µs against {min(theirs):,.1f} µs at best",
    )
