"""Senders at work: they write, check what they wrote, and check what others wrote."""

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
#: Seconds between two steps of a sender: the machine is to have time for the kills.
_PAUSE: Final = 0.01
#: Seconds between two attempts.
_RETRY: Final = 0.1
#: Seconds beyond its deadline after which a call has hung. Far more than gRPC needs: a
#: busy machine is not to be taken for one.
_HUNG_AFTER: Final = 5.0


@dataclass
class Troubles:
    """What is no answer. ``unanswered`` is to be expected, the rest is not.

    Attributes:
        refused: checks that the service must not refuse.
        hung: calls that went on beyond their deadline.
        unanswered: when checks that named no revision were sent in vain, and why.
    """

    refused: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    unanswered: list[tuple[float, str]] = field(default_factory=list)


class Load:
    """Threads that write and check until they are told to stop.

    Args:
        address: of the service.
        ledger: is told all that is written and answered.
        seed: of the choices that each of them makes.
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
        """Let all finish what they are at; a write is repeated until it is acknowledged."""
        self._over.set()
        self._going.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let all finish what they are at, and wait for the length of the block."""
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
        except Exception as error:  # noqa: BLE001 - told at the end
            self.troubles.refused.append(f"a sender gave up: {type(error).__name__}: {error}")
            while self._next():
                """Take part in pauses all the same."""

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
        """Check once and tell the ledger; return whether there was an answer."""
        asked = time.time()
        try:
            with self._watched("a check", CHECK_SECONDS):
                self._ledger.see(sender.check(address, at_least))
        except NotAnswered as error:
            # One that names a revision may wait for the database in vain.
            if not at_least:
                self.troubles.unanswered.append((asked, str(error)))
            return False
        except Refused as error:
            # Such as a revision that was acknowledged and that the database does not know.
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
