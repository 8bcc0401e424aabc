"""Loads and renews the base of a replica: from the snapshot, or from the database.

On each host one process reads the database and writes the snapshot; the others wait for
it and map the same file. Without a directory for snapshots, or while it cannot
be used, each process keeps a base of its own. Everything here blocks; it is called from
threads.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import TextIO

import structlog

from suppression_service.server.replica.replica import State
from suppression_service.server.replica.snapshot import Snapshot, SnapshotDirectory
from suppression_service.server.replica.table import Table
from suppression_service.store import Identity, Store
from suppression_service.store.store import utc_now

_log = structlog.get_logger()


class BaseSource:
    """Loads and renews bases.

    Args:
        store: the list.
        directory: the snapshots; None to go without.
        now: the clock, replaced in tests.
    """

    def __init__(
        self,
        store: Store,
        directory: SnapshotDirectory | None = None,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._store = store
        self._directory = directory
        self._now = now
        self._without_directory = False

    def load(self, *, undone: bool = False) -> Snapshot:
        """Return the list, from the snapshot if there is one of this database.

        Args:
            undone: the database went back to an earlier state. Then no snapshot is read: its
                revision does not show whether it was written before that.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        identity = self._store.identity()
        lock = self._write_lock(wait=True)
        if lock is None:
            return self._read_database(identity)
        with lock:
            known = self.last_known()
            if known and known.identity == identity:
                # A snapshot beyond the database is of a state that was undone, too.
                if not undone and known.state.revision <= self._store.revision():
                    return known
                self._drop()
            return self._saved(self._read_database(identity))

    def last_known(self) -> Snapshot | None:
        """Return the snapshot as it is, for when the database is away."""
        return self._directory.read() if self._directory else None

    def renewed(
        self, current: Snapshot, base: State, pending: dict[int, tuple[int, ...]]
    ) -> Snapshot | None:
        """Return a newer base: one that another process has written, or our own.

        Args:
            current: the current state of the replica, with the table of its base.
            base: the state of that table.
            pending: the changes between that state and the current one.

        Returns:
            None while another process writes one: try again later.
        """
        try:
            lock = self._write_lock(wait=False)
        except BlockingIOError:
            return None
        if lock is None:
            return self._folded(current, pending)
        with lock:
            return self._written_since(current, base) or self._saved(self._folded(current, pending))

    def _write_lock(self, *, wait: bool) -> TextIO | None:
        """Take the lock for writing a snapshot; None if there can be no snapshots now.

        Raises:
            BlockingIOError: another process has the lock, and ``wait`` is false.
        """
        if self._directory is None:
            return None
        try:
            lock = self._directory.write_lock(wait=wait)
        except BlockingIOError:
            raise
        except OSError as error:
            # The directory may have been deleted.
            if not self._without_directory:
                _log.warning("no snapshots: this process keeps a list of its own", error=str(error))
            self._without_directory = True
            return None
        self._without_directory = False
        return lock

    def _written_since(self, current: Snapshot, base: State) -> Snapshot | None:
        """Return the snapshot if another process wrote it after our base was made.

        Its time alone does not show that, since system clocks jump. A revision before the
        base's would lose changes. A revision beyond the replica's would be ahead of its changes.
        """
        assert self._directory is not None  # noqa: S101 - the caller has looked
        written = self._directory.state()
        if written is None or written.as_of <= base.as_of:
            return None
        if not base.revision <= written.revision <= current.state.revision:
            return None
        snapshot = self._directory.read()
        return snapshot if snapshot and snapshot.identity == current.identity else None

    def _read_database(self, identity: Identity) -> Snapshot:
        # The revision first: what is read after it can only be newer.
        state = State(self._store.revision(), self._now())
        streams = self._store.stream_names()
        table = Table.of(self._store.active_entries())
        _log.info("list read from the database", entries=len(table), revision=state.revision)
        return Snapshot(identity, state, streams, table)

    def _folded(self, current: Snapshot, pending: dict[int, tuple[int, ...]]) -> Snapshot:
        table = current.table.with_changes(pending).without_ended(int(self._now().timestamp()))
        return dataclasses.replace(current, table=table)

    def _drop(self) -> None:
        """Delete the snapshot: if no other can be written, it could later be taken for valid."""
        assert self._directory is not None  # noqa: S101 - callers have looked
        try:
            self._directory.drop()
        except OSError as error:
            _log.warning("snapshot not deleted", error=error.strerror)

    def _saved(self, snapshot: Snapshot) -> Snapshot:
        assert self._directory is not None  # noqa: S101 - callers have looked
        try:
            return self._directory.write(snapshot)
        except OSError as error:
            # The list is complete, only not shared.
            _log.warning("snapshot not written", error=error.strerror)
            return snapshot
