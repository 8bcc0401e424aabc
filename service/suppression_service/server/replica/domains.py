"""The entries of domains, and which of them apply to an address.

There are few of them, so each process has them in a dictionary, by fingerprint. An address
of ``x.example.com`` is looked up under ``@x.example.com``, where every entry applies, and
under ``@example.com``, where those apply that include subdomains.

Nearly all addresses are of domains without an entry. These domains are remembered, so that
an address of one costs a look-up in a set.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import xxhash

from suppression_service.address import MAX_DOMAIN_LABELS
from suppression_service.server.replica.verdicts import Mail, reason_against
from suppression_service.store.models import domain_key
from suppression_service.store.replication import DOMAIN_MARK, SUBDOMAINS_MARK, UInt64Array

#: Domains to remember, at most; about 3 MB.
_MAX_CLEAN: Final = 1 << 15
_KEY: Final = domain_key("").encode()
#: Words that are looked through at a time.
_WORDS_A_STEP: Final = 1 << 18


class Domains:
    """The words of the entries of domains, by fingerprint.

    Args:
        seed: of the fingerprints.
        words: for each fingerprint those of its words that are of domains, one or more.
    """

    def __init__(self, seed: int, words: dict[int, tuple[int, ...]]) -> None:
        self._seed = seed
        self._words = words
        # Domains that no entry applies to.
        self._clean: set[bytes] = set()

    @classmethod
    def of_table(cls, seed: int, fingerprints: UInt64Array, words: UInt64Array) -> Self:
        """Find the entries of domains in a table."""
        found: dict[int, tuple[int, ...]] = {}
        for start in range(0, len(words), _WORDS_A_STEP):
            some = slice(start, start + _WORDS_A_STEP)
            (marked,) = (words[some] & np.uint64(DOMAIN_MARK)).nonzero()
            for index in (marked + start).tolist():
                fingerprint = int(fingerprints[index])
                found[fingerprint] = (*found.get(fingerprint, ()), int(words[index]))
        return cls(seed, found)

    def __bool__(self) -> bool:
        return bool(self._words)

    def copy(self) -> Self:
        """Return a copy, which another thread may change."""
        return type(self)(self._seed, self._words.copy())

    def replace(self, fingerprint: int, words: Iterable[int]) -> None:
        """Take the words of a fingerprint in place of those before."""
        fresh = tuple(word for word in words if word & DOMAIN_MARK)
        if fresh:
            self._words[fingerprint] = fresh
            self._clean.clear()
        else:
            self._words.pop(fingerprint, None)

    def words(self, address: bytes) -> Sequence[int]:
        """Return the words of the domains' entries that apply to a canonical address."""
        domain = _domain(address)
        return () if domain in self._clean else self._words_of(domain)

    def reasons(self, addresses: Sequence[bytes], mail: Mail) -> npt.NDArray[np.uint8] | None:
        """Return for each canonical address the number of the reason of its domain's entries.

        The number is 0 if none of them forbids the mail. None if that holds for all.
        """
        domains = _domains(addresses)
        doubtful = set(itertools.filterfalse(self._clean.__contains__, domains))
        against = {
            domain: reason
            for domain in doubtful
            if (words := self._words_of(domain)) and (reason := reason_against(mail, words))
        }
        if not against:
            return None
        numbers = map(against.get, domains, itertools.repeat(0))
        return np.fromiter(numbers, dtype=np.uint8, count=len(domains))

    def _words_of(self, domain: bytes) -> Sequence[int]:
        """Return the words that apply to the addresses of a domain; if none do, remember it."""
        labels = domain.split(b".")
        found = [*self._at(domain)] if len(labels) <= MAX_DOMAIN_LABELS else []
        # Not the last label alone: no entry is of a top-level domain.
        for first in range(max(1, len(labels) - MAX_DOMAIN_LABELS), len(labels) - 1):
            parent = self._at(b".".join(labels[first:]))
            found += [word for word in parent if word & SUBDOMAINS_MARK]
        if not found:
            if len(self._clean) >= _MAX_CLEAN:
                self._clean.clear()
            self._clean.add(domain)
        return found

    def _at(self, domain: bytes) -> Sequence[int]:
        fingerprint = xxhash.xxh3_64_intdigest(_KEY + domain, self._seed)
        return self._words.get(fingerprint, ())


def _domain(address: bytes) -> bytes:
    return address[address.rfind(b"@") + 1 :]


def _domains(addresses: Sequence[bytes]) -> Sequence[bytes]:
    """Return the domain of each canonical address; of an empty one, nothing."""
    # One split for all of them takes half the time of one for each.
    parts = b"@".join(addresses).split(b"@")
    if len(parts) == 2 * len(addresses) and all(addresses):
        return parts[1::2]
    # An address is empty, since it is invalid, or a quoted local part has an @.
    return [_domain(address) for address in addresses]
