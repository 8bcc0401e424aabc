"""Saving dead letters to a file, for ``suppression-ingest replay`` to read."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from suppression_ingest.aws.dead_letter_queue import DeadLetterQueue
from suppression_ingest.aws.sqs import Message

_OWNER_ONLY: Final = 0o600


class ExportCounts(NamedTuple):
    """The numbers of messages written to the file and deleted from the queue."""

    written: int
    deleted: int


def save(dead_letters: DeadLetterQueue, path: Path, limit: int, *, delete: bool) -> ExportCounts:
    """Write messages to a new file as JSON Lines.

    Args:
        dead_letters: the queue.
        path: a file that does not exist yet. Only its owner may read it, because it holds
            people's addresses.
        limit: the most messages to write.
        delete: delete each message from the queue once it is safe on disk.

    Raises:
        AwsError: SQS does not answer, or refuses. What was written stays.
        OSError: the file cannot be written. Only messages in the file were deleted.
    """
    written = deleted = 0
    kept: list[Message] = []
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, _OWNER_ONLY), "w", encoding="utf-8") as file:
        _sync_folder(path)
        try:
            for batch in dead_letters.take(limit):
                kept += batch
                file.writelines(_lines(batch))
                file.flush()
                os.fsync(file.fileno())
                written += len(batch)
                if delete:
                    deleted += len(batch) - len(dead_letters.delete(batch))
                    kept.clear()
        finally:
            dead_letters.release(kept)
    return ExportCounts(written, deleted)


def _lines(messages: list[Message]) -> Iterator[str]:
    for message in messages:
        document: dict[str, Any] = {
            "MessageId": message.message_id,
            "Attributes": {
                "ApproximateReceiveCount": str(message.receive_count),
                "SentTimestamp": str(int(message.sent * 1000)),
            },
            "Body": message.body,
        }
        yield json.dumps(document) + "\n"


def _sync_folder(path: Path) -> None:
    """Make the file's name as durable as its contents."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
