"""Feeding saved messages through the pipeline."""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final

from suppression_ingest.outcomes import OutcomeLog, Stats
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.replay.documents import saved_messages

#: The file name that means standard input.
STANDARD_INPUT: Final = "-"
#: Messages in one transaction.
BATCH: Final = 500


def replay(
    pipeline: Pipeline, paths: Iterable[str], advance: Callable[[int], None] = lambda _: None
) -> Stats:
    """Feed files through a pipeline, in order, and return the counts of outcomes.

    Feedback that is stored already changes nothing, so an interrupted replay can simply be
    started again.

    Args:
        pipeline: accepts the messages.
        paths: files, or ``-`` for standard input.
        advance: called with the number of bytes that have been read since the last call.

    Raises:
        OSError: a file cannot be read.
        StoreUnavailable: the database cannot write now. Earlier batches are stored.
    """
    log = OutcomeLog()
    saved = (located for path in paths for located in _messages(path, advance))
    while batch := list(islice(saved, BATCH)):
        outcomes = pipeline.process([text for _, text in batch])
        for (location, _), outcome in zip(batch, outcomes, strict=True):
            log.add(outcome, at=location)
    return log.stats


def _messages(path: str, advance: Callable[[int], None]) -> Iterator[tuple[str, str]]:
    """Yield the messages of a file, each with its location, ``file:line``."""
    name = "standard input" if path == STANDARD_INPUT else path
    with _opened(path) as stream:
        for line, text in saved_messages(stream, advance):
            yield f"{name}:{line}", text


def _opened(path: str) -> IO[bytes]:
    return sys.stdin.buffer if path == STANDARD_INPUT else Path(path).open("rb")
