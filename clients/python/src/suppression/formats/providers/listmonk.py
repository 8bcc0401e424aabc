"""listmonk: a file for its blocklist, or its export of subscribers."""

from typing import Final

from ..format import Format
from ..rows import Fields, Skip


def _translate(email: str, status: str, updated: str) -> Fields:
    if status and status != "blocklisted":
        raise Skip(f"a subscriber who is not on the blocklist: {status[:20]}")
    return Fields(email, "MANUAL", "", "listmonk", "", updated)


FORMATS: Final = (
    Format(
        "listmonk",
        "listmonk, the blocklist",
        "manual; with another status than blocklisted nothing",
        columns=("email", "name", "attributes"),
        values=("email", "status", "updated_at"),
        translate=_translate,
    ),
)
