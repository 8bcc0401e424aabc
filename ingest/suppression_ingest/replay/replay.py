"""Feeding saved messages through the pipeline."""

import codecs
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final, NamedTuple

import structlog

from suppression_ingest.outcome import Outcome
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.replay.documents import documents
from suppression_ingest.replay.saved import bodies_of
from suppression_ingest.stats import Tally

#: Standard input, where a file is asked for.
STANDARD_INPUT: Final = "-"
#: Messages a transaction.
BATCH: Final = 500

_CHUNK: Final = 64 * 1024

_log = structlog.get_logger(__name__)


class Saved(NamedTuple):
    """A saved message and where it stands, as ``file:line``."""

    place: str
    body: str


def replay(
    pipeline: Pipeline, paths: Iterable[str], advance: Callable[[int], None] = lambda _: None
) -> Tally:
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
    tally = Tally()
    saved = (message for path in paths for message in _messages(path, advance))
    while batch := list(islice(saved, BATCH)):
        outcomes = pipeline.process([message.body for message in batch])
        tally.add(outcomes)
        for message, outcome in zip(batch, outcomes, strict=True):
            _report(message, outcome)
    return tally


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


def _report(message: Saved, outcome: Outcome) -> None:
    for remark in outcome.remarks:
        _log.warning(remark, at=message.place)
    if refusal := outcome.refusal:
        _log.warning("message refused", at=message.place, sort=refusal.label, cause=str(refusal))
