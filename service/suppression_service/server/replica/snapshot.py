"""Snapshots: the base table in a file.

All processes of a host map the same file, so the list is in memory once, at 16 bytes
an entry. A process that starts again, even while the database is away, has the list at
once and reads only what changed since.

A file is written completely under another name and then renamed, so a reader sees the old
one or the new one. Its layout: a line of JSON (:class:`_Header`), zeros up to a
whole page, then the fingerprints and the words as little-endian 64-bit integers.
"""

import dataclasses
import datetime as dt
import fcntl
import mmap
import os
import stat
from pathlib import Path
from typing import Final, TextIO

import numpy as np
import structlog
import xxhash
from pydantic import BaseModel, NonNegativeInt
from sqlalchemy.engine import URL

from suppression_service.server.replica.replica import State
from suppression_service.server.replica.table import Table
from suppression_service.store import Identity

_FORMAT: Final = "suppression snapshot 3"
_PAGE: Final = mmap.PAGESIZE
_WORD: Final = np.dtype("<u8")
#: Bytes of a header line, at most: far more streams than anybody has.
_MAX_HEADER: Final = 64 * 1024 * 1024
#: Parameters of a PostgreSQL URL that can lead to another database, or to another schema of it.
_NAMING: Final = frozenset({"host", "hostaddr", "port", "dbname", "service", "options"})

_log = structlog.get_logger()


class _Header(BaseModel):
    """The first line of a file."""

    format: str
    database_id: str
    fingerprint_seed: int
    revision: int
    as_of: dt.datetime
    streams: dict[str, int]
    entries: NonNegativeInt
    #: The checksum of everything else in the file.
    checksum: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """A table, and what else a replica needs to start from it."""

    identity: Identity
    state: State
    streams: dict[str, int]
    table: Table


class SnapshotDirectory:
    """The directory with the snapshot of one database.

    Args:
        directory: created if it is missing, now or later. Only its owner may write to it,
            since a snapshot decides what is suppressed.
        database: the URL of the database. The name of the file is a hash of the parts that
            identify the database, so several databases can have snapshots here.

    Raises:
        OSError: the directory cannot be used, or is not only ours.
    """

    def __init__(self, directory: Path, database: URL) -> None:
        self._directory = directory
        name = xxhash.xxh3_64_hexdigest(_name(database).encode())
        self._file = directory / f"{name}.snapshot"
        self._lock = directory / f"{name}.lock"
        self._make()

    def write_lock(self, *, wait: bool) -> TextIO:
        """Lock the snapshot for writing, until the returned file is closed.

        Raises:
            BlockingIOError: another process has the lock, and ``wait`` is false.
            OSError: the directory cannot be used, or is not only ours.
        """
        self._make()
        lock = open(self._lock, "w", opener=_open_private)  # noqa: SIM115 - the caller closes it
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            lock.close()
            raise
        return lock

    def read(self) -> Snapshot | None:
        """Map the snapshot; None where there is none that can be used."""
        try:
            self._require_ours()
            with self._file.open("rb") as file:
                header = _Header.model_validate_json(file.readline(_MAX_HEADER))
                return _mapped(file.fileno(), _payload_at(file.tell()), header)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, OverflowError) as error:
            _log.warning("snapshot unusable; ignoring it", error=type(error).__name__)
            return None

    def state(self) -> State | None:
        """Return the state of the snapshot without mapping it; None where there is none."""
        try:
            with self._file.open("rb") as file:
                header = _Header.model_validate_json(file.readline(_MAX_HEADER))
        except (OSError, ValueError):
            return None
        return State(header.revision, header.as_of)

    def write(self, snapshot: Snapshot) -> Snapshot:
        """Write a snapshot, under the lock; return it mapped, so that the table can be freed.

        Raises:
            OSError: no space, or no permission.
        """
        table = snapshot.table
        header = _Header(
            format=_FORMAT,
            database_id=snapshot.identity.database_id,
            fingerprint_seed=snapshot.identity.fingerprint_seed,
            revision=snapshot.state.revision,
            as_of=snapshot.state.as_of,
            streams=snapshot.streams,
            entries=len(table),
        )
        header.checksum = _checksum(header, table)
        # All processes use one name. A killed process may have left a file.
        fresh = self._file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        try:
            with open(fresh, "xb", opener=_open_private) as file:
                file.write(header.model_dump_json().encode() + b"\n")
                file.write(bytes(_payload_at(file.tell()) - file.tell()))
                columns = (table.fingerprints, table.words)
                file.writelines(column.astype(_WORD, copy=False).data for column in columns)
            fresh.replace(self._file)
        finally:
            fresh.unlink(missing_ok=True)
        return self.read() or snapshot

    def drop(self) -> None:
        """Delete the snapshot, under the lock.

        Raises:
            OSError: no permission.
        """
        self._file.unlink(missing_ok=True)

    def _make(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._require_ours()

    def _require_ours(self) -> None:
        status = self._directory.lstat()  # Another user could have made a link.
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(f"{self._directory} is no directory")
        if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"{self._directory} can be written to by others")


def _name(database: URL) -> str:
    """Return a text that identifies a database: the parts of its URL that name it.

    The password is left out. Otherwise, with a password that changes every day, each day
    would leave an old snapshot behind and find none.
    """
    if database.get_backend_name() == "sqlite":
        return f"sqlite {Path(database.database or '').resolve()}"
    named = URL.create(
        database.get_backend_name(),
        host=database.host,
        port=database.port,
        database=database.database or database.username,  # PostgreSQL's default
        query={key: value for key, value in database.query.items() if key in _NAMING},
    )
    return named.render_as_string()


def _open_private(path: str, flags: int) -> int:
    # The file has the seed of the fingerprints, and others may be able to read the directory.
    return os.open(path, flags, 0o600)


def _payload_at(header_end: int) -> int:
    return -(-header_end // _PAGE) * _PAGE


def _mapped(file: int, start: int, header: _Header) -> Snapshot:
    if header.format != _FORMAT:
        raise ValueError("written by another version")
    count = header.entries
    table = Table()
    if count:
        mapped = mmap.mmap(file, start + 2 * count * _WORD.itemsize, access=mmap.ACCESS_READ)
        table = Table(
            np.frombuffer(mapped, dtype=_WORD, count=count, offset=start),
            np.frombuffer(mapped, dtype=_WORD, count=count, offset=start + count * _WORD.itemsize),
        )
    if _checksum(header, table) != header.checksum:
        raise ValueError("damaged")
    return Snapshot(
        Identity(header.database_id, header.fingerprint_seed),
        State(header.revision, header.as_of),
        header.streams,
        table,
    )


def _checksum(header: _Header, table: Table) -> int:
    digest = xxhash.xxh3_64(header.model_dump_json(exclude={"checksum"}).encode())
    digest.update(table.fingerprints.data)
    digest.update(table.words.data)
    return digest.intdigest()
