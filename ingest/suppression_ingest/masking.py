"""Masking: a reply of a mail server without what identifies a person or a mail.

Examples of replies are shown to people, and kept longer than a person's data may be. So
whatever can name somebody is replaced before they are stored: rather too much than too little.
"""

import re
from typing import Final

#: The most characters of a masked reply.
MAX_LENGTH: Final = 200

_ADDRESS: Final = "[address]"
_NAME: Final = "[name]"

# In this order: an earlier pattern takes what a later one would take only a part of.
_PATTERNS: Final = (
    (re.compile(r"[a-z][a-z0-9+.-]*://\S*|www\.\S+", re.IGNORECASE), "[url]"),
    # Quoted local parts may have blanks; everything up to "@" that could belong to one goes.
    (re.compile(r'"[^"]*"\s*@\s*\S*|[^\s<>()\[\],;:"]*@\s*[^\s<>(),;"]*'), _ADDRESS),
    (re.compile(r"[^\s<>(),;]*(?:=40|%40|\bat\b\s*\[?dot)[^\s<>(),;]*", re.IGNORECASE), _ADDRESS),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "[ip]"),
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE), "[ip]"),
    # Names of hosts: labels with dots whose last one has letters.
    (re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.[a-z][\w-]*[a-z]\b\.?", re.IGNORECASE), "[host]"),
    # Ids: long, or letters and digits mixed, or numbers that are no reply code. An enhanced
    # status code and a code such as S3140 or TSS04 stay: they say what the reply means.
    (re.compile(r"\b[\w+/=-]{25,}(?!\w)"), "[id]"),
    (
        re.compile(
            r"(?<![\w.])(?=[\w-]*\d)(?=[\w-]*[a-z])(?![A-Z]{1,3}\d{2,5}\b)[\w-]{6,}(?![\w.])",
            re.IGNORECASE,
        ),
        "[id]",
    ),
    (re.compile(r"\d{5,}"), "[number]"),
)
_BLANKS: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"\w{3,}")


def masked(text: str, address: str) -> str:
    """Return a reply that names nobody.

    Args:
        text: the reply.
        address: the canonical address of the recipient; its local part, and each word of
            it, is masked wherever it stands alone.
    """
    text = _BLANKS.sub(" ", text).strip()
    local = address.rpartition("@")[0].strip('"')
    if local:
        # First: a local part can have characters that end an address for the patterns.
        known = rf"(?<!\w){re.escape(local)}"
        text = re.sub(rf"{known}\s*@[^\s<>(),;\"]*", _ADDRESS, text, flags=re.IGNORECASE)
        text = re.sub(rf"{known}(?!\w)", _NAME, text, flags=re.IGNORECASE)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    for word in sorted(set(_WORD.findall(local)), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", _NAME, text, flags=re.IGNORECASE)
    return text[:MAX_LENGTH]
