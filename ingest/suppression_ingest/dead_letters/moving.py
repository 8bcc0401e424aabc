"""Letters on their way out: back to where they came from, or into a file."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from suppression_ingest.aws.failures import translated
from suppression_ingest.dead_letters.move_task import MoveTask, NoMoveTasks
from suppression_ingest.dead_letters.queue import DeadLetter, DeadLetterQueue
from suppression_ingest.errors import SettingsError

#: How letters went.
BY_SQS: Final = "by a move task of SQS"
BY_HAND: Final = "one by one: sent, and deleted once that was confirmed"

_OF_THE_OWNER_ALONE: Final = 0o600


class Moved(NamedTuple):
    """What became of a redrive: letters moved, those left, and how."""

    moved: int
    left: int
    how: str


def redrive(
    letters: DeadLetterQueue, queue_url: str, sleep: Callable[[float], None] = time.sleep
) -> Moved:
    """Send all letters back to the queue that gave them up, for the worker to try again.

    Args:
        letters: those.
        queue_url: where they go if SQS has no move tasks; SQS itself knows.
        sleep: waits between two looks at how far SQS is.

    Raises:
        NotMoved: SQS began, and did not bring it to an end.
        AwsError: SQS does not answer, or refuses.
        SettingsError: they have to be sent by hand, and nobody says where.
    """
    try:
        task = MoveTask.start(letters.client, letters.arn)
    except NoMoveTasks:
        return _by_hand(letters, queue_url)
    return Moved(*task.wait(sleep), BY_SQS)


def _by_hand(letters: DeadLetterQueue, queue_url: str) -> Moved:
    if not queue_url:
        raise SettingsError("SUPPRESSION_QUEUE_URL is not set: say where the letters go back to")
    # No more than there are now: those that die again would go round for ever.
    waiting = letters.count()
    moved = 0
    for batch in letters.take(waiting):
        for letter in batch:
            with translated():
                letters.client.send_message(QueueUrl=queue_url, MessageBody=letter.body)
            moved += letters.delete([letter])
    return Moved(moved, max(0, waiting - moved), BY_HAND)


class Saved(NamedTuple):
    """What became of letters that were to be saved."""

    written: int
    deleted: int


def save(letters: DeadLetterQueue, path: Path, limit: int, *, delete: bool) -> Saved:
    """Write letters into a new file, one JSON document a line, for ``replay`` to read.

    Args:
        letters: those.
        path: of a file that does not exist; it holds people's addresses, so that
            only its owner may read it.
        limit: of letters.
        delete: whether they leave the queue once they are safe on disk.

    Raises:
        AwsError: SQS does not answer, or refuses; what was written stays.
        OSError: the file cannot be written; nothing of what is not in it is deleted.
    """
    written = deleted = 0
    kept: list[DeadLetter] = []
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, _OF_THE_OWNER_ALONE), "w", encoding="utf-8") as file:
        _sync_folder(path)
        try:
            for batch in letters.take(limit):
                kept += batch
                file.writelines(_lines(batch))
                file.flush()
                os.fsync(file.fileno())
                written += len(batch)
                if delete:
                    deleted += letters.delete(batch)
                    kept.clear()
        finally:
            letters.give_back(kept)
    return Saved(written, deleted)


def _lines(letters: list[DeadLetter]) -> Iterator[str]:
    for letter in letters:
        message: dict[str, Any] = {
            "MessageId": letter.message_id,
            "Attributes": {
                "ApproximateReceiveCount": str(letter.receive_count),
                "SentTimestamp": str(int(letter.sent.timestamp() * 1000)),
            },
            "Body": letter.body,
        }
        yield json.dumps(message) + "\n"


def _sync_folder(path: Path) -> None:
    """Make the file's name as durable as what it will hold."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
