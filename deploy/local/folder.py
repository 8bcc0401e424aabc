"""The folder of a `make up`: its lock, and the addresses that other commands read there."""

import contextlib
import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

_FILE: Final = "endpoints.json"


class FolderInUse(Exception):
    """Another process has locked the folder."""


@dataclasses.dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the processes of a running system listen.

    Attributes:
        listen: HOST:PORT of the server.
        endpoint_url: of the stand-in for AWS; empty if the system uses the real AWS.
        topic_arn: the stand-in's topic for SES events; empty if the system uses the real AWS.
        console: URL of the console.
    """

    listen: str
    endpoint_url: str = ""
    topic_arn: str = ""
    console: str = ""

    def write(self, folder: Path) -> None:
        """Write them to a folder, for other commands."""
        (folder / _FILE).write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read them from a folder.

        Raises:
            FileNotFoundError: no system runs in the folder.
        """
        return cls(**json.loads((folder / _FILE).read_text(encoding="utf-8")))

    @staticmethod
    def remove(folder: Path) -> None:
        """Delete them from a folder: its system has stopped."""
        (folder / _FILE).unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder for the length of the block; create it if it is missing.

    The operating system releases the lock however this process ends.

    Raises:
        FolderInUse: another process has the lock.
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
