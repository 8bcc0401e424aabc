"""What a run changes at SES: entries that it lacks, and entries that were removed here."""

import functools
from collections.abc import Callable, Iterable

from suppression_ingest.account_list.account_list import AccountList, AddressRefused
from suppression_ingest.account_list.differences import Difference, Drift
from suppression_ingest.account_list.options import Options
from suppression_ingest.account_list.our_list import OurList
from suppression_ingest.account_list.reads import Listing
from suppression_service.store import Reason


class Push:
    """Changes one list of SES, as far as the options allow.

    An address that SES refuses is skipped, and does not count towards the limit; otherwise
    refused addresses could block the rest for ever.

    Args:
        ours: our list.
        theirs: SES's list.
        options: what the run may do.
        drift: counts what differs and what is changed.
    """

    def __init__(self, ours: OurList, theirs: AccountList, options: Options, drift: Drift) -> None:
        self._ours = ours
        self._theirs = theirs
        self._options = options
        self._drift = drift

    def delete(self, removed: Iterable[tuple[str, str]]) -> None:
        """Delete entries at SES, unless feedback has brought them back here since.

        Args:
            removed: canonical addresses that were removed here, each as SES spells it.

        Raises:
            AwsError: SES does not answer, or refuses more than one address.
            StoreUnavailable: the database cannot answer now.
        """
        for address, spelling in removed:
            change = functools.partial(self._theirs.delete, spelling)
            if not self._ours.reasons_of(address) and self._may_change():
                self._drift.counts.deleted += self._is_taken(address, change)

    def write(self, listing: Listing, kept: Iterable[int]) -> None:
        """Write to SES the entries that it lacks. A complaint never becomes a bounce.

        Args:
            listing: what SES lists.
            kept: fingerprints of addresses that SES is to lack.

        Raises:
            AwsError: SES does not answer, or refuses more than one address. What was
                written before stays written.
            StoreUnavailable: the database cannot answer now.
        """
        kept = frozenset(kept)
        for address, reason in self._ours.addresses():
            fingerprint = self._ours.fingerprint(address)
            theirs = listing.reason_of(fingerprint)
            if fingerprint in kept or not _says_more(reason, theirs):
                continue
            how = Difference.OTHER_REASON if theirs else Difference.ONLY_HERE
            self._drift.add(how, address)
            # It may have been removed since the page was read.
            if self._may_change() and reason in self._ours.reasons_of(address):
                change = functools.partial(self._theirs.put, address, reason)
                self._drift.counts.written += self._is_taken(address, change)

    def _may_change(self) -> bool:
        """Whether SES's list may be changed once more; count the change as left if not."""
        if self._options.dry or not self._options.pushes:
            return False
        counts = self._drift.counts
        if counts.written + counts.deleted < self._options.limit:
            return True
        counts.left += 1
        return False

    def _is_taken(self, address: str, change: Callable[[], None]) -> bool:
        """Change SES's list, and return whether SES accepted the address."""
        try:
            change()
        except AddressRefused:
            self._drift.counts.refused += 1
            self._drift.callbacks.refused(address)
            return False
        self._drift.callbacks.changed(self._drift.counts)
        return True


def _says_more(reason: Reason, theirs: Reason | None) -> bool:
    """Whether SES lacks our reason."""
    return theirs is None or (reason is Reason.COMPLAINT and theirs is Reason.HARD_BOUNCE)
