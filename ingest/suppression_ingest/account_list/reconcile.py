"""Synchronising our list with SES's account-level suppression list.

SES's list is read page by page. Each page is stored in one transaction, so a run may be
interrupted at any time. Each entry of SES becomes feedback whose identity is the entry's
reason and time. A second run therefore changes nothing, and an entry that was unsuppressed
after SES listed it stays removed.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from suppression_ingest.account_list.account_list import AccountList, AddressRefused, Entry, name_of
from suppression_ingest.account_list.cursor import Cursor
from suppression_ingest.policy import SIMULATOR
from suppression_service.store import Effect, Feedback, Reason, Store, Suppression

#: The provider of the feedback; the entries have it as their source.
PROVIDER: Final = "ses-account-list"
KIND: Final = "AccountListEntry"

#: Addresses of our list that are compared in one step.
_STEP: Final = 1_000


@dataclasses.dataclass(slots=True)
class Pulled:
    """Counts of SES's entries by result."""

    read: int = 0
    #: Our list had them before.
    known: int = 0
    #: Added to our list; in a dry run, missing from it.
    added: int = 0
    #: Removed from our list after SES listed them; they stay removed.
    removed_here: int = 0
    #: Entries without a valid address or a known reason.
    unusable: int = 0


@dataclasses.dataclass(slots=True)
class Pushed:
    """Counts of the addresses that SES's list lacked, by result."""

    #: Written to SES's list; in a dry run, missing from it.
    written: int = 0
    #: The part of ``written`` that SES had as bounces and now has as complaints.
    raised: int = 0
    #: SES refused the address.
    refused: int = 0
    #: Not written because the limit was reached.
    left: int = 0


@dataclasses.dataclass(frozen=True)
class Callbacks:
    """Functions that are called during a run.

    ``read`` gets the cursor after each page is stored. ``written`` gets the counts after
    each write to SES. ``lacking_here`` gets each address that our list lacks,
    ``lacking_there`` each address that SES's list lacks, and ``refused`` each address that
    SES refuses.
    """

    read: Callable[[Cursor], None] = lambda _: None
    written: Callable[[Pushed], None] = lambda _: None
    lacking_here: Callable[[str], None] = lambda _: None
    lacking_there: Callable[[str], None] = lambda _: None
    refused: Callable[[str], None] = lambda _: None


class Reconciliation:
    """One run: a pull from SES, and a push to it if wanted.

    Args:
        store: our list.
        theirs: SES's list.
        callbacks: called during the run.
        dry: change neither list.
        remember: keep all of SES's list in memory, which :meth:`push` needs. An entry
            takes about 250 bytes.
    """

    def __init__(
        self,
        store: Store,
        theirs: AccountList,
        callbacks: Callbacks,
        *,
        dry: bool = False,
        remember: bool = False,
    ) -> None:
        self._store = store
        self._theirs = theirs
        self._callbacks = callbacks
        self._dry = dry
        self._remember = remember
        self._listed: dict[str, Reason] = {}
        self.pulled = Pulled()
        self.pushed = Pushed()

    def pull(self, cursor: Cursor) -> None:
        """Read SES's list from a cursor to its end, and add the entries that our list lacks.

        Raises:
            ExpiredToken: SES no longer knows the cursor's token.
            AwsError: SES does not answer, or refuses.
            StoreUnavailable: the database cannot write now.
        """
        while True:
            page = self._theirs.page(cursor.token, cursor.since, cursor.until)
            self.pulled.unusable += page.unusable
            self.pulled.read += len(page.entries) + page.unusable
            self._take(_merged(page.entries))
            read = cursor.read + len(page.entries) + page.unusable
            cursor = dataclasses.replace(cursor, token=page.token, read=read)
            self._callbacks.read(cursor)
            if not page.token:
                return

    def push(self, limit: int, now: dt.datetime) -> None:
        """Write to SES the entries that it lacks, up to a limit. Needs a whole :meth:`pull` before.

        Only hard bounces and complaints that apply to all mail are written. A complaint in
        SES's list never becomes a bounce. An address that SES refuses is skipped and does
        not count towards the limit; otherwise refused addresses could block the rest for ever.

        Raises:
            AwsError: SES does not answer, or refuses more than one address. What was
                written before stays written.
            StoreUnavailable: the database cannot answer now.
        """
        for address, reason in self._lacking_there(now):
            self._callbacks.lacking_there(address)
            if self.pushed.written == limit:
                self.pushed.left += 1
                continue
            if not self._dry and not self._is_taken(address, reason):
                continue
            self.pushed.written += 1
            self.pushed.raised += address in self._listed
            self._callbacks.written(self.pushed)

    # --- from SES ------------------------------------------------------------------------------

    def _take(self, entries: list[Entry]) -> None:
        if self._remember:
            for entry in entries:
                if self._listed.get(entry.address) is not Reason.COMPLAINT:
                    self._listed[entry.address] = entry.reason
        lacking = list(self._lacking_here(entries))
        for entry in lacking:
            self._callbacks.lacking_here(entry.address)
        if lacking and not self._dry:
            with self._store.write() as transaction:
                transaction.record([_feedback(entry, transaction.now) for entry in lacking])
        self.pulled.added += len(lacking)

    def _lacking_here(self, entries: list[Entry]) -> Iterator[Entry]:
        found = self._store.entries_of(entry.address for entry in entries)
        ours = {(one.address, one.reason): one for one in found if not one.stream}
        for entry in entries:
            present = ours.get((entry.address, entry.reason))
            if present and _was_removed_after(present, entry):
                self.pulled.removed_here += 1
            elif present and present.removed is None and present.expires is None:
                self.pulled.known += 1
            else:
                yield entry

    # --- to SES --------------------------------------------------------------------------------

    def _is_taken(self, address: str, reason: Reason) -> bool:
        """Write an address, and return whether SES accepted it."""
        try:
            self._theirs.put(address, reason)
        except AddressRefused:
            self.pushed.refused += 1
            self._callbacks.refused(address)
            return False
        return True

    def _lacking_there(self, now: dt.datetime) -> Iterator[tuple[str, Reason]]:
        after = ""
        while page := self._store.bounced_or_complained(now, after, _STEP):
            after = page[-1][0]
            for address, reason in page:
                # An entry for the simulator would end every later probe before it begins.
                if not address.endswith(SIMULATOR) and self._says_more(address, reason):
                    yield address, reason

    def _says_more(self, address: str, reason: Reason) -> bool:
        """Whether SES lacks our entry. A complaint never becomes a bounce."""
        theirs = self._listed.get(address)
        return theirs is None or (reason is Reason.COMPLAINT and theirs is Reason.HARD_BOUNCE)


def _merged(entries: Iterable[Entry]) -> list[Entry]:
    """Merge entries of one address and reason: SES lists each spelling separately."""
    latest: dict[tuple[str, Reason], Entry] = {}
    for entry in entries:
        if entry.address.endswith(SIMULATOR):
            continue
        key = (entry.address, entry.reason)
        if key not in latest or latest[key].updated < entry.updated:
            latest[key] = entry
    return [*latest.values()]


def _was_removed_after(present: Suppression, entry: Entry) -> bool:
    return present.removed is not None and present.removed >= entry.updated


def _feedback(entry: Entry, received: dt.datetime) -> Feedback:
    return Feedback(
        provider=PROVIDER,
        kind=KIND,
        # The store adds the address to the key.
        identity=f"{name_of(entry.reason)} {entry.updated.isoformat()}",
        address=entry.address,
        happened=min(entry.updated, received),
        type=name_of(entry.reason),
        effect=Effect(entry.reason),
    )
