"""The rows of a list: texts by our column names, and the entry that they mean.

Each format is translated to our columns, and only those are turned into entries. So a row that
cannot be used can be written down in our columns, be mended, and be read again.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ..enums import Reason
from ..v1 import suppression_pb2
from .times import iso_text, parse_time

#: The message of the contract. The generated stub has no types.
Suppression: Any = suppression_pb2.Suppression


class Fields(NamedTuple):
    """One row in our columns, each as text; empty where there is nothing.

    They are the fields of ``Suppression`` of the contract, but for the revision, which means
    nothing in another database.
    """

    address: str = ""
    reason: str = ""
    stream: str = ""
    source: str = ""
    detail: str = ""
    first_seen_time: str = ""
    last_seen_time: str = ""
    expire_time: str = ""
    domain: str = ""
    include_subdomains: str = ""
    message_id: str = ""
    feedback_id: str = ""
    occurrences: str = ""
    removed_time: str = ""
    removed_by: str = ""
    removal_detail: str = ""


@dataclass(slots=True)
class Row:
    """A row that can be imported.

    Attributes:
        number: of the record in its file, from 1; the header of a CSV file counts.
        entry: the ``Suppression`` message of the contract.
        fields: the row in our columns.
        original: the record as it stands in the file.
    """

    number: int
    entry: Any
    fields: Fields
    original: str


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that cannot be used.

    Attributes:
        number: as of :class:`Row`.
        reason: what is wrong with it.
        fields: what could be read of it, in our columns.
        original: the record as it stands in the file.
    """

    number: int
    reason: str
    fields: Fields
    original: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is not meant to be imported, such as a temporary failure.

    Attributes:
        number: as of :class:`Row`.
        reason: why, the same text for all rows of a kind.
    """

    number: int
    reason: str


class Skip(Exception):
    """Raised by a translation: the row is not meant to be imported."""


class UnusableRow(ValueError):
    """Raised by a translation: the row cannot be used. Its text says why."""


#: Bytes of a detail, as the service takes them.
_MAX_DETAIL: Final = 1_000

#: The reasons that an entry can have, as written in our columns.
REASONS: Final = {
    name: Reason[name]
    for name in ("HARD_BOUNCE", "SOFT_BOUNCE", "COMPLAINT", "UNSUBSCRIBE", "MANUAL")
}
_TIMES: Final = frozenset(name for name in Fields._fields if name.endswith("_time"))
#: The number of fields that the exports of providers have.
_USUAL: Final = Fields._fields.index("domain")
_NO_REST: Final = ("",) * (len(Fields._fields) - _USUAL)


def one_line(*texts: str) -> str:
    """Join texts to a detail of one line that the service takes."""
    text = " ".join(" ".join(texts).split())
    if len(text) <= _MAX_DETAIL // 4:
        return text
    return text.encode()[:_MAX_DETAIL].decode(errors="ignore")


def parse_reason(text: str) -> int:
    """Read a reason in any case, with ``-`` or ``_``.

    Raises:
        UnusableRow: an entry cannot have it.
    """
    reason = REASONS.get(text) or REASONS.get(
        text.strip().upper().replace("-", "_").removeprefix("REASON_")
    )
    if reason is None:
        choices = ", ".join(name.lower().replace("_", "-") for name in REASONS)
        raise UnusableRow(f"the reason {text[:40]!r} is none of {choices}")
    return reason


def entry_of(fields: Fields) -> Any:
    """Return the entry that a row means.

    Only the form is checked here. The service decides which addresses are valid.

    Raises:
        UnusableRow: a field is malformed, or there is neither an address nor a domain.
    """
    address, reason, stream, source, detail, first, last, expire = fields[:_USUAL]
    entry = Suppression(
        address=address,
        reason=REASONS.get(reason) or parse_reason(reason),
        stream=stream,
        source=source,
        detail=detail,
    )
    if first:
        _set_time(entry.first_seen_time, "first_seen_time", first)
    if last:
        _set_time(entry.last_seen_time, "last_seen_time", last)
    if expire:
        _set_time(entry.expire_time, "expire_time", expire)
    if fields[_USUAL:] != _NO_REST:
        _set_rest(entry, fields)
    if "@" not in address and not fields.domain:
        raise UnusableRow(f"{address[:80]!r} is no address" if address else "it has no address")
    return entry


def _set_rest(entry: Any, fields: Fields) -> None:
    for name, text in zip(Fields._fields[_USUAL:], fields[_USUAL:], strict=True):
        if not text:
            continue
        if name in _TIMES:
            _set_time(getattr(entry, name), name, text)
        elif name == "occurrences":
            _set_number(entry, text)
        elif name == "include_subdomains":
            entry.include_subdomains = _truth(text)
        else:
            setattr(entry, name, text)


def _set_time(stamp: Any, name: str, text: str) -> None:
    try:
        time = parse_time(text)
        if time is not None:
            stamp.seconds = time[0]
            if time[1]:
                stamp.nanos = time[1] * 1_000
    except (ValueError, OverflowError):
        raise UnusableRow(f"{name} {text[:40]!r} is no time") from None


def _set_number(entry: Any, text: str) -> None:
    try:
        entry.occurrences = int(text)
    except ValueError:
        raise UnusableRow(f"occurrences {text[:40]!r} is no number") from None


def _truth(text: str) -> bool:
    if text.lower() in ("true", "1", "yes"):
        return True
    if text.lower() in ("false", "0", "no"):
        return False
    raise UnusableRow(f"include_subdomains {text[:40]!r} is neither true nor false")


def fields_of(entry: Any) -> Fields:
    """Return an entry in our columns; the reverse of :func:`entry_of`."""
    return Fields(
        entry.address,
        _NAMES.get(entry.reason) or Reason(entry.reason).name,
        entry.stream,
        entry.source,
        entry.detail,
        _time(entry, "first_seen_time"),
        _time(entry, "last_seen_time"),
        _time(entry, "expire_time"),
        entry.domain,
        "true" if entry.include_subdomains else "",
        entry.message_id,
        entry.feedback_id,
        str(entry.occurrences) if entry.occurrences else "",
        _time(entry, "removed_time"),
        entry.removed_by,
        entry.removal_detail,
    )


_NAMES: Final = {int(number): name for name, number in REASONS.items()}


def _time(entry: Any, name: str) -> str:
    return iso_text(getattr(entry, name)) if entry.HasField(name) else ""
