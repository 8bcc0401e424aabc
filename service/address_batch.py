"""The identity of many addresses at once.

:func:`service.address.canonical` costs about a microsecond an address, most of it
spent on starting a regular expression. A batch is lower-cased in one go and its
bytes are looked at in a few passes over one array; only what is not plainly an
ordinary address is decided one by one.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from service.address import MAX_LOCAL, InvalidAddress, canonical

#: Octets of a domain that is surely made of labels of at most 63.
_SHORT_DOMAIN: Final = 63

# What an octet is, as bits, so that one pass of bytes.translate sorts a whole batch.
_SEPARATOR, _AT, _NEWLINE, _LOCAL_ONLY, _STRANGE = 1, 2, 4, 8, 16


def _kind(octet: int) -> int:
    match chr(octet):
        case "@":
            return _AT | _SEPARATOR
        case "\n":
            return _NEWLINE | _SEPARATOR
        case "." | "-":
            return _SEPARATOR
        case character if character in "abcdefghijklmnopqrstuvwxyz0123456789":
            return 0
        case character if character in "!#$%&'*+/=?^_`{|}~":
            return _LOCAL_ONLY
    return _STRANGE


_KINDS: Final = bytes(map(_kind, range(256)))


def canonical_batch(addresses: Sequence[str]) -> tuple[list[bytes], list[int]]:
    """Return the canonical form of each address, and the places of those that are none.

    The forms are UTF-8, in the order of the addresses; the form of an invalid
    address is empty.
    """
    lowered = ("\n".join(addresses).lower() + "\n").encode(errors="surrogatepass")
    forms = lowered.split(b"\n")
    forms.pop()
    if len(forms) == len(addresses):
        unusual = _unusual(lowered.translate(_KINDS))
    else:  # Somebody's address holds a newline.
        forms = [b""] * len(addresses)
        unusual = list(range(len(addresses)))
    invalid = []
    for place in unusual:
        try:
            forms[place] = canonical(addresses[place]).encode()
        except InvalidAddress:
            forms[place] = b""
            invalid.append(place)
    return forms, invalid


def _unusual(octets: bytes) -> list[int]:
    """Return the numbers of the lines that may not be ordinary addresses.

    An ordinary one has a single @, 1 to 64 octets of atext and dots before it, and
    after it at most 63 of letters, digits, and single dots and hyphens between them.

    Args:
        octets: the kinds of the octets of all lines, each ended by a newline.
    """
    kinds = np.frombuffer(octets, dtype=np.uint8)
    separators = np.flatnonzero((kinds & _SEPARATOR).view(np.bool_))
    their_kinds = kinds[separators]
    ends = separators[their_kinds == _NEWLINE | _SEPARATOR]
    ats = separators[their_kinds == _AT | _SEPARATOR]
    starts = np.concatenate(([0], ends[:-1] + 1))

    lines_of_ats = ends.searchsorted(ats)
    unusual = np.bincount(lines_of_ats, minlength=len(ends)) != 1
    at = starts.copy()
    at[lines_of_ats] = ats
    local, domain = at - starts, ends - at - 1
    unusual |= (local < 1) | (local > MAX_LOCAL) | (domain < 1) | (domain > _SHORT_DOMAIN)

    # Two separators in a row: an empty label, or a hyphen at the edge of one.
    first_of_pair = separators[:-1][np.diff(separators) == 1]
    unusual[ends.searchsorted(first_of_pair)] = True
    unusual[ends.searchsorted(first_of_pair + 1)] = True
    if _LOCAL_ONLY in octets:
        places = np.flatnonzero(kinds == _LOCAL_ONLY)
        lines = ends.searchsorted(places)
        unusual[lines[places > at[lines]]] = True
    if _STRANGE in octets:
        unusual[ends.searchsorted(np.flatnonzero(kinds == _STRANGE))] = True
    return np.flatnonzero(unusual).tolist()
