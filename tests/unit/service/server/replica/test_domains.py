"""Entries of domains against the plainest thing that could answer the same: a look through all."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.address import MAX_DOMAIN_LABELS
from suppression_service.server import wire
from suppression_service.server.checks import Checks
from suppression_service.server.replica import domains
from suppression_service.server.replica.replica import Replica, State
from suppression_service.server.replica.table import Table
from suppression_service.server.replica.verdicts import PRECEDENCE
from suppression_service.store import Identity, Reason
from suppression_service.store.replication import Change, fingerprint

NOW = 1_800_000_000
SEED = 5
STREAMS = {"": 0, "news": 1}
WHEN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
IDENTITY = Identity("db", SEED)
DEEP = ".".join("abcdefghijkl") + ".example.com"
DOMAINS = ["example.com", "x.example.com", "y.x.example.com", "notexample.com"]
ADDRESSES = [
    *(f"jane@{domain}" for domain in (*DOMAINS, "z.y.x.example.com", "example.org", DEEP)),
    '"a@example.org"@example.com',
    "june@[192.0.2.1]",
]


class Entry(NamedTuple):
    key: str
    stream: str
    reason: Reason

    def applies_to(self, address: str, *, include_subdomains: bool) -> bool:
        if not self.key.startswith("@"):
            return address == self.key
        domain = address.rpartition("@")[2]
        below = include_subdomains and domain.endswith(self.key.replace("@", "."))
        return below or domain == self.key[1:]


class Scope(NamedTuple):
    end: int
    include_subdomains: bool


List = dict[Entry, Scope]
entries = st.builds(
    Entry,
    st.sampled_from([*(f"@{domain}" for domain in DOMAINS), ADDRESSES[0]]),
    st.sampled_from(sorted(STREAMS)),
    st.sampled_from(Reason),
)
scopes = st.builds(Scope, st.sampled_from([0, NOW, NOW + 5]), st.booleans())


def mark(key: str) -> int:
    return fingerprint(key, SEED) % 2**64


def word(entry: Entry, scope: Scope) -> int:
    marks = (0x80 | scope.include_subdomains << 6) * entry.key.startswith("@")
    return scope.end << 32 | STREAMS[entry.stream] << 8 | marks | entry.reason


def change(entry: Entry, scope: Scope, *, removed: bool = False) -> Change:
    return Change(mark(entry.key), word(entry, scope), removed)


def loaded(standing: List) -> Replica:
    pairs = [(mark(entry.key), word(entry, scope)) for entry, scope in standing.items()]
    columns = np.array(pairs, dtype=np.uint64).reshape(-1, 2)
    return Replica(
        IDENTITY, Table.of([(columns[:, 0], columns[:, 1])]), State(1, WHEN), dict(STREAMS)
    )


def expected(standing: List, address: str, stream: str, *, essential: bool) -> int:
    against = [
        entry.reason
        for entry, scope in standing.items()
        if entry.applies_to(address, include_subdomains=scope.include_subdomains)
        and entry.stream in ("", stream)
        and (scope.end == 0 or scope.end > NOW)
        and not (essential and entry.reason in (Reason.COMPLAINT, Reason.UNSUBSCRIBE))
    ]
    return min(against, key=PRECEDENCE.index, default=0)


def asked_one_by_one(replica: Replica, stream: str, mail_class: int) -> list[int]:
    checks = Checks(now=lambda: NOW)
    requests = (
        rpc.CheckAddressRequest(address=address, stream=stream, mail_class=mail_class)  # type: ignore[arg-type]
        for address in ADDRESSES
    )
    answers = (checks.single(replica, request) for request in requests)
    return [rpc.CheckAddressResponse.FromString(answer).reason for answer in answers]


def asked_together(
    replica: Replica, addresses: Sequence[str], stream: str, mail_class: int
) -> list[int]:
    message = rpc.BatchCheckRequest(addresses=addresses, stream=stream, mail_class=mail_class)  # type: ignore[arg-type]
    request = wire.batch_request(message.SerializeToString(), 10_000)
    answer = Checks(now=lambda: NOW).batch_at_once(replica, request)
    assert answer is not None
    response = rpc.BatchCheckResponse.FromString(answer)
    reasons = {match.index: int(match.reason) for match in response.matches}
    return [reasons.get(index, 0) for index in range(len(response.verdicts))]


def assert_answers(replica: Replica, standing: List) -> None:
    for stream in STREAMS:
        for essential in (False, True):
            mail_class = 2 if essential else 0
            right = [expected(standing, a, stream, essential=essential) for a in ADDRESSES]
            assert asked_one_by_one(replica, stream, mail_class) == right
            few, many = ADDRESSES, ADDRESSES * 5
            assert asked_together(replica, few, stream, mail_class) == right
            assert asked_together(replica, many, stream, mail_class) == right * 5


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(entries, scopes, max_size=6),
    st.lists(st.dictionaries(entries, st.none() | scopes, max_size=3), max_size=3),
)
def test_every_way_of_asking_finds_the_entries_of_the_domain(
    standing: List, changed: list[dict[Entry, Scope | None]]
) -> None:
    replica = loaded(standing)
    assert_answers(replica, standing)
    for revision, some in enumerate(changed, start=2):
        # A replica gets all entries of a fingerprint that changed.
        gone = {entry: Scope(0, False) for entry, scope in some.items() if scope is None}
        fresh = {entry: scope for entry, scope in some.items() if scope is not None}
        standing = {e: s for e, s in {**standing, **fresh}.items() if e not in gone}
        keys = {entry.key for entry in some}
        changes = [change(*one, removed=True) for one in gone.items()]
        changes += [change(*one) for one in standing.items() if one[0].key in keys]
        replica = replica.copy()
        replica.apply(changes, State(revision, WHEN))
        assert_answers(replica, standing)
    replica.rebase(replica.base.with_changes(replica.pending_changes()), replica.state)
    assert_answers(replica, standing)


EXAMPLE = Entry("@example.com", "", Reason.MANUAL)
WIDE, NARROW = Scope(0, True), Scope(0, False)


def test_a_domain_is_looked_up_under_a_limited_number_of_labels() -> None:
    replica = loaded({EXAMPLE: WIDE})
    labels = ["a"] * (2 * MAX_DOMAIN_LABELS)
    deep = ".".join([*labels, "example", "com"]).encode()
    assert list(replica.words(b"jane@" + deep)) == [word(EXAMPLE, WIDE)]


def test_an_address_is_not_taken_for_one_of_a_domain_that_ends_alike() -> None:
    replica = loaded({EXAMPLE: WIDE})
    assert list(replica.words(b"jane@anexample.com")) == []
    assert list(replica.words(b"@example.com@example.org")) == []


def test_an_entry_that_becomes_wider_is_seen_by_domains_that_were_asked_for_before() -> None:
    replica = loaded({EXAMPLE: NARROW})
    assert list(replica.words(b"jane@x.example.com")) == []
    replica.apply([change(EXAMPLE, WIDE)], State(2, WHEN))
    assert list(replica.words(b"jane@x.example.com")) == [word(EXAMPLE, WIDE)]


def test_an_invalid_address_of_a_batch_moves_no_other_to_another_domain() -> None:
    replica = loaded({EXAMPLE: NARROW})
    # One has no @, and one has two.
    asked = ["none", '"a@b"@example.org', *(f"a{n}@example.com" for n in range(30))]
    assert asked_together(replica, asked, "", 0) == [6, 0] + [Reason.MANUAL] * 30


def test_no_more_domains_are_remembered_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "_MAX_REMEMBERED", 3)
    found = domains.Domains(SEED, {mark("@example.com"): (word(EXAMPLE, WIDE),)})
    for number in range(10):
        assert not found.words(f"a@b{number}.example".encode())
        assert found.words(b"a@example.com")
        assert len(found._remembered) <= 3
