"""Address identity: when two texts are one address, or one domain.

Writes, checks and feedback all use :func:`canonical`, so an address is found in
whatever form it is written. The rules are test vectors in
``clients/conformance/addresses.json``. A domain by itself has the form that it has in
an address (:func:`canonical_domain`).

The whole address is lower-cased, although RFC 5321 leaves the case of a local part
to its host: no large provider distinguishes case, and SES ignores case when it reads
its own suppression list. Plus tags and dots are kept: whether they name one mailbox
differs from host to host.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import idna

#: Bytes of a local part (RFC 5321, 4.5.3.1.1).
MAX_LOCAL: Final = 64
#: Bytes of a domain as A-labels (RFC 5321, 4.5.3.1.2).
MAX_DOMAIN: Final = 255
#: Characters of a label (RFC 1035, 2.3.4).
MAX_LABEL: Final = 63
#: Labels of a domain that an entry can have. An address of a longer domain is looked up under
#: so many of its last labels, so this limits what a check costs. Real domains have up to six.
MAX_DOMAIN_LABELS: Final = 10
#: Bytes of the whole address, as SES accepts them.
MAX_ADDRESS: Final = 320
#: Characters of a text that is parsed as an address: three for each byte of the longest.
#: Parsing a longer text could take seconds, during which no other call is answered.
MAX_WRITTEN: Final = 3 * MAX_ADDRESS

# The form of nearly every address. The slow path handles the rest.
_ORDINARY = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What UTS 46 takes for the dot between two labels.
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_PREFIX: Final = "xn--"
_DOMAIN_LITERAL = re.compile(r"\[[0-9a-z.:-]+\]")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_QUOTED_PAIR = re.compile(r"\\(.)")
# Characters that only a quoted local part may contain (specials of RFC 5322, 3.2.3, without
# the dot), so "mailto:jane" is no local part; and those of them that then need a backslash.
_SPECIALS: Final = '()<>[]:;@\\,"'
_NEEDS_BACKSLASH = re.compile(r'["\\]')
_BACKSLASHED: Final = r"\\\g<0>"


class InvalidAddress(ValueError):
    """The text is not an address that mail can be sent to.

    The message says what is wrong. It never repeats the text, which is personal data.
    """


class InvalidDomain(ValueError):
    """The text is not a domain whose addresses can be suppressed. The message says why."""


class DomainTooBroad(InvalidDomain):
    """The domain is a top-level domain."""


def canonical(text: str) -> str:
    """Return the canonical form of an address.

    Args:
        text: an addr-spec, without a display name. Surrounding blanks are removed.

    Returns:
        The address in NFC and lower case, without needless quotes, its domain as A-labels
        (UTS 46), at most 320 bytes of UTF-8. Canonical text is returned unchanged.

    Raises:
        InvalidAddress: the text has no ``@``; the local part is not 1 to 64 bytes long or
            the domain not 1 to 255; either has a character that is not allowed; or the
            text is longer than :data:`MAX_WRITTEN` characters.
    """
    stripped = text.strip()
    if len(stripped) > MAX_WRITTEN:
        raise InvalidAddress(f"longer than {MAX_WRITTEN} characters")
    lowered = stripped.lower()
    if _ORDINARY.fullmatch(lowered) and len(lowered) <= MAX_DOMAIN:
        return lowered
    return _canonical_unusual(lowered)


def _canonical_unusual(lowered: str) -> str:
    local, at, domain = _normal(lowered).rpartition("@")
    if not at:
        raise InvalidAddress("there is no @")
    address = f"{_canonical_local(local)}@{_a_labels(domain)}"
    if len(address.encode()) > MAX_ADDRESS:
        raise InvalidAddress(f"longer than {MAX_ADDRESS} bytes")
    return address


def _normal(lowered: str) -> str:
    # Lower-casing can take text out of NFC (U+0130), hence once more at the end.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", lowered).lower())


def canonical_domain(text: str) -> str:
    """Return the canonical form of a domain: the one that it has in a canonical address.

    Args:
        text: a domain in Unicode or A-label form. Surrounding blanks are removed.

    Raises:
        DomainTooBroad: it is a single label.
        InvalidDomain: it is no domain name, is an IP address in brackets, or has more than
            :data:`MAX_DOMAIN_LABELS` labels.
    """
    stripped = text.strip()
    if len(stripped) > MAX_WRITTEN:
        raise InvalidDomain(f"longer than {MAX_WRITTEN} characters")
    try:
        domain = _a_labels(_normal(stripped.lower()))
    except InvalidAddress as error:
        raise InvalidDomain(str(error)) from None
    if domain.startswith("["):
        raise InvalidDomain("an IP address is no domain name")
    labels = domain.count(".") + 1
    if labels == 1:
        raise DomainTooBroad("a top-level domain: at least two labels are required")
    if labels > MAX_DOMAIN_LABELS:
        raise InvalidDomain(f"more than {MAX_DOMAIN_LABELS} labels")
    return domain


def _canonical_local(local: str) -> str:
    """Return a local part without needless quotes and backslashes.

    Double dots and a trailing dot break the grammar of RFC 5321. They are accepted without
    quotes: providers issue such addresses, and bounces name them.
    """
    if not local:
        raise InvalidAddress("nothing before the @")
    quoted = _QUOTED.fullmatch(local) is not None
    content = local
    if quoted:  # Without a backslash two characters can become one, hence NFC.
        content = unicodedata.normalize("NFC", _QUOTED_PAIR.sub(r"\1", local[1:-1]))
    if any(unicodedata.category(character) == "Cc" for character in content):
        raise InvalidAddress("a control character before the @")
    if not content or any(c.isspace() or c in _SPECIALS for c in content):
        if not quoted:
            raise InvalidAddress("a blank or a separator before the @, outside quotes")
        content = f'"{_NEEDS_BACKSLASH.sub(_BACKSLASHED, content)}"'
    if len(_encoded(content)) > MAX_LOCAL:
        raise InvalidAddress(f"more than {MAX_LOCAL} bytes before the @")
    return content


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidAddress("a character that is half of one (a lone surrogate)") from None


def _a_labels(domain: str) -> str:
    domain = domain.removesuffix(".")
    if not domain:
        raise InvalidAddress("the domain is empty")
    if not domain.isascii():
        if len(domain) > MAX_DOMAIN:  # A-labels are longer, and slow to compute.
            raise InvalidAddress(f"more than {MAX_DOMAIN} characters in the domain")
        if any(len(label) > MAX_LABEL for label in _DOTS.split(domain)):  # Quadratic to compute.
            raise InvalidAddress(f"a label of more than {MAX_LABEL} characters in the domain")
        if not (domain := _from_u_labels(domain).removesuffix(".")):
            raise InvalidAddress("the domain is no internationalised domain name")
    if len(domain) > MAX_DOMAIN:
        raise InvalidAddress(f"more than {MAX_DOMAIN} bytes in the domain")
    if _DOMAIN_LITERAL.fullmatch(domain) or all(map(_LABEL.fullmatch, domain.split("."))):
        return domain
    raise InvalidAddress("the domain is no domain name")


# A batch has many addresses of few domains, and one conversion takes up to 2 ms. So does a
# failure, which is returned as an empty text because the cache keeps no exceptions.
@functools.lru_cache(maxsize=1 << 10)
def _from_u_labels(domain: str) -> str:
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False)
        return idna.encode(mapped).decode().lower() if _may_fit(mapped.split(".")) else ""
    except (idna.IDNAError, UnicodeError):
        return ""


def _may_fit(labels: Sequence[str]) -> bool:
    """Whether the A-labels can be short enough: each character takes a byte or more of them."""
    sizes = [len(label) + (0 if label.isascii() else len(_PREFIX)) for label in labels]
    return max(sizes) <= MAX_LABEL and sum(sizes) + len(sizes) - 1 <= MAX_DOMAIN + len(".")


def masked(text: str) -> str:
    """Return a form of an address that may be logged: ``j***@e***``.

    Enough to distinguish two log lines, too little to send mail to. Any text is accepted.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at:
        return "***"
    return f"{local[:1]}***@{domain[:1]}***"
