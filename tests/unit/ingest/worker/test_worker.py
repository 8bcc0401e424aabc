import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from suppression_ingest.aws.sqs import Message, Queue
from suppression_ingest.errors import AwsError, Unverifiable
from suppression_ingest.outcomes import SUMMARY_SECONDS, Outcome
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.signals import Stopped, StopSignal
from suppression_ingest.sns.envelope import Envelope
from suppression_ingest.worker.housekeeping import Housekeeping
from suppression_ingest.worker.worker import Worker
from suppression_service.store import Store, StoreError, StoreUnavailable

Json = dict[str, Any]


class ScriptedQueue(Queue):
    """Gives out prepared answers to receives, and remembers what is asked of it."""

    def __init__(self, *answers: list[Message] | AwsError) -> None:
        self.answers = list(answers)
        self.more: list[Message] = []
        self.deleted: list[str] = []
        self.postponed: list[str] = []
        self.delete_error: AwsError | None = None
        self.undeletable: set[str] = set()
        self.unpostponable: set[str] = set()

    def receive(self) -> list[Message]:
        if not self.answers:
            raise Stopped
        answer = self.answers.pop(0)
        if isinstance(answer, AwsError):
            raise answer
        return answer

    def is_full(self, messages: Sequence[Message]) -> bool:
        return bool(self.more)

    def receive_more(self) -> list[Message]:
        more, self.more = self.more, []
        return more

    def delete(self, messages: Sequence[Message]) -> list[Message]:
        if self.delete_error:
            raise self.delete_error
        self.deleted += [m.message_id for m in messages if m.message_id not in self.undeletable]
        return [m for m in messages if m.message_id in self.undeletable]

    def postpone(self, messages: Sequence[Message]) -> list[Message]:
        self.postponed += [message.message_id for message in messages]
        return [message for message in messages if message.message_id in self.unpostponable]


class EverFullQueue(ScriptedQueue):
    """Always has more, and remembers how many answers were left when it was asked for that."""

    def __init__(self, *answers: list[Message] | AwsError) -> None:
        super().__init__(*answers)
        self.asked_for_more_with_left: list[int] = []

    def is_full(self, messages: Sequence[Message]) -> bool:
        return True

    def receive_more(self) -> list[Message]:
        self.asked_for_more_with_left.append(len(self.answers))
        return []


class SleeplessStop(StopSignal):
    """Remembers how often it was asked to sleep, and never does.

    Args:
        signal_at: the sleep into which a signal comes, from 1; 0 for none.
    """

    def __init__(self, signal_at: int = 0) -> None:
        super().__init__()
        self.slept = 0
        self.signal_at = signal_at

    def sleep(self, seconds: float) -> None:
        self.slept += 1
        self.requested = self.requested or self.slept == self.signal_at
        self.check()


@pytest.fixture
def stop() -> SleeplessStop:
    return SleeplessStop()


@pytest.fixture
def pipeline(store: Store) -> Pipeline:
    def authenticate(envelope: Envelope) -> None:
        if envelope.signed:
            raise Unverifiable("down")

    return Pipeline(store, authenticate, Policy())


@pytest.fixture
def bounce(sample: Callable[[str], Json]) -> Message:
    return Message("good", "r-1", json.dumps(sample("bounce-event")))


@pytest.fixture
def broken() -> Message:
    return Message("broken", "r-2", '{"emailAddress": "jane@example.com", ')


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


class DatabaseAway:
    """A pipeline whose database is away for the first few batches."""

    def __init__(
        self,
        pipeline: Pipeline,
        times: int,
        failure: StoreError | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.times = times
        self.failure = failure or StoreUnavailable("database is locked")

    def process(self, bodies: Sequence[str]) -> list[Outcome]:
        if self.times:
            self.times -= 1
            raise self.failure
        return self.pipeline.process(bodies)


def test_what_is_stored_is_deleted_and_what_is_broken_is_left(
    pipeline: Pipeline, stop: StopSignal, bounce: Message, broken: Message
) -> None:
    queue = ScriptedQueue([broken, bounce])
    Worker(queue, pipeline, stop).run()
    assert queue.deleted == ["good"]


def test_what_cannot_be_verified_now_is_postponed(
    pipeline: Pipeline, stop: StopSignal, bounce: Message, signed: Callable[..., Json]
) -> None:
    queue = ScriptedQueue([Message("later", "r", json.dumps(signed())), bounce])
    Worker(queue, pipeline, stop).run()
    assert (queue.postponed, queue.deleted) == (["later"], ["good"])


def test_a_worker_that_can_verify_nothing_waits_before_it_receives_again(
    pipeline: Pipeline, stop: SleeplessStop, broken: Message, signed: Callable[..., Json]
) -> None:
    later = Message("later", "r", json.dumps(signed()))
    Worker(ScriptedQueue([later], [later, broken]), pipeline, stop).run()
    assert stop.slept == 2


def test_a_worker_that_can_verify_something_does_not_wait(
    pipeline: Pipeline, stop: SleeplessStop, bounce: Message, signed: Callable[..., Json]
) -> None:
    later = Message("later", "r", json.dumps(signed()))
    Worker(ScriptedQueue([later, bounce], [bounce]), pipeline, stop).run()
    assert stop.slept == 0


def test_a_worker_that_can_verify_nothing_takes_no_more_than_it_must(
    pipeline: Pipeline, stop: StopSignal, bounce: Message, signed: Callable[..., Json]
) -> None:
    # given a queue that is behind, of which nothing can be verified at first
    later = Message("later", "r", json.dumps(signed()))
    queue = EverFullQueue([later], [later], [bounce], [bounce])
    Worker(queue, pipeline, stop).run()
    # then only a worker that knows of nothing amiss asks for more than a batch
    assert queue.asked_for_more_with_left == [3, 0]


def test_a_message_that_is_not_postponed_is_logged(
    pipeline: Pipeline, stop: StopSignal, signed: Callable[..., Json], logged: list[Any]
) -> None:
    queue = ScriptedQueue([Message("later", "r", json.dumps(signed()))])
    queue.unpostponable = {"later"}
    Worker(queue, pipeline, stop).run()
    [line] = [line for line in logged if line["event"].startswith("not postponed")]
    assert line["sqs_message_id"] == "later"


@pytest.mark.parametrize("failure", [StoreUnavailable("locked"), StoreError("not permitted")])
def test_a_batch_is_held_until_the_database_is_back_or_mended(
    pipeline: Pipeline, stop: SleeplessStop, bounce: Message, failure: StoreError
) -> None:
    # given a database that takes nothing three times
    queue = ScriptedQueue([bounce])
    Worker(queue, DatabaseAway(pipeline, 3, failure), stop).run()  # type: ignore[arg-type]
    # then the worker waited three times and lost nothing, with one receive
    assert stop.slept == 3
    assert queue.deleted == ["good"]


def test_nothing_is_deleted_when_the_worker_stops_while_the_database_is_away(
    pipeline: Pipeline, bounce: Message
) -> None:
    # given a database that is away, and a signal into the first wait
    queue = ScriptedQueue([bounce])
    Worker(queue, DatabaseAway(pipeline, 1), SleeplessStop(signal_at=1)).run()  # type: ignore[arg-type]
    # then the message is left to come again
    assert queue.deleted == []


def test_the_worker_waits_and_goes_on_when_the_queue_is_away(
    pipeline: Pipeline, stop: SleeplessStop, bounce: Message
) -> None:
    queue = ScriptedQueue(AwsError("down"), AwsError("down"), [bounce])
    Worker(queue, pipeline, stop).run()
    assert stop.slept == 2
    assert queue.deleted == ["good"]


def test_a_delete_that_fails_is_waited_out(
    pipeline: Pipeline, stop: SleeplessStop, bounce: Message
) -> None:
    queue = ScriptedQueue([bounce])
    queue.delete_error = AwsError("down")
    Worker(queue, pipeline, stop).run()
    assert stop.slept == 1


def test_a_message_that_comes_again_changes_nothing(
    pipeline: Pipeline, stop: StopSignal, store: Store, bounce: Message
) -> None:
    # given a message whose delete fails, so that it comes again
    queue = ScriptedQueue([bounce], [bounce])
    worker = Worker(queue, pipeline, stop)
    worker.run()
    # then it counts once
    assert (worker.log.stats.new, worker.log.stats.duplicates) == (1, 1)
    assert [e.occurrences for e in store.address("gone@shop.example").suppressions] == [1]


def test_a_signal_while_a_batch_is_stored_ends_the_worker_after_the_delete(
    pipeline: Pipeline, stop: StopSignal, bounce: Message
) -> None:
    # given a signal that comes in the middle of the work on a batch
    class Signalled(DatabaseAway):
        def process(self, bodies: Sequence[str]) -> list[Outcome]:
            stop.requested = True
            return super().process(bodies)

    queue = ScriptedQueue([bounce], [bounce])
    Worker(queue, Signalled(pipeline, 0), stop).run()  # type: ignore[arg-type]
    # then that batch is finished, and no other begun
    assert queue.deleted == ["good"]
    assert len(queue.answers) == 1


def test_a_refusal_is_logged_by_ids_and_cause(
    pipeline: Pipeline, stop: StopSignal, broken: Message, logged: list[Any]
) -> None:
    Worker(ScriptedQueue([broken]), pipeline, stop).run()
    [line] = [line for line in logged if line["event"] == "message refused"]
    assert line["sqs_message_id"] == "broken"
    assert line["kind"] == "malformed"


def test_no_log_line_holds_an_address(
    pipeline: Pipeline,
    stop: StopSignal,
    bounce: Message,
    broken: Message,
    logged: list[Any],
) -> None:
    queue = ScriptedQueue([broken, bounce])
    queue.undeletable = {"good"}
    Worker(queue, pipeline, stop).run()
    assert logged
    assert "example" not in str(logged)


def test_a_message_that_is_not_deleted_is_logged(
    pipeline: Pipeline, stop: StopSignal, bounce: Message, logged: list[Any]
) -> None:
    queue = ScriptedQueue([bounce])
    queue.undeletable = {"good"}
    Worker(queue, pipeline, stop).run()
    assert [line["sqs_message_id"] for line in logged if line["event"].startswith("not deleted")]


def test_a_summary_is_logged_every_minute(
    pipeline: Pipeline, stop: StopSignal, bounce: Message, logged: list[Any]
) -> None:
    # given a clock that goes on by half a minute a batch
    times = iter(
        [0.0, SUMMARY_SECONDS / 2, SUMMARY_SECONDS, SUMMARY_SECONDS, SUMMARY_SECONDS * 1.5]
    )
    Worker(ScriptedQueue([bounce], [], []), pipeline, stop, lambda: next(times)).run()
    # then one minute makes one summary, and the end makes its own
    assert [line["event"] for line in logged] == ["summary", "stopped"]
    assert logged[-1]["kinds"] == {"Bounce": 1}


def test_housekeeping_runs_after_each_batch_and_is_told_whether_there_was_one(
    pipeline: Pipeline, stop: StopSignal, bounce: Message
) -> None:
    turns = []

    class Task:
        def run(self, *, idle: bool) -> None:
            turns.append(idle)

    Worker(ScriptedQueue([bounce], []), pipeline, stop, housekeeping=Housekeeping([Task()])).run()
    assert turns == [False, True]


def test_messages_of_a_queue_that_is_behind_share_a_transaction(
    pipeline: Pipeline, stop: StopSignal, bounce: Message, store: Store, broken: Message
) -> None:
    # given a full receive, and more that is there
    queue = ScriptedQueue([bounce])
    queue.more = [broken, dataclasses.replace(bounce, message_id="again")]
    before = store.revision()
    Worker(queue, pipeline, stop).run()
    # then one transaction takes all of it, and what is broken is left
    assert store.revision() == before + 1
    assert queue.deleted == ["good", "again"]
