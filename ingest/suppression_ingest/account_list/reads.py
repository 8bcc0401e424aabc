"""What was read of a list of SES: the read in progress, and the whole read before it.

The database keeps a read page by page, so an interrupted read continues. Comparing a whole
read with the one before it shows what was removed at SES, which SES itself does not tell.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from suppression_service.store import AccountListPage, Reason, Store

#: A read that was interrupted longer ago than this starts again: it would miss too much.
RESUMED_WITHIN: Final = dt.timedelta(days=1)

#: The mark of an address that SES listed earlier, and does not list any more.
_NOT_LISTED: Final = 0


@dataclasses.dataclass(frozen=True)
class Listing:
    """What SES listed when a read began: fingerprints in order, and the reason of each."""

    started: dt.datetime
    fingerprints: npt.NDArray[np.int64]
    reasons: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, pages: Sequence[AccountListPage]) -> Self:
        """Return the listing of all pages of a read. Of several reasons, a complaint counts."""
        fingerprints = np.frombuffer(b"".join(page.fingerprints for page in pages), "<i8")
        reasons = np.frombuffer(b"".join(page.reasons for page in pages), "u1")
        order = np.lexsort((reasons, fingerprints))
        fingerprints, reasons = fingerprints[order], reasons[order]
        last = np.ones(len(order), bool)
        last[:-1] = fingerprints[1:] != fingerprints[:-1]
        return cls(pages[0].started, fingerprints[last], reasons[last])

    def reason_of(self, fingerprint: int) -> Reason | None:
        """Return the reason under which SES lists a fingerprint; None if it does not."""
        index = int(np.searchsorted(self.fingerprints, fingerprint))
        if index == len(self.fingerprints) or self.fingerprints[index] != fingerprint:
            return None
        return Reason(int(self.reasons[index])) if self.reasons[index] else None

    def missing_from(self, later: "Listing") -> list[int]:
        """Return the fingerprints that a later listing does not have."""
        listed = later.fingerprints[later.reasons != _NOT_LISTED]
        return list(np.setdiff1d(self.fingerprints, listed, assume_unique=True).tolist())


class ListRead:
    """A read of one list, and the whole read before it.

    Args:
        store: keeps the pages.
        name: the list; reads of one name are compared.
        now: the time at which a new read begins.
        kept: whether the database keeps the pages. If not, nothing can be continued.
    """

    def __init__(self, store: Store, name: str, now: dt.datetime, *, kept: bool = True) -> None:
        self._store = store
        self._name = name
        self._kept = kept
        self._pages: list[AccountListPage] = []
        #: The whole read before this one; None if there is none.
        self.before: Listing | None = None
        #: When this read began.
        self.started = now
        self._load(store.account_list_pages(name))

    @property
    def count(self) -> int:
        """The entries that were read so far."""
        return sum(len(page.reasons) for page in self._pages)

    @property
    def token(self) -> str:
        """SES's token of the next page; empty before the first page, and after the last."""
        return self._pages[-1].next_token if self._pages else ""

    @property
    def is_whole(self) -> bool:
        """Whether the last page was read."""
        return bool(self._pages) and not self.token

    @property
    def listing(self) -> Listing:
        """What SES lists, of a whole read."""
        return Listing.of(self._pages)

    def add(self, entries: Iterable[tuple[int, Reason]], token: str) -> None:
        """Add a page: signed fingerprints and reasons, and the token of the next page."""
        page = self._page([*entries], token)
        if self._kept:
            self._store.save_account_list_page(self._name, page)
        self._pages.append(page)

    def restart(self, now: dt.datetime) -> None:
        """Start again with the first page."""
        if self._kept and self._pages:
            before = self.before.started if self.before else None
            self._store.drop_account_list_reads(self._name, before)
        self._pages, self.started = [], now

    def finish(self, no_longer_listed: Iterable[int]) -> None:
        """Let this read be the one that the next is compared with.

        Args:
            no_longer_listed: fingerprints that SES listed earlier, for the next read to know.
        """
        page = self._page([(one, _NOT_LISTED) for one in no_longer_listed], "")
        if self._kept:
            self._store.save_account_list_page(self._name, page, alone=True)

    def discard(self) -> None:
        """Forget the read. One of a part of the list is compared with no other."""
        if self._kept:
            self._store.drop_account_list_reads(self._name, None)

    def _load(self, pages: Sequence[AccountListPage]) -> None:
        reads: dict[dt.datetime, list[AccountListPage]] = {}
        for page in pages:
            reads.setdefault(page.started, []).append(page)
        in_order = [reads[started] for started in sorted(reads)]
        if in_order and not in_order[0][-1].next_token:
            self.before = Listing.of(in_order.pop(0))
        if self._kept and in_order and in_order[-1][0].started > self.started - RESUMED_WITHIN:
            self._pages = in_order[-1]
            self.started = self._pages[0].started

    def _page(self, entries: Sequence[tuple[int, int]], token: str) -> AccountListPage:
        return AccountListPage(
            started=self.started,
            number=len(self._pages),
            next_token=token,
            fingerprints=np.array([mark for mark, _ in entries], "<i8").tobytes(),
            reasons=bytes(reason for _, reason in entries),
        )
