"""Looks at what takes a while to find out, beside the work and beside scrapes.

Neither waits for it: a scrape is shown what the last look found. While something
cannot be found out, its metric is left out, and the log says so once.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import structlog
from prometheus_client import Metric
from prometheus_client.registry import Collector

from suppression_ingest.errors import IngestError
from suppression_service.store import StoreError

#: Seconds between two looks.
EVERY_SECONDS: Final = 30.0

#: Finds something out; blocks. Raises IngestError or StoreError where it cannot.
Look = Callable[[], list[Metric]]

_log = structlog.get_logger(__name__)


class Watch(Collector):
    """Looks again and again, in a thread of its own.

    Args:
        looks: what to look at, by what the log calls it.
        every: seconds between two looks.
    """

    def __init__(self, looks: Mapping[str, Look], every: float = EVERY_SECONDS) -> None:
        self._looks = looks
        self._every = every
        self._found: dict[str, list[Metric]] = {}
        self._failing: set[str] = set()
        self._end = threading.Event()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look for the length of the block; a look under way is not waited for."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        try:
            yield
        finally:
            self._end.set()

    def collect(self) -> Iterator[Metric]:
        """Yield what was found last."""
        for families in list(self._found.values()):
            yield from families

    def look(self) -> None:
        """Look at everything once."""
        for what, look in self._looks.items():
            try:
                self._found[what] = look()
            except (IngestError, StoreError) as error:
                self._leave_out(what, str(error))
            except Exception as error:  # noqa: BLE001 - what was found must not stay for ever
                self._leave_out(what, f"{type(error).__name__} in the program")
            else:
                self._failing.discard(what)

    def _watch(self) -> None:
        while not self._end.is_set():
            self.look()
            self._end.wait(self._every)

    def _leave_out(self, what: str, cause: str) -> None:
        self._found.pop(what, None)
        if what not in self._failing:
            _log.warning("left out of the metrics", what=what, cause=cause)
        self._failing.add(what)
