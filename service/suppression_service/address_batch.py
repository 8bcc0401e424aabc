"""The identity of many addresses at once.

:func:`suppression_service.address.canonical` costs half a microsecond an address, most of it
spent on starting a regular expression. A batch is lower-cased in one go, and a few
passes over its bytes tell whether all of it is plainly ordinary. Where it is not,
halving finds the addresses that must be decided one by one.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from suppression_service.address import InvalidAddress, canonical

#: Octets of an address whose parts are surely short enough.
_SHORT: Final = 64
#: Addresses among which it is not worth looking for the unusual one.
_FEW: Final = 4
#: Unusual addresses that are decided before other calls get their turn: a domain in
#: another script can take 2 ms, a batch of them would stop all checks for seconds.
_AT_A_TIME: Final = 16

# What an octet is to an address. Two that are odd never stand side by side.
_IN_WORDS, _BETWEEN_WORDS, _IN_LOCALS_ONLY, _AT, _NEWLINE, _NOWHERE = 0, 1, 2, 3, 5, 6
_KINDS: Final = bytes(
    _IN_WORDS if octet in b"abcdefghijklmnopqrstuvwxyz0123456789"
    else _BETWEEN_WORDS if octet in b".-"
    else _IN_LOCALS_ONLY if octet in b"!#$%&'*+/=?^_`{|}~"
    else _AT if octet in b"@"
    else _NEWLINE if octet in b"\n"
    else _NOWHERE
    for octet in range(256)
)  # fmt: skip


async def canonical_batch(
    addresses: Sequence[str], turn: asyncio.Lock
) -> tuple[list[bytes], list[int]]:
    """Return the canonical form of each address, and the places of those that are none.

    The forms are UTF-8, in the order of the addresses; the form of an invalid
    address is empty.

    Args:
        addresses: as they were written.
        turn: shared by all batches, which take turns where there are many unusual
            addresses: all of them together hold up others no longer than one does.
    """
    forms: list[bytes] = []
    invalid: list[int] = []
    unusual = 0
    for piece, ordinary in _pieces(addresses):
        if ordinary is not None:
            forms += ordinary
            continue
        for address in piece:
            try:
                forms.append(canonical(address).encode())
            except InvalidAddress:
                invalid.append(len(forms))
                forms.append(b"")
        unusual += len(piece)
        if unusual >= _AT_A_TIME:
            unusual = 0
            async with turn:
                await asyncio.sleep(0)
    return forms, invalid


def _pieces(addresses: Sequence[str]) -> Iterator[tuple[Sequence[str], list[bytes] | None]]:
    """Part addresses, in their order, into ordinary ones with their forms, and a few others."""
    forms = _if_ordinary(addresses)
    if forms is not None or len(addresses) <= _FEW:
        yield addresses, forms
        return
    middle = len(addresses) // 2
    yield from _pieces(addresses[:middle])
    yield from _pieces(addresses[middle:])


def _if_ordinary(addresses: Sequence[str]) -> list[bytes] | None:
    """Return the canonical forms of addresses, or None if one may not be ordinary."""
    joined = "\n".join(addresses)
    if len(joined) > (_SHORT + 1) * len(addresses):  # Too long to be worth a look.
        return None
    lowered = joined.lower().encode(errors="surrogatepass")
    return lowered.split(b"\n") if _are_ordinary(lowered, len(addresses)) else None


def _are_ordinary(joined: bytes, count: int) -> bool:
    """Whether lines are, beyond doubt, so many addresses in canonical form.

    That is: one @, atext and dots before it, and after it only letters, digits, and
    single dots and hyphens between them; and short enough for any limit.
    """
    lines = b"\n" + joined + b"\n"
    kinds = np.frombuffer(lines.translate(_KINDS), dtype=np.uint8)
    (special,) = (kinds >= _IN_LOCALS_ONLY).nonzero()
    special_kinds = kinds[special]
    # A newline, then @ and newline in turn.
    ends = special[special_kinds != _IN_LOCALS_ONLY]
    return bool(
        len(ends) == 2 * count + 1
        and (kinds[ends[1::2]] == _AT).all()
        and (ends[2::2] - ends[:-2:2]).max() <= _SHORT + 1
        and not ((special_kinds[:-1] == _AT) & (special_kinds[1:] == _IN_LOCALS_ONLY)).any()
        and not (kinds[1:] & kinds[:-1] & 1).any()
    )
