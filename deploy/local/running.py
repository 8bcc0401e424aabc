"""That a `make up` runs in a folder, and where it can be reached, told to other commands."""

import contextlib
import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

_NAME: Final = "running.json"


class FolderInUse(Exception):
    """A `make up` runs in the folder."""


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """Where the parts of the running system are.

    Attributes:
        listen: HOST:PORT of the server.
        endpoint_url: of the stand-in for AWS; empty when it is the real one.
        topic_arn: what SES would publish to; empty when it is the real one.
    """

    listen: str
    endpoint_url: str = ""
    topic_arn: str = ""

    def write(self, folder: Path) -> None:
        """Tell the others."""
        (folder / _NAME).write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Ask.

        Raises:
            FileNotFoundError: nothing runs.
        """
        return cls(**json.loads((folder / _NAME).read_text(encoding="utf-8")))

    @staticmethod
    def forget(folder: Path) -> None:
        """Tell the others that it is over."""
        (folder / _NAME).unlink(missing_ok=True)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep every other process out of a folder, which is made if there is none.

    The system lets go of it however this process ends.

    Raises:
        FolderInUse: another process is in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderInUse from None
