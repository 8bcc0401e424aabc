"""The identity of many addresses at once.

:func:`service.address.canonical` costs half a microsecond an address, most of it
spent on starting a regular expression. A batch is lower-cased in one go, and a few
passes over its bytes tell whether all of it is plainly ordinary. Where it is not,
halving finds the addresses that must be decided one by one.
"""

from collections.abc import Sequence
from typing import Final

from service.address import InvalidAddress, canonical

#: Octets of an address whose parts are surely short enough.
_SHORT: Final = 64
#: Addresses among which it is not worth looking for the unusual one.
_FEW: Final = 4

_IN_DOMAINS: Final = b"abcdefghijklmnopqrstuvwxyz0123456789.-"
_IN_LOCALS_ONLY: Final = b"!#$%&'*+/=?^_`{|}~"

# What an address comes down to when letters, digits, dots and hyphens are left out:
# an @, a + for each character that only a local part may have, a \0 for each that
# nothing may have.
_SKELETON: Final = bytes(
    octet if octet in b"@\n" else ord("+") if octet in _IN_LOCALS_ONLY else 0
    for octet in range(256)
)
# With every separator a dot: two in a row are two dots.
_SEPARATORS: Final = bytes.maketrans(b"\n@-", b"...")


def canonical_batch(addresses: Sequence[str]) -> tuple[list[bytes], list[int]]:
    """Return the canonical form of each address, and the places of those that are none.

    The forms are UTF-8, in the order of the addresses; the form of an invalid
    address is empty.
    """
    lowered = "\n".join(addresses).lower().encode(errors="surrogatepass")
    forms = lowered.split(b"\n")
    if len(forms) == len(addresses):
        unusual = _unusual(forms, lowered)
    else:  # Somebody's address holds a newline.
        forms = [b""] * len(addresses)
        unusual = range(len(addresses))
    invalid = []
    for place in unusual:
        try:
            forms[place] = canonical(addresses[place]).encode()
        except InvalidAddress:
            forms[place] = b""
            invalid.append(place)
    return forms, invalid


def _unusual(forms: list[bytes], joined: bytes) -> Sequence[int]:
    """Return the places of the forms that may not be ordinary addresses."""
    if _are_ordinary(forms, joined):
        return ()
    if len(forms) <= _FEW:
        return range(len(forms))
    middle = len(forms) // 2
    first, second = forms[:middle], forms[middle:]
    return [
        *_unusual(first, b"\n".join(first)),
        *(middle + place for place in _unusual(second, b"\n".join(second))),
    ]


def _are_ordinary(forms: list[bytes], joined: bytes) -> bool:
    """Whether each form is, beyond doubt, an address in canonical form.

    That is: one @, atext and dots before it, and after it only letters, digits, and
    single dots and hyphens between them; and short enough for any limit.
    """
    lines = b"\n" + joined + b"\n"
    skeleton = lines.translate(_SKELETON, _IN_DOMAINS)
    return (
        skeleton.replace(b"+", b"") == b"\n" + b"@\n" * len(forms)
        and b"@+" not in skeleton
        and b".." not in lines.translate(_SEPARATORS)
        and max(map(len, forms)) <= _SHORT
    )
