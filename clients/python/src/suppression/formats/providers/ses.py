"""Amazon SES: what ``aws sesv2 list-suppressed-destinations`` prints, and files of import jobs."""

from typing import Final

from ..format import Format
from ..rows import Fields

_REASONS: Final = {"BOUNCE": "HARD_BOUNCE", "COMPLAINT": "COMPLAINT"}


def _translate(email: str, reason: str, updated: str) -> Fields:
    known = _REASONS.get(reason.strip().upper(), reason)
    return Fields(email, known, "", "ses", "", updated)


def _is_of_import_file(fields: tuple[str, ...]) -> bool:
    return len(fields) == 2 and fields[1].upper() in _REASONS


FORMATS: Final = (
    Format(
        "ses",
        "Amazon SES, the account's list or its import files",
        "BOUNCE: hard bounce; COMPLAINT: complaint",
        columns=("emailaddress", "reason"),
        values=("emailaddress", "reason", "lastupdatetime"),
        translate=_translate,
        recognises_line=_is_of_import_file,
    ),
)
