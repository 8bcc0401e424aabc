"""A soak run in random order, compared with a clean run: each event once, in order."""

import contextlib
import dataclasses
import datetime as dt
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from deploy.local.aws import free_port
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.settings import IngestSettings
from suppression_ingest.wiring import policy_of, writer_of
from suppression_service.store import DailyCount, Store, Suppression, schema
from suppression_service.store.listing import SELECT_SUPPRESSION, suppression_of
from tests.benchmarks.ingest import TOPIC, Signer
from tests.soak.feedback_events import as_text, disordered, feedback_events
from tests.soak.poster import Poster
from tests.soak.queue import RedeliveringQueue
from tests.support.processes import Process, Processes

_INGEST: Final = Path(sys.prefix) / "bin" / "suppression-ingest"
_BOTH: Final = ("worker", "webhook")
_BATCH: Final = 500
_EPOCH: Final = dt.date(1970, 1, 1)


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What must not depend on the order: active entries, daily counts, number of events."""

    active: set[Suppression]
    counts: list[DailyCount]
    events: int


@dataclasses.dataclass(frozen=True, slots=True)
class Soaked:
    """The results of both runs, and what the soak went through."""

    clean: Result
    soaked: Result
    kills: int
    redelivered: int
    refused: list[int]
    seconds: float


class Soak:
    """Runs a soak and its clean run.

    Args:
        url: of an empty database.
        clean_url: of another one, for the clean run.
        folder: for log files.
        count: number of different events.
        kills: of the worker, and as many of the webhook.
        timeout: seconds after which a run without progress has failed.
    """

    def __init__(
        self, url: str, clean_url: str, folder: Path, *, count: int, kills: int, timeout: float
    ) -> None:
        self._url = url
        self._clean_url = clean_url
        self._folder = folder
        self._count = count
        self._kills = kills
        self._timeout = timeout
        self._port = free_port()

    def run(self, seed: int) -> Soaked:
        """Run it. A seed repeats a run, except for the exact times of the kills."""
        chance, signer, started = random.Random(seed), Signer(), time.monotonic()
        happened = list(feedback_events(self._count, chance))
        clean = clean_run(self._clean_url, happened)
        Store.open(self._url, migrate_first=True).close()
        bodies = disordered([signer.envelope(event) for event in happened], chance)
        half = len(bodies) // 2
        certificate = signer.certificate()
        with (
            RedeliveringQueue(bodies[:half], certificate, chance) as queue,
            self._posting(bodies[half:]) as poster,
            Processes(self._folder) as processes,
        ):
            self._start = lambda name: self._process(processes, queue, name)
            self._kill_until_done(queue, poster, chance)
            return Soaked(
                clean=clean,
                soaked=result_of(self._url),
                kills=2 * self._kills,
                redelivered=queue.redelivered,
                refused=poster.refused,
                seconds=time.monotonic() - started,
            )

    _start: Callable[[str], Process]

    def _kill_until_done(
        self, queue: RedeliveringQueue, poster: Poster, chance: random.Random
    ) -> None:
        """Kill and restart both processes at random times, and wait for the end."""
        kill_points = sorted(chance.randrange(queue.left * 9 // 10) for _ in range(self._kills))
        running = [self._start(name) for name in _BOTH]
        for deleted in kill_points:
            assert queue.wait_for_deleted(deleted, self._timeout), f"{queue.left} left"
            for process in running:
                process.kill()
                process.wait()
            running = [self._start(name) for name in _BOTH]
        assert queue.wait_for_deleted(sys.maxsize, self._timeout), f"{queue.left} left"
        assert poster.wait(self._timeout), "not all posts are accepted"

    @contextlib.contextmanager
    def _posting(self, bodies: list[str]) -> Iterator[Poster]:
        poster = Poster(bodies, f"http://127.0.0.1:{self._port}/sns")
        poster.start()
        try:
            yield poster
        finally:
            poster.stop()

    def _process(self, processes: Processes, queue: RedeliveringQueue, name: str) -> Process:
        return processes.start(
            name,
            [_INGEST, name],
            {
                "AWS_ENDPOINT_URL": queue.url,
                "AWS_REGION": "eu-west-1",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "SUPPRESSION_DATABASE_URL": self._url,
                "SUPPRESSION_QUEUE_URL": f"{queue.url}/123456789012/feedback",
                "SUPPRESSION_TOPIC_ARNS": TOPIC,
                "SUPPRESSION_CERTIFICATE_ENDPOINT": queue.url,
                "SUPPRESSION_WEBHOOK_LISTEN": f"127.0.0.1:{self._port}",
            },
        )


def clean_run(url: str, happened: Sequence[dict[str, Any]]) -> Result:
    """Process events once and in order; return the result.

    Args:
        url: of an empty database.
        happened: the events, in order.
    """
    settings = IngestSettings(database_url=url)
    with contextlib.closing(Store.open(url, migrate_first=True)) as store:
        pipeline = Pipeline(store, lambda _: None, policy_of(settings), writer_of(settings))
        for start in range(0, len(happened), _BATCH):
            pipeline.process([as_text(event) for event in happened[start : start + _BATCH]])
    return result_of(url)


def result_of(url: str) -> Result:
    """Read the result of a run from its database."""
    with contextlib.closing(Store.open(url)) as store, store.engine.connect() as connection:
        entries = map(suppression_of, connection.execute(SELECT_SUPPRESSION))
        known = connection.execute(select(func.count()).select_from(schema.event)).scalar_one()
        return Result(
            active={dataclasses.replace(e, revision=0) for e in entries if e.removed is None},
            counts=store.daily_counts(_EPOCH),
            events=known,
        )
