"""Sending the rows of files to the service, in batches."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeAlias

from ..exchanges import Call
from ..formats import FileError, Row, RowError, Skipped
from ..v1 import list_service_pb2

_pb: Any = list_service_pb2

#: Rows that the service takes in one call.
MAX_ROWS: Final = 5_000
#: Bytes of a request. gRPC does not repeat requests of more than 4 MiB.
MAX_BYTES: Final = 3 * 1024 * 1024
#: Calls at a time: while the service writes the rows of one, those of the other are read.
IN_FLIGHT: Final = 2
#: Seconds for one call.
_TIMEOUT: Final = 60.0

_REFUSED: Final = 5
#: What became of a row, by the number of ``ImportOutcome``.
OUTCOMES: Final = {
    1: "created",
    2: "updated",
    3: "already there",
    4: "kept removed",
    _REFUSED: "refused",
}

Item: TypeAlias = Row | RowError | Skipped


@dataclass(slots=True)
class Counts:
    """What became of the rows.

    Attributes:
        rows: that are done; an import that breaks off can go on after them.
        outcomes: how many had which outcome; "refused" are those in the error file.
        skipped: how many were not meant to be imported, by the reason.
    """

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def refused(self) -> int:
        """The number of rows that cannot be used."""
        return self.outcomes["refused"]


@dataclass(slots=True)
class _Batch:
    """Rows of one file for one call, and the errors and skipped rows between them."""

    file: str
    items: list[Item] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    size: int = 0

    def add(self, item: Item) -> None:
        self.items.append(item)
        if isinstance(item, Row):
            self.rows.append(item)
            self.size += item.entry.ByteSize()

    @property
    def full(self) -> bool:
        return len(self.items) >= MAX_ROWS or self.size >= MAX_BYTES


def _batches(file: str, items: Iterable[Item]) -> Iterator[_Batch]:
    batch = _Batch(file)
    try:
        for item in items:
            batch.add(item)
            if batch.full:
                yield batch
                batch = _Batch(file)
    except FileError:
        yield batch  # What stands before the damage.
        raise
    if batch.items:
        yield batch


class Importer:
    """Imports the rows of files, two calls at a time. Use it with ``with``.

    Args:
        call: makes a call, from any thread.
        refuse: takes each row that cannot be used, with the name of its file.
        restore_removed: whether rows bring back entries that were removed after them.
        dry_run: change nothing.
        done: rows that an earlier run has done.

    Attributes:
        counts: what became of the rows so far.
        report: takes the counts after each call.
    """

    def __init__(
        self,
        call: Callable[[Call], Any],
        refuse: Callable[[str, RowError], None],
        *,
        restore_removed: bool = False,
        dry_run: bool = False,
        done: int = 0,
    ) -> None:
        self._call = call
        self._refuse = refuse
        self._flags = {"restore_removed": restore_removed, "dry_run": dry_run}
        self._pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="import")
        self._waiting: deque[tuple[_Batch, Future[Any]]] = deque()
        self.counts = Counts(rows=done)
        self.report: Callable[[Counts], None] = lambda _: None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def take(self, file: str, items: Iterable[Item]) -> None:
        """Import the rows of a file; returns when all are done.

        Raises:
            SuppressionError: a call failed; ``counts.rows`` are done.
            FileError: the file is damaged; the rows before the damage are done.
        """
        try:
            for batch in _batches(file, items):
                if len(self._waiting) == IN_FLIGHT:
                    self._settle()
                self._waiting.append((batch, self._pool.submit(self._send, batch.rows)))
        except FileError:
            self._settle_all()
            raise
        self._settle_all()

    def _settle_all(self) -> None:
        while self._waiting:
            self._settle()

    def _send(self, rows: list[Row]) -> Any:
        if not rows:
            return _pb.ImportSuppressionsResponse()
        request = _pb.ImportSuppressionsRequest(
            suppressions=[row.entry for row in rows], **self._flags
        )
        return self._call(Call("ImportSuppressions", request, _TIMEOUT))

    def _settle(self) -> None:
        """Wait for the oldest call and count its rows."""
        batch, sent = self._waiting.popleft()
        results = iter(sent.result().results)
        for item in batch.items:
            if isinstance(item, Row):
                self._count(batch.file, item, next(results))
            elif isinstance(item, RowError):
                self._reject(batch.file, item)
            else:
                self.counts.skipped[item.reason] += 1
        self.counts.rows += len(batch.items)
        self.report(self.counts)

    def _count(self, file: str, row: Row, result: Any) -> None:
        if result.outcome == _REFUSED:
            why = f"{result.refusal.field}: {result.refusal.message}"
            self._reject(file, RowError(row.number, why, row.fields, row.original))
        else:
            self.counts.outcomes[OUTCOMES.get(result.outcome, "unknown")] += 1

    def _reject(self, file: str, error: RowError) -> None:
        self.counts.outcomes["refused"] += 1
        self._refuse(file, error)
