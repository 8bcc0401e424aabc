"""The canonical forms of many addresses at once.

:func:`..address.canonical` costs half a microsecond an address, most of it to start a
regular expression. Here a few passes over the bytes of a whole batch show which of its
addresses are ordinary: those only need to be lower-cased. Each of the others, which are
few, goes through ``canonical``.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from suppression_service.address import InvalidAddress, canonical
from suppression_service.server.replica.clean_domains import Lines


class Canonical(NamedTuple):
    """Canonical forms, and the indices of the invalid addresses.

    ``lines`` are the same forms, as far as they are ordinary; None if it was not asked for all
    at once.
    """

    forms: Sequence[bytes]
    invalid: list[int]
    lines: Lines | None = None


# An address of at most so many bytes exceeds no limit of its parts.
_SHORT: Final = 64
# After so many unusual addresses other calls get a turn, and after each internationalised
# one: its domain can take 2 ms, and a batch of them would block all checks for seconds.
_AT_A_TIME: Final = 16

# The role of each byte value in an address. Two odd roles are never adjacent, but for two
# hyphens. Roles from _LOCAL_ONLY on decide about an address.
_ALPHANUMERIC, _DOT, _UPPER_CASE, _HYPHEN = 0, 1, 2, 3
_LOCAL_ONLY, _AT, _INVALID, _NEWLINE = 4, 5, 8, 9
_ROLES: Final = bytes(
    _ALPHANUMERIC if byte in b"abcdefghijklmnopqrstuvwxyz0123456789"
    else _UPPER_CASE if byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    else _DOT if byte in b"."
    else _HYPHEN if byte in b"-"
    else _LOCAL_ONLY if byte in b"!#$%&'*+/=?^_`{|}~"
    else _AT if byte in b"@"
    else _NEWLINE if byte in b"\n"
    else _INVALID
    for byte in range(256)
)  # fmt: skip


def canonical_at_once(addresses: Sequence[bytes]) -> Canonical | None:
    """Return the canonical forms of addresses, as :func:`canonical_batch` does.

    None if it would take so long that other calls must get a turn meanwhile.
    """
    lowered, unusual, lines = _lowered(addresses)
    if not unusual:
        return Canonical(lowered, [], lines)
    if sum(_price(addresses[index]) for index in unusual) > _AT_A_TIME:
        return None
    forms = list(lowered)
    invalid = [index for index in unusual if not _replace(forms, index, addresses[index])]
    return Canonical(forms, invalid, lines)


async def canonical_batch(addresses: Sequence[bytes], turn: asyncio.Lock) -> Canonical:
    """Return the canonical forms of addresses, and the indices of the invalid ones.

    The forms are UTF-8, in the order of the addresses. The form of an invalid address
    is empty.

    Args:
        addresses: as the caller wrote them, in UTF-8.
        turn: a lock shared by all batches. Batches with many unusual addresses take
            turns, so together they delay other calls no longer than one of them does.
    """
    lowered, unusual, _ = _lowered(addresses)
    forms, invalid, since = list(lowered), [], 0
    for index in unusual:
        if not _replace(forms, index, addresses[index]):
            invalid.append(index)
        since += _price(addresses[index])
        if since >= _AT_A_TIME:
            since = 0
            async with turn:
                await asyncio.sleep(0)
    return Canonical(forms, invalid)


def _replace(forms: list[bytes], index: int, address: bytes) -> bool:
    """Set the form of an unusual address; return whether the address is valid."""
    try:
        forms[index] = canonical(address.decode()).encode()
    except InvalidAddress:
        forms[index] = b""
    return bool(forms[index])


def _price(address: bytes) -> int:
    return 1 if address.isascii() else _AT_A_TIME


def _lowered(addresses: Sequence[bytes]) -> tuple[Sequence[bytes], list[int], Lines | None]:
    """Return the addresses in lower case, the indices of those that may be unusual, and lines."""
    if not addresses:
        return [], [], None
    lines = b"\n%b\n" % b"\n".join(addresses)
    if len(lines) > (_SHORT + 1) * len(addresses) + 1:
        return _lowered(_without_odd_lines(addresses))
    roles = np.frombuffer(lines.translate(_ROLES), dtype=np.uint8)
    ordinary, marks, newlines = _are_ordinary(roles)
    if len(ordinary) != len(addresses):  # One of them has a newline.
        return _lowered(_without_odd_lines(addresses))
    unusual: list[int] = [] if ordinary.all() else (~ordinary).nonzero()[0].tolist()
    if (roles == _UPPER_CASE).any():
        lines = lines.lower()
        addresses = lines[1:-1].split(b"\n")
    return addresses, unusual, Lines(lines, ordinary, marks, newlines)


def _without_odd_lines(addresses: Sequence[bytes]) -> list[bytes]:
    """Return nothing in place of each address that is long or not one line: it is unusual."""
    return [a if len(a) <= _SHORT and b"\n" not in a else b"" for a in addresses]


def _are_ordinary(
    roles: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return for each line whether it certainly is an address once it is lower-cased.

    Also the places of every @ and newline, and which of these are the newlines.

    Such a line has one @. Before it are atext and single dots. After it are letters and
    digits, with single dots or hyphens between them. It is short enough for any limit.

    Args:
        roles: of the bytes of the lines. Each line has a newline before and after it.
    """
    (special,) = (roles >= _LOCAL_ONLY).nonzero()
    kinds = roles[special]
    shared = kinds != _LOCAL_ONLY
    marks, places = kinds[shared], special[shared]
    (newlines,) = (marks == _NEWLINE).nonzero()
    ends = places[newlines]
    # Nothing but an @ between two newlines.
    ordinary: npt.NDArray[np.bool_] = (newlines[1:] - newlines[:-1] == 2) & (
        marks[newlines[:-1] + 1] == _AT
    )
    ordinary &= ends[1:] - ends[:-1] <= _SHORT + 1
    (wrong,) = ((kinds[:-1] == _AT) & (kinds[1:] == _LOCAL_ONLY)).nonzero()
    # Two bits of two odd roles: both are set if both are hyphens.
    (adjacent,) = (roles[:-1] & roles[1:] & 3 == 1).nonzero()
    for odd in (special[wrong], adjacent):
        if len(odd):
            ordinary[ends.searchsorted(odd, side="right") - 1] = False
    return ordinary, places, newlines
