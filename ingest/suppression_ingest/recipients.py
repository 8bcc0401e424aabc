"""The recipients that bounces and complaints name."""

import dataclasses
import re
from typing import Final

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, as_object, optional_text
from suppression_service.address import MAX_WRITTEN, InvalidAddress, canonical

#: The address of a recipient that has none. It is recorded but never suppressed.
NO_ADDRESS: Final = ""
#: The most characters that are kept of a bouncing host's answer.
MAX_DIAGNOSTIC: Final = 1_000

# The types of addresses in delivery status notifications (RFC 3464, 2.1.2; RFC 6533, 3).
_ADDRESS_TYPE: Final = re.compile(r"\A(?:rfc822|utf-8)\s*;\s*", re.IGNORECASE)
_SEPARATORS: Final = ",; \t\r\n"


@dataclasses.dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient that a bounce or a complaint names, as SES writes it."""

    address: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""


def named_recipients(details: JsonObject, name: str) -> tuple[Recipient, ...]:
    """Return the recipients in a member of a bounce or a complaint.

    Raises:
        Malformed: the member is missing or not a list.
    """
    listed = details.get(name)
    if not isinstance(listed, list):
        raise Malformed(f"{name} is missing or not a list")
    return tuple(map(_recipient, listed))


def _recipient(listed: object) -> Recipient:
    """Read one recipient. Anything but an object is a recipient without an address.

    A broken recipient must not prevent the reading of the others.
    """
    if not isinstance(listed, dict):
        return Recipient("")
    fields = as_object(listed)
    return Recipient(
        address=optional_text(fields, "emailAddress"),
        action=optional_text(fields, "action"),
        status=optional_text(fields, "status"),
        diagnostic=optional_text(fields, "diagnosticCode")[:MAX_DIAGNOSTIC],
    )


def recipient_address(text: str) -> str:
    """Return the canonical address of a recipient, or :data:`NO_ADDRESS`.

    SES repeats what the sender or the bouncing host wrote: an addr-spec; one with a name or
    a comment (``Name <addr-spec>``, ``addr-spec (Name)``), an address type
    (``rfc822;addr-spec``) or a comma after it; nothing; or something that is not an address.
    """
    try:
        return canonical(_addr_spec(text))
    except InvalidAddress:
        return NO_ADDRESS


def _addr_spec(text: str) -> str:
    text = _without_comment(_ADDRESS_TYPE.sub("", text.strip(_SEPARATORS)))
    if text.endswith(">"):
        text = text[text.rfind("<") + 1 : -1]
    return _ADDRESS_TYPE.sub("", text)


def _without_comment(text: str) -> str:
    """Return a text without a comment at its end. Comments can contain comments (RFC 5322)."""
    if not text.endswith(")"):
        return text
    depth = 0
    for length, character in enumerate(reversed(text[-MAX_WRITTEN:]), start=1):
        depth += (character == ")") - (character == "(")
        if depth == 0:
            return text[:-length].rstrip(_SEPARATORS)
    return text
