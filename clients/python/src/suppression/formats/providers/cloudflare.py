"""Cloudflare Email Service: the file that its page imports."""

from typing import Final

from ..format import Format
from ..rows import Fields
from ..times import parse_time


def _translate(email: str, expiry: str, scope: str) -> Fields:
    stream = "" if scope.casefold() == "account" else scope
    return Fields(email, "MANUAL", stream, "cloudflare", "", "", "", expiry)


def _is_of_list(fields: tuple[str, ...]) -> bool:
    email, expiry, *rest = *fields, "", ""
    try:
        return "@" in email and len(rest) < 3 and (not expiry or bool(parse_time(expiry)))
    except ValueError:
        return False


FORMATS: Final = (
    Format(
        "cloudflare",
        "Cloudflare Email Service; also a list with one address a line",
        "manual, with its expiry; a sending domain's on the stream of that name",
        columns=("email",),
        values=("email", "expiry", "scope"),
        translate=_translate,
        exact=True,
        recognises_line=_is_of_list,
    ),
)
