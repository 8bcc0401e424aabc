"""Mailgun: what its pages export and import, and its API returns."""

from typing import Final

from ..format import Format
from ..rows import Fields, Skip, one_line


def _bounce(address: str, code: str, error: str, created: str) -> Fields:
    if code.startswith("4"):
        raise Skip("a temporary failure: the code is 4xx")
    detail = one_line(error) if code in error else one_line(code, error)
    return Fields(address, "HARD_BOUNCE", "", "mailgun", detail, created)


def _complaint(address: str, created: str) -> Fields:
    return Fields(address, "COMPLAINT", "", "mailgun", "", created)


def _unsubscribe(address: str, tags: str, created: str) -> Fields | list[Fields]:
    streams = [tag.strip() for tag in tags.split(",") if tag.strip()]
    if not streams or "*" in streams:
        return Fields(address, "UNSUBSCRIBE", "", "mailgun", "", created)
    return [Fields(address, "UNSUBSCRIBE", each, "mailgun", "", created) for each in streams]


FORMATS: Final = (
    Format(
        "mailgun-bounces",
        "Mailgun, bounces",
        "hard bounce; with a code 4xx nothing",
        columns=("address", "code", "error"),
        values=("address", "code", "error", "created_at"),
        translate=_bounce,
    ),
    Format(
        "mailgun-complaints",
        "Mailgun, complaints",
        "complaint",
        columns=("address", "created_at"),
        values=("address", "created_at"),
        translate=_complaint,
        exact=True,
    ),
    Format(
        "mailgun-unsubscribes",
        "Mailgun, unsubscribes",
        "unsubscribe, on the stream of each tag; `*`: all mail",
        columns=("address", "tags"),
        values=("address", "tags", "created_at"),
        translate=_unsubscribe,
    ),
)
