"""Writing a list: in our formats, and in the shapes that providers import."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, TypeAlias

from ..enums import Reason
from .cells import csv_line, escaped_line
from .rows import Fields, fields_of

#: Addresses that SES takes in one import job.
SES_FILE_ROWS: Final = 100_000
#: Addresses that Postmark takes in one call.
_POSTMARK_CALL: Final = 50

Write: TypeAlias = Callable[[Iterable[Any]], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Export:
    """A format that can be written.

    Attributes:
        name: as in ``--format``.
        title: for people.
        write: yields the text of entries, piece by piece.
        reasons: those that it can hold; None for all.
        streams: whether it can hold entries of a stream.
        own: ours, which holds removed and expired entries too.
        file_rows: the number of entries after which another file begins; 0 for one file.
    """

    name: str
    title: str
    write: Write
    reasons: frozenset[Reason] | None = None
    streams: bool = False
    own: bool = False
    file_rows: int = 0

    def holds(self, entry: Any, now: float, stream: str = "") -> bool:
        """Return whether the format can say what an entry says.

        Args:
            entry: the ``Suppression`` message of the contract.
            now: seconds since 1970; entries that ended by then are not for others.
            stream: the one whose entries were asked for, if any. A format without streams can
                hold those of one.
        """
        if self.own:
            return True
        if not entry.address or entry.address.startswith("erased:"):
            return False
        if entry.HasField("removed_time"):
            return False
        if entry.HasField("expire_time") and entry.expire_time.seconds <= now:
            return False
        if entry.stream != stream and entry.stream and not self.streams:
            return False
        return self.reasons is None or entry.reason in self.reasons


#: An importer knows the format by them.
_ALWAYS: Final = frozenset({"address", "reason"})


def _jsonl(entries: Iterable[Any]) -> Iterator[str]:
    for entry in entries:
        fields = zip(Fields._fields, fields_of(entry), strict=True)
        record: dict[str, Any] = {name: text for name, text in fields if text or name in _ALWAYS}
        if entry.occurrences:
            record["occurrences"] = entry.occurrences
        if entry.include_subdomains:
            record["include_subdomains"] = True
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _csv(entries: Iterable[Any]) -> Iterator[str]:
    yield csv_line(Fields._fields)
    for entry in entries:
        yield escaped_line(fields_of(entry))


def _ses(entries: Iterable[Any]) -> Iterator[str]:
    for entry in entries:
        reason = "COMPLAINT" if entry.reason == Reason.COMPLAINT else "BOUNCE"
        yield csv_line((entry.address, reason))


def _addresses(header: str = "") -> Write:
    """Return what writes one address a line."""

    def write(entries: Iterable[Any]) -> Iterator[str]:
        if header:
            yield header + "\n"
        for entry in entries:
            yield csv_line((entry.address,))

    return write


def _mailgun(header: str, row: Callable[[Any], tuple[str, ...]]) -> Write:
    def write(entries: Iterable[Any]) -> Iterator[str]:
        yield header + "\n"
        for entry in entries:
            yield csv_line((*row(entry), _rfc_2822(entry)))

    return write


def _rfc_2822(entry: Any) -> str:
    if not entry.HasField("last_seen_time"):
        return ""
    return format_datetime(datetime.fromtimestamp(entry.last_seen_time.seconds, UTC), usegmt=True)


def _postmark(entries: Iterable[Any]) -> Iterator[str]:
    """Yield the bodies of calls, one a line."""
    addresses = ({"EmailAddress": entry.address} for entry in entries)
    while call := list(itertools.islice(addresses, _POSTMARK_CALL)):
        yield json.dumps({"Suppressions": call}) + "\n"


def _sparkpost(entries: Iterable[Any]) -> Iterator[str]:
    yield "recipient,type,description\n"
    for entry in entries:
        # Complaints and unsubscribes let essential mail pass here too.
        essential = entry.reason in (Reason.COMPLAINT, Reason.UNSUBSCRIBE)
        for kind in ("non_transactional", "transactional")[: 1 if essential else 2]:
            yield csv_line((entry.address, kind, entry.detail or Reason(entry.reason).name))


def _listmonk(entries: Iterable[Any]) -> Iterator[str]:
    yield "email,name,attributes\n"
    for entry in entries:
        yield csv_line((entry.address, "", "{}"))


def _cloudflare(entries: Iterable[Any]) -> Iterator[str]:
    for entry in entries:
        expiry = entry.expire_time.ToJsonString() if entry.HasField("expire_time") else ""
        yield csv_line((entry.address, expiry) if expiry else (entry.address,))


_BOUNCES: Final = frozenset({Reason.HARD_BOUNCE, Reason.SOFT_BOUNCE})
_WISHES: Final = frozenset({Reason.UNSUBSCRIBE, Reason.MANUAL})

EXPORTS: Final = (
    Export("jsonl", "ours, JSON Lines, without loss", _jsonl, streams=True, own=True),
    Export("csv", "ours, CSV, without loss", _csv, streams=True, own=True),
    Export(
        "ses",
        "files for import jobs of Amazon SES",
        _ses,
        frozenset({Reason.HARD_BOUNCE, Reason.COMPLAINT}),
        file_rows=SES_FILE_ROWS,
    ),
    Export("sendgrid", "CSV for SendGrid's unsubscribes, all or a group's", _addresses("email")),
    Export(
        "mailgun-bounces",
        "CSV for Mailgun's bounces",
        _mailgun("address,code,error,created_at", lambda each: (each.address, "550", each.detail)),
        _BOUNCES,
    ),
    Export(
        "mailgun-complaints",
        "CSV for Mailgun's complaints",
        _mailgun("address,created_at", lambda each: (each.address,)),
        frozenset({Reason.COMPLAINT}),
    ),
    Export(
        "mailgun-unsubscribes",
        "CSV for Mailgun's unsubscribes",
        _mailgun("address,tags,created_at", lambda each: (each.address, each.stream or "*")),
        _WISHES,
        streams=True,
    ),
    Export("postmark", "bodies of Postmark's create call, one of 50 addresses a line", _postmark),
    Export("mailchimp", "CSV for Mailchimp's import of contacts", _addresses("Email Address")),
    Export("mandrill", "text for Mandrill's denylist, one address a line", _addresses()),
    Export("sparkpost", "CSV for SparkPost's suppressions", _sparkpost),
    Export("listmonk", "CSV for listmonk's import into the blocklist", _listmonk),
    Export("cloudflare", "CSV for Cloudflare Email Service", _cloudflare),
)
