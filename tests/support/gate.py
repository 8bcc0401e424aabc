"""A gate between the worker and SQS that is shut for deletes.

It gives a test the moment between "stored" and "deleted", which is else too short
to hit.
"""

import threading
from collections.abc import Callable
from types import TracebackType

from tests.support.faulty_sqs import FaultySqs, Json, Refusal
from tests.support.processes import DEADLINE


class Gate(FaultySqs):
    """Passes requests on to a stand-in for AWS, but holds deletes until it is closed.

    Args:
        target: the stand-in's URL.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target, {"DeleteMessageBatch": self._hold})
        self._closed = threading.Event()
        self._reached = threading.Event()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        super().__exit__(kind, error, trace)

    def wait_for_delete(self) -> None:
        """Wait until a delete stands before the gate: what it is about has been stored."""
        assert self._reached.wait(DEADLINE), "the worker never deletes"

    def _hold(self, _request: Json, _pass_on: Callable[[Json], Json]) -> Json:
        self._reached.set()
        self._closed.wait()
        raise Refusal(503, "ServiceUnavailable")
