"""What the store takes and gives: entries, feedback, revisions.

Addresses here are always canonical (:mod:`suppression_service.address`); only an entry that comes
out can have the hash of an erased one instead (:mod:`suppression_service.store.erasure`).
"""

import dataclasses
import datetime as dt
import enum
import re

from suppression_service.store.errors import StoreError


class Reason(enum.IntEnum):
    """Why an entry stands. The numbers are those of the proto and of the rows."""

    HARD_BOUNCE = 1
    SOFT_BOUNCE = 2
    COMPLAINT = 3
    UNSUBSCRIBE = 4
    MANUAL = 5


class MalformedRevision(StoreError, ValueError):
    """The text is no revision that a store gave out."""


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """What tells a database from every other: the name in its revisions, its seed."""

    database_id: str
    fingerprint_seed: int


@dataclasses.dataclass(frozen=True, slots=True)
class Revision:
    """A state of one database; opaque to callers, who only hand it back."""

    database_id: str
    value: int

    _FORM = re.compile(r"([0-9a-z]{1,16})\.([0-9]{1,18})")

    def __str__(self) -> str:
        return f"{self.database_id}.{self.value}"

    @classmethod
    def parse(cls, text: str) -> "Revision":
        """Read what ``str`` wrote.

        Raises:
            MalformedRevision: it is nothing that ``str`` writes.
        """
        if not (form := cls._FORM.fullmatch(text)):
            raise MalformedRevision("no revision that this service gives out")
        return cls(form[1], int(form[2]))


@dataclasses.dataclass(frozen=True, slots=True)
class Suppression:
    """One entry of the list, standing, expired or removed."""

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

    def is_active(self, now: dt.datetime) -> bool:
        """Whether the entry holds at a moment: neither removed nor expired."""
        return self.removed is None and (self.expires is None or self.expires > now)


@dataclasses.dataclass(frozen=True, slots=True)
class NewSuppression:
    """An entry that somebody asks for. ``expires`` of None is for ever."""

    address: str
    reason: Reason
    stream: str = ""
    source: str = ""
    detail: str = ""
    expires: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Removal:
    """Entries that somebody wants off the list: of one reason or stream, or of all (None)."""

    address: str
    reason: Reason | None = None
    stream: str | None = None
    source: str = ""
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Erasure:
    """A person who is to be forgotten. ``detail`` stays with the entries."""

    address: str
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Effect:
    """What a piece of feedback does to the list: an entry of this reason, stream and end."""

    reason: Reason
    stream: str = ""
    expires: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Feedback:
    """One piece of feedback about one recipient, decided.

    ``identity`` is what makes it the same piece when it comes again: the
    feedback id, or another name that its provider never gives twice. ``address``
    is empty where the provider named something that is no address.
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


class DeliveryEventKind(enum.IntEnum):
    """How far a message came. The numbers are those of the rows."""

    SEND = 1
    DELIVERY = 2


@dataclasses.dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """That a message was sent, or delivered, to one recipient.

    ``identity`` names the message; with kind and recipient it is what makes the
    delivery_event the same when it comes again. ``recipient`` is the canonical address
    or, where there is none, whatever the provider wrote.
    """

    kind: DeliveryEventKind
    identity: str
    recipient: str
    happened: dt.datetime
    configuration_set: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class DailyCount:
    """What happened on a day (UTC) to the mail of one configuration set."""

    day: dt.date
    configuration_set: str = ""
    sends: int = 0
    deliveries: int = 0
    hard_bounces: int = 0
    soft_bounces: int = 0
    complaints: int = 0


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class SoftBounce:
    """A soft bounce that counts. ``message`` tells messages apart, whatever they are called."""

    happened: dt.datetime
    message: str
    feedback_id: str
    message_id: str
    diagnostic: str


@dataclasses.dataclass(frozen=True, slots=True)
class SoftBounceHistory:
    """The soft bounces of an address since the last that proved it sound, oldest first.

    ``reset`` is when that was: the newest delivery, or the removal of its entry.
    ``delivered`` tells that a delivery of the present transaction moved it.
    """

    address: str
    reset: dt.datetime
    delivered: bool
    bounces: list[SoftBounce]


@dataclasses.dataclass(frozen=True, slots=True)
class Retry:
    """A message that a recipient did not get and may get later."""

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
    """A piece of feedback as the store remembers it."""

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
    """What became of a :class:`NewSuppression`."""

    suppression: Suppression
    created: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Erased:
    """What became of an :class:`Erasure`: how many entries and pieces of feedback it changed."""

    suppressions: int
    events: int


@dataclasses.dataclass(frozen=True, slots=True)
class AddressRecord:
    """Everything that is known of one address, events newest first."""

    suppressions: list[Suppression]
    events: list[Event]
    revision: int


@dataclasses.dataclass(frozen=True, slots=True)
class ChangePage:
    """Entries that changed, by rising revision; complete up to ``through``."""

    changes: list[Suppression]
    through: int
