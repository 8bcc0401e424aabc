import datetime as dt

from structlog.testing import capture_logs

from suppression_ingest.aws.dead_letter_queue import DeadLetterQueue
from suppression_ingest.errors import AwsError
from suppression_ingest.signals import StopSignal
from suppression_ingest.worker.dead_letter_count import INTERVAL, DeadLetterCount
from suppression_service.store import Store


class CountedQueue(DeadLetterQueue):
    """Has the number of messages that the test says; none means that SQS does not answer."""

    def __init__(self, messages: int | None) -> None:
        self.messages = messages
        self.counts = 0

    def count(self) -> int:
        self.counts += 1
        if self.messages is None:
            raise AwsError("down")
        return self.messages


class Clock:
    def __init__(self) -> None:
        self.now = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


def counting(queue: CountedQueue, store: Store, clock: Clock) -> DeadLetterCount:
    return DeadLetterCount("queue", store, StopSignal(), clock, lambda _: queue)


def test_the_number_of_dead_letters_is_stored(store: Store) -> None:
    counting(CountedQueue(3), store, Clock()).run(idle=True)
    assert store.ingest_status().dead_letters == 3


def test_they_are_counted_once_a_minute(store: Store) -> None:
    queue, clock = CountedQueue(3), Clock()
    task = counting(queue, store, clock)
    for now in (clock.now, clock.now, clock.now + INTERVAL):
        clock.now = now
        task.run(idle=True)
    assert queue.counts == 2


def test_a_queue_that_does_not_answer_is_logged_once(store: Store) -> None:
    clock = Clock()
    task = counting(CountedQueue(None), store, clock)
    with capture_logs() as logs:
        for _ in range(2):
            task.run(idle=True)
            clock.now += INTERVAL
    assert [line["event"] for line in logs] == ["dead letters are not counted"]
    assert store.ingest_status().dead_letters is None
