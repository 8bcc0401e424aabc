"""A replica against the plainest thing that could answer the same: a dictionary."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from suppression_service.server.replica.replica import Replica, State
from suppression_service.server.replica.table import Table
from suppression_service.server.replica.verdicts import PRECEDENCE, reason_against
from suppression_service.store import Identity, Reason
from suppression_service.store.replication import Change, fingerprint
from tests.support.fingerprints import TWINS, TWINS_SEED

NOW = 1_800_000_000
# The last two were made to have one fingerprint with this seed.
SEED = TWINS_SEED
ADDRESSES = [*(f"a{number}@example.com" for number in range(4)), *TWINS]
STREAMS = {"": 0, "news": 1, "alerts": 2}
IDENTITY = Identity("db", SEED)
WHEN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

Entry = tuple[str, str, Reason]

entries = st.tuples(
    st.sampled_from(ADDRESSES), st.sampled_from(sorted(STREAMS)), st.sampled_from(Reason)
)
ends = st.sampled_from([0, NOW - 5, NOW, NOW + 5, 2**32 - 1])


def mark(address: str) -> int:
    return fingerprint(address, SEED) % 2**64


def word(entry: Entry, end: int) -> int:
    return end << 32 | STREAMS[entry[1]] << 8 | entry[2]


def table(standing: dict[Entry, int]) -> Table:
    pairs = [(mark(entry[0]), word(entry, end)) for entry, end in standing.items()]
    columns = np.array(pairs, dtype=np.uint64).reshape(-1, 2)
    half = len(pairs) // 2
    return Table.of([(part[:, 0], part[:, 1]) for part in (columns[half:], columns[:half])])


class Model:
    """Every standing entry and its end, looked through from beginning to end.

    An address that shares its fingerprint with another has the entries of both.
    """

    def __init__(self, standing: dict[Entry, int]) -> None:
        self.standing = dict(standing)

    def reason(self, address: str, stream: str, essential: bool) -> Reason | None:
        against = [
            reason
            for (name, of, reason), end in self.standing.items()
            if mark(name) == mark(address)
            and of in ("", stream)
            and (end == 0 or end > NOW)
            and not (essential and reason in (Reason.COMPLAINT, Reason.UNSUBSCRIBE))
        ]
        return min(against, key=PRECEDENCE.index, default=None)


class ReplicaMachine(RuleBasedStateMachine):
    """Loads, changes and folds at random; every answer must be the model's."""

    folds = Bundle("folds")

    @initialize(standing=st.dictionaries(entries, ends, max_size=12))
    def load(self, standing: dict[Entry, int]) -> None:
        self.model = Model(standing)
        self.revision = 1
        self.replica = Replica(IDENTITY, table(standing), State(1, WHEN), STREAMS)

    def changes(self, changed: dict[Entry, int | None]) -> Iterable[Change]:
        for entry, end in changed.items():
            if end is None:
                self.model.standing.pop(entry, None)
            else:
                self.model.standing[entry] = end
        for entry in {**self.model.standing, **changed}:
            if mark(entry[0]) in {mark(address) for address, _, _ in changed}:
                end = self.model.standing.get(entry)
                yield Change(mark(entry[0]), word(entry, end or 0), removed=end is None)

    def next_state(self) -> State:
        self.revision += 1
        return State(self.revision, WHEN)

    @rule(changed=st.dictionaries(entries, st.none() | ends, max_size=4))
    def change(self, changed: dict[Entry, int | None]) -> None:
        self.replica.apply(list(self.changes(changed)), self.next_state())

    @rule(changed=st.dictionaries(entries, st.none() | ends, max_size=4))
    def change_in_a_copy(self, changed: dict[Entry, int | None]) -> None:
        copy = self.replica.copy()
        before = self.replica.state
        copy.apply(list(self.changes(changed)), self.next_state())
        assert self.replica.state == before
        self.replica = copy

    @rule(target=folds)
    def begin_to_fold(self) -> tuple[Table, Table, State]:
        base = self.replica.base
        folded = base.with_changes(self.replica.pending_changes()).without_ended(NOW)
        return base, folded, self.replica.state

    @rule(fold=folds)
    def end_folding(self, fold: tuple[Table, Table, State]) -> None:
        base, folded, state = fold
        if self.replica.base is base:
            self.replica.rebase(folded, state)

    @invariant()
    def answers_are_the_models(self) -> None:
        if not hasattr(self, "model"):
            return
        for stream in (*STREAMS, "never named"):
            for essential in (False, True):
                expected = [self.model.reason(a, stream, essential) for a in ADDRESSES]
                mail = self.replica.mail(stream, essential=essential, now=NOW)
                asked = [address.encode() for address in ADDRESSES]
                assert [
                    reason_against(mail, self.replica.words(each)) for each in asked
                ] == expected
                at_once = self.replica.reasons(asked, mail).tolist()
                assert at_once == [reason or 0 for reason in expected]

    @invariant()
    def entries_are_counted(self) -> None:
        if hasattr(self, "model"):
            words = {mark(a): self.replica.words(a.encode()) for a in ADDRESSES}
            assert self.replica.entries == sum(map(len, words.values()))

    @invariant()
    def state_is_what_was_taken_in(self) -> None:
        if hasattr(self, "model"):
            assert self.replica.state.revision == self.revision
            assert str(self.replica.revision) == f"db.{self.revision}"


ReplicaMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
TestReplicaAnswersAsADictionaryWould = ReplicaMachine.TestCase


def test_changes_taken_in_again_change_nothing() -> None:
    entry = (ADDRESSES[0], "", Reason.MANUAL)
    change = Change(mark(entry[0]), word(entry, 0), removed=False)
    replica = Replica(IDENTITY)
    for revision in (1, 2):
        replica.apply([change], State(revision, WHEN))
    replica.apply([Change(change.fingerprint, change.word, removed=True)], State(3, WHEN))
    mail = replica.mail("", essential=False, now=NOW)
    assert reason_against(mail, replica.words(entry[0].encode())) is None


@pytest.mark.parametrize("size", [0, 1, 2, 50])
def test_a_table_finds_the_first_and_the_last_of_its_entries(size: int) -> None:
    marks = np.array([0, 2**64 - 1, *range(5, 5 + size)], dtype=np.uint64)
    made = Table.of([(marks, np.arange(len(marks), dtype=np.uint64))])
    assert (made.find(0), made.find(2**64 - 1), made.find(1)) == ([0], [1], [])
    assert len(made) == size + 2


def test_a_table_of_nothing_finds_nothing() -> None:
    assert Table.of([]).find(0) == []


def test_an_address_at_the_end_of_the_table_with_several_entries_is_judged_by_all() -> None:
    # Given a table whose last two entries are of one address
    last = max(ADDRESSES, key=mark)
    standing = {(last, "", Reason.SOFT_BOUNCE): 0, (last, "", Reason.COMPLAINT): 0}
    replica = Replica(IDENTITY, table(standing), State(1, WHEN), STREAMS)
    mail = replica.mail("", essential=False, now=NOW)
    assert replica.reasons([last.encode()], mail).tolist() == [Reason.COMPLAINT]
