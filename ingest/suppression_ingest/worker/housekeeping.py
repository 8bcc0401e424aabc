"""What the worker does beside its work: between batches, a piece at a time.

A chore holds back the next receive. It is to take no longer than a batch does while
messages are waiting, and some seconds while none are; whatever is left waits for the
next turn.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from suppression_ingest.backoff import Backoff
from suppression_ingest.errors import IngestError
from suppression_service.store import StoreError

_log = structlog.get_logger(__name__)


class Chore(Protocol):
    """Something to do now and then."""

    def after_turn(self, *, idle: bool) -> None:
        """Do a piece of what is due; ``idle`` tells that no messages are waiting.

        Raises:
            IngestError, StoreError: not now; it is tried again later.
        """


class Chores:
    """Sees to several; one that fails is left alone for a while, and the others go on.

    Args:
        chores: what there is to do.
        clock: seconds that only grow.
    """

    def __init__(
        self, chores: Sequence[Chore] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._chores = [(chore, Backoff()) for chore in chores]
        self._not_before = [0.0] * len(chores)
        self._clock = clock

    def after_turn(self, *, idle: bool) -> None:
        """See to all that are due."""
        for place, (chore, backoff) in enumerate(self._chores):
            if self._clock() < self._not_before[place]:
                continue
            try:
                chore.after_turn(idle=idle)
            except (IngestError, StoreError) as error:
                self._not_before[place] = self._clock() + backoff.failed()
                _log.warning("put off", chore=type(chore).__name__, cause=str(error))
            else:
                backoff.succeeded()
