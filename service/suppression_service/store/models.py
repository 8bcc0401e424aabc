"""The values that the store takes and returns: entries, feedback, revisions.

Addresses are canonical (:mod:`suppression_service.address`). In place of an address, an entry
can have the key of a domain, ``@example.com`` (:func:`domain_key`), and an entry that is read
the hash of an erased address (:mod:`suppression_service.store.erasure`).
"""

import dataclasses
import datetime as dt
import enum
import re
from collections.abc import Callable
from typing import Final

from suppression_service.store.errors import MalformedRevision

#: The first character of the key of a domain. No canonical address begins with it.
_DOMAIN_MARK: Final = "@"


def domain_key(domain: str) -> str:
    """Return what entries of a canonical domain have in place of an address."""
    return _DOMAIN_MARK + domain


def domain_of(key: str) -> str:
    """Return the domain whose key it is; empty if it is an address or a hash."""
    return key[1:] if key.startswith(_DOMAIN_MARK) else ""


class Reason(enum.IntEnum):
    """Why an address is suppressed. The numbers are those of the proto and of the rows."""

    HARD_BOUNCE = 1
    SOFT_BOUNCE = 2
    COMPLAINT = 3
    UNSUBSCRIBE = 4
    MANUAL = 5


class ReplyCategory(enum.IntEnum):
    """What the reply of a mail server means. The numbers are those of the proto and the rows."""

    UNSPECIFIED = 0
    NO_SUCH_USER = 1
    MAILBOX_FULL = 2
    REPUTATION = 3
    CONTENT = 4
    POLICY = 5
    DNS = 6
    GREYLISTING = 7
    OTHER = 8


@dataclasses.dataclass(frozen=True, slots=True)
class ReplyExample:
    """A masked reply of a mail server, and the last day on which it was seen."""

    category: ReplyCategory
    domain: str
    status: str
    text: str
    last_day: dt.date


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """Which database it is: the id in its revisions, and the seed of its fingerprints."""

    database_id: str
    fingerprint_seed: int


@dataclasses.dataclass(frozen=True, slots=True)
class Revision:
    """A state of one database; callers must not interpret it."""

    database_id: str
    value: int

    _FORM = re.compile(r"([0-9a-z]{1,16})\.([0-9]{1,18})")

    def __str__(self) -> str:
        return f"{self.database_id}.{self.value}"

    @classmethod
    def parse(cls, text: str) -> "Revision":
        """Return the revision whose ``str`` is a text.

        Raises:
            MalformedRevision: the text is not that of a revision.
        """
        if not (form := cls._FORM.fullmatch(text)):
            raise MalformedRevision("no revision that this service gives out")
        return cls(form[1], int(form[2]))


@dataclasses.dataclass(frozen=True, slots=True)
class Suppression:
    """One entry of the list: active, expired or removed."""

    address: str
    stream: str
    reason: Reason
    source: str
    detail: str
    message_id: str
    feedback_id: str
    first_seen: dt.datetime
    last_seen: dt.datetime
    occurrences: int
    expires: dt.datetime | None
    removed: dt.datetime | None
    removed_by: str
    removal_detail: str
    revision: int
    include_subdomains: bool = False

    @property
    def domain(self) -> str:
        """The domain that is suppressed; empty in the entry of an address."""
        return domain_of(self.address)

    def is_active(self, now: dt.datetime) -> bool:
        """Whether the entry is neither removed nor expired."""
        return self.removed is None and (self.expires is None or self.expires > now)


@dataclasses.dataclass(frozen=True, slots=True)
class NewSuppression:
    """A request to suppress an address or a domain; if ``expires`` is None, for ever.

    ``address`` is the key of the domain, if it is one. Only then its subdomains can be included.
    """

    address: str
    reason: Reason
    stream: str = ""
    source: str = ""
    detail: str = ""
    expires: dt.datetime | None = None
    include_subdomains: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Removal:
    """A request to remove entries: of one reason or stream, or of all (None)."""

    address: str
    reason: Reason | None = None
    stream: str | None = None
    source: str = ""
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Erasure:
    """A request to forget a person. ``detail`` stays with the entries."""

    address: str
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Effect:
    """The effect of feedback on the list: an entry with this reason, stream and expiry.

    If it ``removes``, the entry that the same provider's older feedback made is removed.
    """

    reason: Reason
    stream: str = ""
    expires: dt.datetime | None = None
    removes: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Feedback:
    """One piece of feedback about one recipient, with its effect.

    By ``identity`` it is recognised when it is reported again: the feedback id, or another
    name that the provider never gives twice. ``address`` is empty if the provider reported
    something that is not an address.
    """

    provider: str
    kind: str
    identity: str
    address: str
    happened: dt.datetime
    type: str = ""
    sub_type: str = ""
    feedback_id: str = ""
    message_id: str = ""
    configuration_set: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    counts_as: str = ""
    effect: Effect | None = None
    #: The stream that the mail belongs to; empty if it is not known.
    stream: str = ""
    #: What the reply of the mail server means.
    category: ReplyCategory = ReplyCategory.UNSPECIFIED
    #: Returns the reply without what identifies a person or a mail. It is called for the few
    #: replies that become examples.
    example: Callable[[], str] | None = dataclasses.field(default=None, compare=False)


class DeliveryEventKind(enum.IntEnum):
    """The kinds of :class:`DeliveryEvent`. The numbers are those of the rows."""

    SEND = 1
    DELIVERY = 2


@dataclasses.dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """A message was sent, or delivered, to one recipient.

    ``identity`` is that of the message. By it, the kind and the recipient, the event is
    recognised when it is reported again. ``recipient`` is the canonical address or, if
    there is none, the text that the provider reported.
    """

    kind: DeliveryEventKind
    identity: str
    recipient: str
    happened: dt.datetime
    configuration_set: str = ""
    #: The stream that the mail belongs to; empty if it is not known.
    stream: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class DailyCount:
    """What happened to the mail of one configuration set on a day (UTC)."""

    day: dt.date
    configuration_set: str = ""
    sends: int = 0
    deliveries: int = 0
    hard_bounces: int = 0
    soft_bounces: int = 0
    complaints: int = 0


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class SoftBounce:
    """A soft bounce that counts. ``message`` identifies the message that bounced."""

    happened: dt.datetime
    message: str
    feedback_id: str
    message_id: str
    diagnostic: str


@dataclasses.dataclass(frozen=True, slots=True)
class SoftBounceHistory:
    """The soft bounces of an address that count, oldest first.

    Bounces up to ``reset`` do not count. That is the time of the newest delivery, or of the
    removal of the entry. ``delivered`` is true if it is a delivery of this transaction.
    """

    address: str
    reset: dt.datetime
    delivered: bool
    bounces: list[SoftBounce]


@dataclasses.dataclass(frozen=True, slots=True)
class Retry:
    """A message to send again later, after a soft bounce."""

    address: str
    message_id: str
    configuration_set: str
    stream: str
    sub_type: str
    status: str
    attempt: int
    happened: dt.datetime
    not_before: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """A piece of feedback, as it is stored."""

    kind: str
    type: str
    sub_type: str
    feedback_id: str
    message_id: str
    configuration_set: str
    status: str
    diagnostic: str
    counts_as: str
    reason: Reason | None
    happened: dt.datetime
    received: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Suppressed:
    """The result of a :class:`NewSuppression`."""

    suppression: Suppression
    created: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Erased:
    """The result of an :class:`Erasure`: how many entries and events it changed."""

    suppressions: int
    events: int


@dataclasses.dataclass(frozen=True, slots=True)
class AddressRecord:
    """What is known of one address; events are newest first."""

    suppressions: list[Suppression]
    events: list[Event]
    revision: int


@dataclasses.dataclass(frozen=True, slots=True)
class ChangePage:
    """Entries that changed, in order of revisions; complete up to ``through``."""

    changes: list[Suppression]
    through: int


@dataclasses.dataclass(frozen=True, slots=True)
class AccountListPage:
    """A page that was read of a provider's list; see the table of that name.

    ``fingerprints`` are 8 bytes each, little-endian; ``reasons`` one byte each, 0 for an
    address that the provider listed earlier and does not list any more. ``next_token`` is
    empty on the last page of the read that began at ``started``.
    """

    started: dt.datetime
    number: int
    next_token: str
    fingerprints: bytes
    reasons: bytes
