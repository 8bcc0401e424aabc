"""Address identity: when two texts are one address.

Writes, checks and feedback all pass through :func:`canonical`, so that an
address is found under every way of writing it. The rules are vectors in
``clients/conformance/addresses.json``.

The whole address is lower-cased although RFC 5321 leaves the case of a local
part to its host: no large provider tells cases apart, and SES itself ignores
case when it looks at its own suppression list. Plus tags and dots are kept:
whether they name one mailbox differs from host to host.
"""

import functools
import re
import unicodedata
from typing import Final

import idna

#: Octets of a local part (RFC 5321, 4.5.3.1.1).
MAX_LOCAL: Final = 64
#: Octets of a domain as A-labels (RFC 5321, 4.5.3.1.2).
MAX_DOMAIN: Final = 255
#: Octets of the whole, as SES accepts them.
MAX_ADDRESS: Final = 320
#: Characters of any way of writing an address: three to each octet of the longest. To
#: look through a longer text can take seconds, in which nobody is answered.
MAX_WRITTEN: Final = 3 * MAX_ADDRESS

# What nearly every address looks like; the slow path decides on the rest.
_ORDINARY = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_DOMAIN_LITERAL = re.compile(r"\[[0-9a-z.:-]+\]")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class InvalidAddress(ValueError):
    """The text is not an address that mail can be sent to.

    The message says what is wrong with it and never repeats the text, which is
    personal data.
    """


def canonical(text: str) -> str:
    """Return the one form that all ways of writing an address share.

    Args:
        text: an addr-spec, without a display name; blanks around it are dropped.

    Returns:
        The address in NFC and lower case, its domain as A-labels (UTS 46),
        at most 320 octets of UTF-8. Canonical text is returned unchanged.

    Raises:
        InvalidAddress: there is no one ``@`` that parts a local part of 1 to 64
            octets from a domain of 1 to 255, or either holds what it must not, or
            the text is longer than :data:`MAX_WRITTEN`.
    """
    stripped = text.strip()
    if len(stripped) > MAX_WRITTEN:
        raise InvalidAddress(f"longer than {MAX_WRITTEN} characters")
    lowered = stripped.lower()
    if _ORDINARY.fullmatch(lowered) and len(lowered) <= MAX_DOMAIN:
        return lowered
    return _canonical_unusual(lowered)


def _canonical_unusual(lowered: str) -> str:
    # Lower-casing can take text out of NFC (U+0130), hence once more at the end.
    normal = unicodedata.normalize("NFC", unicodedata.normalize("NFC", lowered).lower())
    local, at, domain = normal.rpartition("@")
    if not at:
        raise InvalidAddress("there is no @")
    address = f"{_checked_local(local)}@{_a_labels(domain)}"
    if len(address.encode()) > MAX_ADDRESS:
        raise InvalidAddress(f"longer than {MAX_ADDRESS} bytes")
    return address


def _checked_local(local: str) -> str:
    """Refuse what cannot be a local part, and nothing that a provider issues.

    Double dots, a trailing dot and quotes are against RFC 5321's grammar and
    exist all the same, so bounces name them.
    """
    if not local:
        raise InvalidAddress("nothing before the @")
    try:
        octets = len(local.encode())
    except UnicodeEncodeError:
        raise InvalidAddress("a character that is half of one (a lone surrogate)") from None
    if octets > MAX_LOCAL:
        raise InvalidAddress(f"more than {MAX_LOCAL} bytes before the @")
    if any(unicodedata.category(character) == "Cc" for character in local):
        raise InvalidAddress("a control character before the @")
    bare = local[1:-1] if _QUOTED.fullmatch(local) else local
    if bare == local and any(c.isspace() or c in '@<>,;"()' for c in local):
        raise InvalidAddress("a blank or a separator before the @, outside quotes")
    return local


def _a_labels(domain: str) -> str:
    domain = domain.removesuffix(".")
    if not domain:
        raise InvalidAddress("nothing after the @")
    if not domain.isascii():
        if len(domain) > MAX_DOMAIN:  # A-labels are longer, and take long to find.
            raise InvalidAddress(f"more than {MAX_DOMAIN} characters after the @")
        domain = _from_u_labels(domain).removesuffix(".")
    if len(domain) > MAX_DOMAIN:
        raise InvalidAddress(f"more than {MAX_DOMAIN} bytes after the @")
    if _DOMAIN_LITERAL.fullmatch(domain) or all(map(_LABEL.fullmatch, domain.split("."))):
        return domain
    raise InvalidAddress("the domain is no domain name")


# Batches hold many addresses of few domains, and this takes up to 2 ms.
@functools.lru_cache(maxsize=1 << 10)
def _from_u_labels(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True, transitional=False).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidAddress("the domain is no internationalised domain name") from None


def masked(text: str) -> str:
    """Return a form of an address that may be logged: ``j***@e***``.

    Enough to tell two reports apart while reading, too little to mail to. Any
    text is accepted.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at:
        return "***"
    return f"{local[:1]}***@{domain[:1]}***"
