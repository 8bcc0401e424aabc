"""The part of our list that one list of SES is compared with."""

from collections.abc import Iterable, Iterator
from typing import Final

from suppression_ingest.policy import SIMULATOR
from suppression_service.store import Reason, Store, Suppression, fingerprint

#: The reasons that a list of SES has.
REASONS: Final = frozenset({Reason.HARD_BOUNCE, Reason.COMPLAINT})

#: Addresses that are read in one step.
_STEP: Final = 1_000


class OurList:
    """The hard bounces and complaints of all mail, or of one stream.

    Args:
        store: the whole list.
        stream: the stream; empty for all mail.
    """

    def __init__(self, store: Store, stream: str) -> None:
        self.store = store
        self.stream = stream
        self._seed = store.identity().fingerprint_seed

    def fingerprint(self, address: str) -> int:
        """Return the signed fingerprint of an address."""
        return fingerprint(address, self._seed)

    def entries_of(self, addresses: Iterable[str]) -> list[Suppression]:
        """Return the entries of addresses, removed and expired ones included."""
        return self._ours(self.store.entries_of(addresses))

    def standing_of_fingerprints(self, fingerprints: Iterable[int]) -> dict[str, list[Suppression]]:
        """Return the active entries of fingerprints by address, without erased addresses."""
        now = self.store.now()
        standing: dict[str, list[Suppression]] = {}
        for entry in self._ours(self.store.entries_of_fingerprints(fingerprints)):
            if entry.is_active(now) and is_address(entry.address):
                standing.setdefault(entry.address, []).append(entry)
        return standing

    def reasons_of(self, address: str) -> set[Reason]:
        """Return the reasons for which an address is suppressed now."""
        now = self.store.now()
        return {one.reason for one in self.entries_of([address]) if one.is_active(now)}

    def addresses(self) -> Iterator[tuple[str, Reason]]:
        """Yield the addresses that are suppressed now, each with its stronger reason.

        Those of SES's simulator are left out: a list of SES that has one would end every
        later probe before it begins.
        """
        after, now = "", self.store.now()
        while page := self.store.bounced_or_complained(now, after, _STEP, self.stream):
            after = page[-1][0]
            yield from (one for one in page if not one[0].endswith(SIMULATOR))

    def _ours(self, entries: Iterable[Suppression]) -> list[Suppression]:
        return [one for one in entries if one.stream == self.stream and one.reason in REASONS]


def is_address(name: str) -> bool:
    """Whether the name of an entry is an address: no domain, and no hash of an erased address."""
    return name.find("@") > 0
