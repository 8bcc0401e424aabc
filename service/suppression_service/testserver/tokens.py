"""The bearer token of a caller, which selects the list."""

import re
from typing import Final

_BEARER: Final = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


def token_in(authorization: str) -> str:
    """Return the token of an ``authorization`` header; "" where there is none."""
    found = _BEARER.fullmatch(authorization.strip())
    return found[1] if found else ""
