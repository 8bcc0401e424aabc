"""Reading the list from the service: page by page, or all of it as of one revision."""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, TypeAlias

from ..exchanges import Call
from ..v1 import list_service_pb2, suppression_service_pb2
from .filters import matches

_pb: Any = list_service_pb2
_service: Any = suppression_service_pb2

#: The largest page that the service returns.
PAGE: Final = 1_000
#: About the number of changes in one answer.
_CHANGES: Final = 10_000
#: Seconds for one call.
_TIMEOUT: Final = 60.0

#: Makes a call, and again while the service is unavailable.
Caller: TypeAlias = Callable[[Call], Any]

NEWEST: Final = 1
BY_ADDRESS: Final = 2


def pages(call: Caller, filter: Any, order: int, size: int = PAGE) -> Iterator[Any]:  # noqa: A002
    """Yield the pages of the list: ``ListSuppressionsResponse``."""
    token = ""
    while True:
        request = _pb.ListSuppressionsRequest(
            filter=filter, order=order, page_size=size, page_token=token
        )
        page = call(Call("ListSuppressions", request, _TIMEOUT))
        yield page
        token = page.next_page_token
        if not token:
            return


class ConsistentList:
    """The entries that match a filter, as of one revision, in constant memory.

    The pages are read one after the other, and the list changes meanwhile. So they are kept in
    a temporary file. Then the changes since the first page are read, up to one revision, and
    each entry that changed is replaced by what it is at that revision. Only the changes are
    held in memory.

    Attributes:
        revision: of the list, once :meth:`load` has returned.
    """

    def __init__(self, call: Caller, filter: Any, now: float) -> None:  # noqa: A002
        self._call = call
        self._filter = filter
        self._now = now
        self._changes: dict[tuple[Any, ...], Any] = {}
        self._erased: set[tuple[Any, ...]] = set()
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self.revision = ""

    def load(self, read: Callable[[int], None]) -> None:
        """Read the list and the changes; report the number of entries after each page."""
        start, total = "", 0
        for page in pages(self._call, self._filter, BY_ADDRESS):
            start = start or page.revision
            data = page.SerializeToString()
            self._spool.write(len(data).to_bytes(4) + data)
            total += len(page.suppressions)
            read(total)
        self.revision = self._load_changes(start)

    def _load_changes(self, revision: str) -> str:
        while True:
            request = _service.ListChangesRequest(after_revision=revision, page_size=_CHANGES)
            changes = self._call(Call("ListChanges", request, _TIMEOUT))
            for entry in changes.changes:
                self._changes[_key(entry)] = entry
                if _is_erased(entry):
                    self._erased.add(_trace(entry))
            revision = changes.through_revision
            # A page that is not full ends at what was the newest revision.
            if len(changes.changes) < _CHANGES // 2:
                return revision

    def entries(self) -> Iterator[Any]:
        """Yield the entries: first those that did not change, by address, then the others."""
        self._spool.seek(0)
        while head := self._spool.read(4):
            page = _pb.ListSuppressionsResponse.FromString(self._spool.read(int.from_bytes(head)))
            for entry in page.suppressions:
                if _key(entry) not in self._changes and not self._was_erased(entry):
                    yield entry
        for entry in self._changes.values():
            if matches(self._filter, entry, self._now):
                yield entry

    def _was_erased(self, entry: Any) -> bool:
        """Return whether the address of an entry was erased after its page was read.

        The change has a hash instead of the address. So each entry with the same other fields
        is looked up: few, if any.
        """
        if not self._erased or _trace(entry) not in self._erased:
            return False
        request = _service.GetAddressRequest(address=entry.address)
        found = self._call(Call("GetAddress", request, _TIMEOUT)).suppressions
        return _key(entry) not in map(_key, found)

    def close(self) -> None:
        """Delete the temporary file."""
        self._spool.close()


def _key(entry: Any) -> tuple[Any, ...]:
    return entry.address or f"@{entry.domain}", entry.stream, entry.reason


def _is_erased(entry: Any) -> bool:
    return bool(entry.address.startswith("erased:"))


def _trace(entry: Any) -> tuple[Any, ...]:
    """Return what an erasure leaves of an entry."""
    first = entry.first_seen_time
    return entry.stream, entry.reason, first.seconds, first.nanos
