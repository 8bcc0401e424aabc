"""Our own format: what ``suppression export`` and :class:`ErrorFile` write."""

from typing import Final

from ..format import Format
from ..rows import Fields, Skip


def _translate(address: str, reason: str, *rest: str) -> Fields:
    if address.startswith("erased:"):
        raise Skip("erased: the address is not known any more")
    return Fields(address, reason, *rest)


FORMATS: Final = (
    Format(
        "suppression",
        "what `suppression export` writes",
        "everything, without loss",
        columns=("address", "reason"),
        values=Fields._fields,
        translate=_translate,
        ignored=("revision", "row", "error", "file", "original"),
        exact=True,
        escaped=True,
    ),
)
