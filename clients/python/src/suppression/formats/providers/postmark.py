"""Postmark: the dump of a message stream."""

from typing import Final

from ..format import Format
from ..rows import Fields

_REASONS: Final = {"hardbounce": "HARD_BOUNCE", "spamcomplaint": "COMPLAINT"}


def _translate(email: str, reason: str, created: str, origin: str) -> Fields:
    known = _REASONS.get(reason.casefold(), reason)
    if reason.casefold() == "manualsuppression":
        known = "UNSUBSCRIBE" if origin.casefold() == "recipient" else "MANUAL"
    return Fields(email, known, "", "postmark", "", created)


FORMATS: Final = (
    Format(
        "postmark",
        "Postmark, suppressions of a message stream",
        "HardBounce: hard bounce; SpamComplaint: complaint; ManualSuppression by the recipient: "
        "unsubscribe, else manual",
        columns=("emailaddress", "suppressionreason", "createdat"),
        values=("emailaddress", "suppressionreason", "createdat", "origin"),
        translate=_translate,
    ),
)
