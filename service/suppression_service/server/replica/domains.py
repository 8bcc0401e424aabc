"""The entries of domains, and which of them apply to an address.

There are few of them, so each process has them in a dictionary, by fingerprint. An address
of ``x.example.com`` is looked up under ``@x.example.com``, where every entry applies, and
under ``@example.com``, where those apply that include subdomains.

What was found for a domain is remembered. In a batch, nearly all addresses are of domains
without an entry, and :mod:`.clean_domains` finds these at once.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import xxhash

from suppression_service.address import MAX_DOMAIN_LABELS
from suppression_service.server.replica.clean_domains import BatchDomains, CleanDomains, Lines
from suppression_service.server.replica.verdicts import Mail, reason_against
from suppression_service.store.models import domain_key
from suppression_service.store.replication import DOMAIN_MARK, SUBDOMAINS_MARK, UInt64Array

#: Domains to remember, at most; about 3 MB.
_MAX_REMEMBERED: Final = 1 << 14
_KEY: Final = domain_key("").encode()
#: Words that are looked through at a time.
_WORDS_A_STEP: Final = 1 << 18

Words = tuple[int, ...]


class Domains:
    """The words of the entries of domains, by fingerprint.

    Args:
        seed: of the fingerprints.
        words: for each fingerprint those of its words that are of domains, one or more.
    """

    def __init__(self, seed: int, words: dict[int, Words]) -> None:
        self._seed = seed
        self._words = words
        self._remembered: dict[bytes, Words] = {}
        self._clean = CleanDomains()
        #: Whether there is any. Every check reads it, so it is a plain attribute.
        self.any = bool(words)

    @classmethod
    def of_table(cls, seed: int, fingerprints: UInt64Array, words: UInt64Array) -> Self:
        """Find the entries of domains in a table."""
        found: dict[int, Words] = {}
        for start in range(0, len(words), _WORDS_A_STEP):
            some = slice(start, start + _WORDS_A_STEP)
            (marked,) = (words[some] & np.uint64(DOMAIN_MARK)).nonzero()
            for index in (marked + start).tolist():
                fingerprint = int(fingerprints[index])
                found[fingerprint] = (*found.get(fingerprint, ()), int(words[index]))
        return cls(seed, found)

    def copy(self) -> Self:
        """Return a copy, which another thread may change."""
        return type(self)(self._seed, self._words.copy())

    def replace(self, fingerprint: int, words: Iterable[int]) -> None:
        """Take the words of a fingerprint in place of those before."""
        fresh = tuple(word for word in words if word & DOMAIN_MARK)
        if fresh:
            self._words[fingerprint] = fresh
        elif self._words.pop(fingerprint, None) is None:
            return
        self.any = bool(self._words)
        self._remembered.clear()
        self._clean.clear()

    def words(self, address: bytes) -> Words:
        """Return the words of the domains' entries that apply to a canonical address."""
        domain = address[address.rfind(b"@") + 1 :]
        found = self._remembered.get(domain)
        return self._looked_up(domain) if found is None else found

    def reasons(
        self, addresses: Sequence[bytes], mail: Mail, lines: Lines | None
    ) -> npt.NDArray[np.uint8] | None:
        """Return for each canonical address the number of the reason of its domain's entries.

        The number is 0 if none of them forbids the mail, or if the address is empty. None if no
        entry applies to any of them.
        """
        domains = BatchDomains.of(lines) if lines else None
        found: dict[int, Words] = {}
        for index in self._clean.unknown(domains) if domains else range(len(addresses)):
            if words := self.words(addresses[index]):
                found[index] = words
            elif domains:
                self._clean.add(domains, index)
        if not found:
            return None
        # Most entries of domains have the same word.
        reason_of = {words: reason_against(mail, words) or 0 for words in set(found.values())}
        reasons = np.zeros(len(addresses), dtype=np.uint8)
        reasons[[*found]] = [reason_of[words] for words in found.values()]
        return reasons

    def _looked_up(self, domain: bytes) -> Words:
        """Look up a domain and those above it, and remember what was found."""
        labels = domain.split(b".")
        found = [*self._at(domain)] if len(labels) <= MAX_DOMAIN_LABELS else []
        # Not the last label alone: no entry is of a top-level domain.
        for first in range(max(1, len(labels) - MAX_DOMAIN_LABELS), len(labels) - 1):
            parent = self._at(b".".join(labels[first:]))
            found += [word for word in parent if word & SUBDOMAINS_MARK]
        if len(self._remembered) >= _MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[domain] = words = tuple(found)
        return words

    def _at(self, domain: bytes) -> Words:
        fingerprint = xxhash.xxh3_64_intdigest(_KEY + domain, self._seed)
        return self._words.get(fingerprint, ())
