"""Synchronising our list with one suppression list of SES, both ways.

SES's list is read page by page, and each page is stored before the next, so a run may be
interrupted at any time. Each entry of SES becomes feedback whose identity is the entry's
reason and time. A second run therefore changes nothing, and an entry that was unsuppressed
after SES listed it stays removed.

What was removed at SES is what the read before this one listed (:mod:`.reads`). Neither
list overrules the other unless the options say so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import structlog

from suppression_ingest.account_list.account_list import AccountList, Entry, ExpiredToken, name_of
from suppression_ingest.account_list.differences import Callbacks, Counts, Difference, Drift
from suppression_ingest.account_list.options import Options, RemovedAtSes, RemovedHere, Scope
from suppression_ingest.account_list.our_list import REASONS, OurList
from suppression_ingest.account_list.push import Push
from suppression_ingest.account_list.reads import Listing, ListRead
from suppression_ingest.policy import SIMULATOR
from suppression_service.store import Effect, Feedback, Reason, Removal, Store, Suppression

#: The provider of the feedback; the entries have it as their source.
PROVIDER: Final = "ses-account-list"
KIND: Final = "AccountListEntry"

#: The entries of SES by address and reason; it has one for each spelling of an address.
_Listed: TypeAlias = Mapping[tuple[str, Reason], Sequence[Entry]]

_log = structlog.get_logger(__name__)


class Synchronisation:
    """One run with one list of SES.

    Args:
        store: our list.
        theirs: SES's list.
        scope: which list it is.
        options: what the run may do.
        callbacks: called during the run.
    """

    def __init__(
        self,
        store: Store,
        theirs: AccountList,
        scope: Scope,
        options: Options,
        callbacks: Callbacks,
    ) -> None:
        self._store = store
        self._ours = OurList(store, scope.stream)
        self._theirs = theirs
        self._scope = scope
        self._options = options
        self._drift = Drift(callbacks)
        self._push = Push(self._ours, theirs, options, self._drift)
        # The entries of SES that were removed here.
        self._removed_here: list[Entry] = []
        part = f" since {options.since:%Y-%m-%d}" if options.since else ""
        self._read = ListRead(store, f"{scope}{part}", store.now(), kept=not options.dry)
        if options.restart:
            self._read.restart(store.now())

    @property
    def counts(self) -> Counts:
        """What was found and changed so far."""
        return self._drift.counts

    def run(self) -> Counts:
        """Read all of SES's list, and bring the two together as far as the options say.

        Raises:
            NoSuchTenant: there is no such tenant in this account and region.
            AwsError: SES does not answer, or refuses more than one address. What was
                changed before stays changed, and the next run continues.
            StoreUnavailable: the database cannot answer now.
        """
        if self._read.count:
            _log.info("continuing", list=str(self._scope), after=self._read.count)
        try:
            self._pull()
        except ExpiredToken:
            _log.warning("SES no longer knows the page token: starting again")
            self._start_again()
            self._pull()
        if self._options.since:
            self._read.discard()
        else:
            self._compare(self._read.listing)
        return self.counts

    def _compare(self, listing: Listing) -> None:
        removed = self._removed_at_ses(listing)
        kept = self._follow_removals_at_ses(removed)
        self._read.finish(kept)
        if self._options.removed_here is RemovedHere.REMOVE:
            self._push.delete((entry.address, entry.spelling) for entry in self._removed_here)
        self._push.write(listing, kept)

    def _start_again(self) -> None:
        self._read.restart(self._store.now())
        self._drift.restart()
        self._removed_here.clear()

    # --- from SES ------------------------------------------------------------------------------

    def _pull(self) -> None:
        """Read SES's list from the saved page to its end, and add what our list lacks."""
        while not self._read.is_whole:
            page = self._theirs.page(self._read.token, self._options.since, self._read.started)
            self.counts.unusable += page.unusable
            self.counts.read += len(page.entries) + page.unusable
            listed = _by_address(page.entries)
            self._add([*self._lacking_here(listed)])
            fingerprints = [(self._ours.fingerprint(address), reason) for address, reason in listed]
            self._read.add(fingerprints, page.token)
            self._drift.callbacks.page(self._read.count)

    def _lacking_here(self, listed: _Listed) -> Iterator[Entry]:
        """Compare a page with our list; yield the entries to add to it."""
        found = self._ours.entries_of(address for address, _ in listed)
        ours = {(one.address, one.reason): one for one in found}
        now = self._store.now()
        standing = {key for key, one in ours.items() if one.is_active(now)}
        for (address, reason), entries in listed.items():
            newest = max(entries, key=lambda entry: entry.updated)
            present = ours.get((address, reason))
            was_removed = present is not None and _was_removed_after(present, newest)
            if present and (address, reason) in standing:
                self.counts.known += 1
                if present.expires:
                    yield newest
            elif any((address, other) in standing for other in REASONS):
                self._drift.add(Difference.OTHER_REASON, address)
                if not was_removed:
                    yield newest
            elif was_removed:
                self._drift.add(Difference.REMOVED_HERE, address)
                self._removed_here += entries
            else:
                self._drift.add(Difference.ONLY_AT_SES, address)
                yield newest

    def _add(self, entries: Sequence[Entry]) -> None:
        if self._options.dry or not self._options.pulls or not entries:
            return
        with self._store.write() as transaction:
            transaction.record([self._feedback(entry) for entry in entries])
        self.counts.added += len(entries)

    def _feedback(self, entry: Entry) -> Feedback:
        # The store adds the address to the key.
        parts = name_of(entry.reason), entry.updated.isoformat(), self._scope.tenant
        return Feedback(
            provider=PROVIDER,
            kind=KIND,
            identity=" ".join(part for part in parts if part),
            address=entry.address,
            happened=min(entry.updated, self._store.now()),
            type=name_of(entry.reason),
            effect=Effect(entry.reason, self._scope.stream),
        )

    # --- removed at SES ------------------------------------------------------------------------

    def _removed_at_ses(self, listing: Listing) -> dict[str, list[Suppression]]:
        """Return the addresses that SES listed earlier and that still stand here.

        An address with feedback since then is left out: it was suppressed anew.
        """
        before = self._read.before
        if before is None:
            return {}
        standing = self._ours.standing_of_fingerprints(before.missing_from(listing))
        removed = {
            address: entries
            for address, entries in standing.items()
            if all(entry.last_seen <= before.started for entry in entries)
        }
        for address in removed:
            self._drift.add(Difference.REMOVED_AT_SES, address)
        return removed

    def _follow_removals_at_ses(self, removed: Mapping[str, Sequence[Suppression]]) -> list[int]:
        """Remove what was removed at SES, or have it written there again, if wanted.

        Returns:
            The fingerprints of the others: they stay here, and SES is to lack them.
        """
        options = self._options
        if options.removed_at_ses is RemovedAtSes.RESTORE and options.pushes:
            return []
        if options.removed_at_ses is RemovedAtSes.REMOVE and options.pulls and not options.dry:
            if len(removed) <= options.max_removals:
                self._remove(removed)
                return []
            self.counts.held_back = len(removed)
        return [self._ours.fingerprint(address) for address in removed]

    def _remove(self, removed: Mapping[str, Sequence[Suppression]]) -> None:
        detail = f"removed from {self._scope}"
        removals = [
            Removal(address, entry.reason, entry.stream, PROVIDER, detail)
            for address, entries in removed.items()
            for entry in entries
        ]
        if removals:
            with self._store.write() as transaction:
                transaction.unsuppress(removals)
        self.counts.removed += len(removed)


def _by_address(entries: Iterable[Entry]) -> dict[tuple[str, Reason], list[Entry]]:
    """Group entries by address and reason, without those of SES's simulator."""
    grouped: dict[tuple[str, Reason], list[Entry]] = {}
    for entry in entries:
        if not entry.address.endswith(SIMULATOR):
            grouped.setdefault((entry.address, entry.reason), []).append(entry)
    return grouped


def _was_removed_after(present: Suppression, entry: Entry) -> bool:
    return present.removed is not None and present.removed >= entry.updated
