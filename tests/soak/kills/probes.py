"""Probes beside the load: whether SERVING is true, and how fast a commit is seen."""

import threading
import time
from collections.abc import Sequence
from typing import Final, Self

from suppression_service.store import NewSuppression, Reason, Store
from tests.soak.kills.sender import NotAnswered, Sender

_PAUSE: Final = 0.05


class HealthProbe:
    """Asks server processes for their health, and verifies their answers with a check.

    Args:
        address: of the service.
        suppressed: an address that was suppressed before the service was started.
    """

    def __init__(self, address: str, suppressed: str) -> None:
        self._address = address
        self._suppressed = suppressed
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._probe_on)
        #: Number of answers SERVING and NOT_SERVING.
        self.serving = 0
        self.not_serving = 0
        self.untrue: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _probe_on(self) -> None:
        while not self._over.wait(_PAUSE):
            # A new connection each time: the kernel chooses the process.
            with Sender(self._address) as sender:
                try:
                    self._probe(sender)
                except NotAnswered:
                    continue

    def _probe(self, sender: Sender) -> None:
        if not sender.serving():
            self.not_serving += 1
            return
        self.serving += 1
        try:
            if not sender.check(self._suppressed).suppressed:
                self.untrue.append("a process that reports SERVING answers from an empty list")
        except NotAnswered as error:
            if str(error) == "LIST_NOT_LOADED":
                self.untrue.append("a process reports SERVING and has not loaded its list")


def seconds_until_seen(store: Store, senders: Sequence[Sender], number: int) -> float:
    """Commit an entry as another process, and ask all senders until the last one sees it.

    Raises:
        NotAnswered: a process is down.
    """
    address = f"calm{number}@example.com"
    with store.write() as transaction:
        transaction.suppress([NewSuppression(address, Reason.MANUAL)])
    committed = time.perf_counter()
    waiting = list(senders)
    while waiting:
        waiting = [each for each in waiting if not each.check(address).suppressed]
    return time.perf_counter() - committed
