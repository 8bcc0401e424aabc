"""Feeding saved messages through the pipeline."""

import codecs
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final, NamedTuple

from suppression_ingest.outcomes import OutcomeLog, Stats
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.replay.documents import documents
from suppression_ingest.replay.saved import bodies_of

#: Standard input, where a file is asked for.
STANDARD_INPUT: Final = "-"
#: Messages a transaction.
BATCH: Final = 500

_CHUNK: Final = 64 * 1024


class Saved(NamedTuple):
    """A saved message and where it stands, as ``file:line``."""

    place: str
    body: str


def replay(
    pipeline: Pipeline, paths: Iterable[str], advance: Callable[[int], None] = lambda _: None
) -> Stats:
    """Feed files through a pipeline, in order, and tell what became of them.

    Feedback that the store has seen before changes nothing, so a replay that was
    broken off is simply started again.

    Args:
        pipeline: takes the messages in.
        paths: files, or ``-`` for standard input.
        advance: told the number of bytes each time some have been read.

    Raises:
        OSError: a file cannot be read.
        StoreUnavailable: the database cannot write now; what came before is stored.
    """
    log = OutcomeLog()
    saved = (message for path in paths for message in _messages(path, advance))
    while batch := list(islice(saved, BATCH)):
        outcomes = pipeline.process([message.body for message in batch])
        for message, outcome in zip(batch, outcomes, strict=True):
            log.add(outcome, at=message.place)
    return log.stats


def _messages(path: str, advance: Callable[[int], None]) -> Iterator[Saved]:
    name = "standard input" if path == STANDARD_INPUT else path
    with _opened(path) as stream:
        for document in documents(_decoded(stream, advance)):
            for body in bodies_of(document.text):
                yield Saved(f"{name}:{document.line}", body)


def _opened(path: str) -> IO[bytes]:
    return sys.stdin.buffer if path == STANDARD_INPUT else Path(path).open("rb")


def _decoded(stream: IO[bytes], advance: Callable[[int], None]) -> Iterator[str]:
    """Decode UTF-8, keeping bytes that are none as halves of characters.

    They then break the document or the address that they stand in, and cannot
    turn into another one.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while chunk := stream.read(_CHUNK):
        advance(len(chunk))
        if text := decoder.decode(chunk):
            yield text
    if rest := decoder.decode(b"", final=True):
        yield rest
