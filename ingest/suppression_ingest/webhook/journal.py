"""What the log tells of posts: ids, causes and counts, no contents."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import structlog

from suppression_ingest.outcome import Outcome
from suppression_ingest.stats import Tally
from suppression_service.aio import in_background

#: Seconds between two summaries in the log.
SUMMARY_SECONDS: Final = 60.0
#: Posts that are logged one by one between two summaries. Anyone can post: what they
#: make of the log must have an end.
MAX_LINES: Final = 100

_log = structlog.get_logger(__name__)


class Journal:
    """Counts every post, and logs those that an operator should know of."""

    def __init__(self) -> None:
        #: What became of posts so far.
        self.tally = Tally()
        self._lines_left = MAX_LINES
        self._unlogged = 0

    def note(self, outcome: Outcome) -> None:
        """Count a post, and log it if there is something to say."""
        self.tally.add([outcome])
        if not (outcome.remarks or outcome.refusal):
            return
        if not self._lines_left:
            self._unlogged += 1
            return
        self._lines_left -= 1
        for remark in outcome.remarks:
            _log.warning(remark, sns_message_id=outcome.sns_message_id)
        if refusal := outcome.refusal:
            _log.warning(
                "post refused",
                sort=refusal.label,
                cause=str(refusal),
                sns_message_id=outcome.sns_message_id,
            )

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Log a summary now and then for the length of the block, and at its end."""
        try:
            async with in_background(self._summaries, "summaries"):
                yield
        finally:
            _log.info("stopped", **self.tally.as_fields())

    async def _summaries(self) -> None:
        while True:
            await asyncio.sleep(SUMMARY_SECONDS)
            self.summarise()

    def summarise(self) -> None:
        """Log the counts, and begin a new stretch of lines."""
        _log.info("summary", **self.tally.as_fields(), unlogged=self._unlogged)
        self._lines_left, self._unlogged = MAX_LINES, 0
