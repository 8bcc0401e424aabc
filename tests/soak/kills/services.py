"""A process that is restarted whenever it ends, as by an init system."""

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import psutil

from tests.support.processes import Process

#: Seconds between two polls, and before each restart.
_PAUSE: Final = 0.2


class RestartedProcess:
    """A process that is restarted whenever it ends.

    Args:
        start: starts it and waits until it is ready; raises AssertionError if it ends
            before that.
    """

    def __init__(self, start: Callable[[], Process]) -> None:
        self._start = start
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._process = start()
        #: Numbers of successful and of failed starts.
        self.starts = 1
        self.failed_starts = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def kill(self) -> list[psutil.Process]:
        """Kill it with SIGKILL, but not its children; return these."""
        try:
            process = psutil.Process(self._process.pid)
            family: list[psutil.Process] = process.children(recursive=True)
            process.kill()
        except psutil.NoSuchProcess:
            return []
        return family

    def children(self) -> list[psutil.Process]:
        """Return the server processes under it, including those that are starting."""
        try:
            return list(psutil.Process(self._process.pid).children())
        except psutil.NoSuchProcess:
            return []

    def listening(self) -> list[psutil.Process]:
        """Return the server processes under it that listen."""
        found = []
        for each in self.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if any(one.status == psutil.CONN_LISTEN for one in each.net_connections("tcp")):
                    found.append(each)
        return found

    def _watch(self) -> None:
        while not self._over.wait(_PAUSE):
            if not self._process.running:
                self._restart()

    def _restart(self) -> None:
        try:
            self._process = self._start()
            self.starts += 1
        except AssertionError:
            # A child of the killed process still has the port.
            self.failed_starts += 1
