"""Threads that write, check their own writes, and check the writes of others."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from tests.soak.kills.ledger import Ledger
from tests.soak.kills.sender import (
    CHECK_SECONDS,
    WRITE_SECONDS,
    NotAnswered,
    Refused,
    Sender,
    acknowledged,
)

WRITERS: Final = 3
CHECKERS: Final = 2
#: Addresses of each writer.
ADDRESSES: Final = 200
#: Checks of each write, on connections that did not write it.
_CHECKS: Final = 3
#: Seconds between two steps of a sender, which leaves CPU time for the kills.
_PAUSE: Final = 0.01
#: Seconds between two attempts.
_RETRY: Final = 0.1
#: Seconds beyond its deadline after which a call counts as hung; generous for a busy
#: machine.
_HUNG_AFTER: Final = 5.0


@dataclass
class Troubles:
    """Calls without a proper answer. ``unanswered`` is expected, the others are violations.

    Attributes:
        refused: checks that the service refused.
        hung: calls that did not end at their deadline.
        unanswered: times and reasons of checks without ``min_revision`` that got no answer.
    """

    refused: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    unanswered: list[tuple[float, str]] = field(default_factory=list)


class Load:
    """Threads that write and check until they are stopped.

    Args:
        address: of the service.
        ledger: records all writes and answers.
        seed: of the random choices.
    """

    def __init__(self, address: str, ledger: Ledger, seed: int) -> None:
        self._address = address
        self._ledger = ledger
        self._going = threading.Event()
        self._over = threading.Event()
        self._abandoned = threading.Event()
        self._idle = threading.Semaphore(0)
        senders: list[tuple[Callable[[int, random.Random], None], int]] = [
            *((self._write_on, number) for number in range(WRITERS)),
            *((self._check_on, number) for number in range(CHECKERS)),
        ]
        self._threads = [
            threading.Thread(target=self._run, args=(run, number, random.Random(f"{seed} {index}")))
            for index, (run, number) in enumerate(senders)
        ]
        self.troubles = Troubles()

    def __enter__(self) -> Self:
        self._going.set()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._abandoned.set()
        self.stop()

    def stop(self) -> None:
        """Stop all threads after their current step; writes are repeated until acknowledged."""
        self._over.set()
        self._going.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Pause all threads for the length of the block, after their current step."""
        self._going.clear()
        for _ in self._threads:
            self._idle.acquire()
        yield
        self._going.set()

    # --- the threads ---------------------------------------------------------------------------

    def _run(
        self, send: Callable[[int, random.Random], None], number: int, chance: random.Random
    ) -> None:
        try:
            send(number, chance)
        except Exception as error:  # noqa: BLE001 - reported at the end
            self.troubles.refused.append(f"a sender gave up: {type(error).__name__}: {error}")
            while self._next():
                """Take part in pauses."""

    def _write_on(self, number: int, chance: random.Random) -> None:
        addresses = [f"w{number}-{index}@example.com" for index in range(ADDRESSES)]
        standing: set[str] = set()
        with ExitStack() as stack:
            writer, *readers = (
                stack.enter_context(Sender(self._address)) for _ in range(1 + _CHECKS)
            )
            while self._next():
                address = chance.choice(addresses)
                revision = self._write(writer, address, suppress=address not in standing)
                standing ^= {address}
                for reader in readers:
                    while not self._check(reader, address, revision):
                        if self._abandoned.wait(_RETRY):
                            return

    def _check_on(self, _number: int, chance: random.Random) -> None:
        with Sender(self._address) as sender:
            while self._next():
                writer, index = chance.randrange(WRITERS), chance.randrange(ADDRESSES)
                self._check(sender, f"w{writer}-{index}@example.com")

    def _next(self) -> bool:
        """Wait for the next step; return whether there is one."""
        time.sleep(_PAUSE)
        if not self._going.is_set():
            self._idle.release()
            self._going.wait()
        return not self._over.is_set()

    # --- their calls ---------------------------------------------------------------------------

    def _write(self, sender: Sender, address: str, *, suppress: bool) -> str:
        """Write until it is acknowledged; return the revision."""
        self._ledger.begin(address)
        attempts = 0
        while True:
            attempts += 1
            try:
                with self._watched("a write", WRITE_SECONDS):
                    revision = sender.write(address, suppress=suppress)
            except NotAnswered:
                if self._abandoned.wait(_RETRY):
                    raise
                continue
            write = acknowledged(revision, suppressed=suppress, attempts=attempts)
            self._ledger.acknowledge(address, write)
            return revision

    def _check(self, sender: Sender, address: str, at_least: str = "") -> bool:
        """Check once, and record the answer; return whether there was one."""
        asked = time.time()
        try:
            with self._watched("a check", CHECK_SECONDS):
                self._ledger.see(sender.check(address, at_least))
        except NotAnswered as error:
            # A check with a revision may wait for a database that is down.
            if not at_least:
                self.troubles.unanswered.append((asked, str(error)))
            return False
        except Refused as error:
            # For instance if the database does not know an acknowledged revision.
            self.troubles.refused.append(f"a check was refused: {error}")
        return True

    @contextmanager
    def _watched(self, what: str, deadline: float) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            took = time.monotonic() - began
            if took > deadline + _HUNG_AFTER:
                self.troubles.hung.append(f"{what} took {took:.0f} s of {deadline:.0f} s")
