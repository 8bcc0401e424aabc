"""The outcomes of messages: of each one, as counts, and in the log."""

import dataclasses
import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import structlog

from suppression_ingest.errors import Refused, Unverifiable

#: The kind of a message that does not report an event: SES or SNS set up a topic.
SET_UP: Final = "set-up"
#: The kind of a message that reports several events.
SEVERAL: Final = "several events"

#: Seconds between two summaries in the log.
SUMMARY_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


class Result(enum.StrEnum):
    """The effect of an accepted message."""

    #: It reported something new.
    NEW = "new"
    #: It reported only what was known already.
    DUPLICATE = "duplicate"
    #: It held nothing about a recipient to store: a send, a delivery, a set-up message.
    NOTHING = "nothing"


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a message, or of one of the events that it carries.

    ``kind`` is the SES kind, :data:`suppression_ingest.decision_table.UNKNOWN`, :data:`SET_UP` or
    :data:`SEVERAL`; empty when the message was refused. ``new`` and ``duplicates`` count
    pieces of feedback, one per recipient. ``warnings`` are for an operator.
    ``sns_message_id`` is empty where SNS gave none. ``events`` are the outcomes of the events
    of a message that carries several.
    """

    kind: str = ""
    new: int = 0
    duplicates: int = 0
    warnings: frozenset[str] = frozenset()
    refusal: Refused | None = None
    sns_message_id: str = ""
    events: Sequence["Outcome"] = ()

    @classmethod
    def of(cls, events: Sequence["Outcome"]) -> "Outcome":
        """Return the outcome of a message from those of its events.

        A message is refused if one of its events is: it must come again, or become a dead
        letter. Its other events are stored meanwhile, and change nothing when they come again.
        An event that may be accepted later comes first, so that the message is kept for it.
        """
        if len(events) == 1:
            return events[0]
        refused = sorted((one for one in events if one.refusal), key=lambda one: not one.retryable)
        return cls(
            kind=SEVERAL,
            new=sum(one.new for one in events),
            duplicates=sum(one.duplicates for one in events),
            warnings=frozenset().union(*(one.warnings for one in events)),
            refusal=refused[0].refusal if refused else None,
            sns_message_id=next((one.sns_message_id for one in events), ""),
            events=events,
        )

    @property
    def acknowledged(self) -> bool:
        """Whether the message may be deleted, because what it reports is stored."""
        return self.refusal is None

    @property
    def name(self) -> str:
        """The name of the outcome: a :class:`Result` or a refusal's label."""
        if self.refusal:
            return self.refusal.label
        if self.new:
            return Result.NEW
        return Result.DUPLICATE if self.duplicates else Result.NOTHING

    @property
    def retryable(self) -> bool:
        """Whether the same message may be accepted later."""
        return isinstance(self.refusal, Unverifiable)


@dataclasses.dataclass(slots=True)
class Stats:
    """Counts of the outcomes of messages. One that carries several events counts once for each.

    ``outcomes`` counts messages by kind and :attr:`Outcome.name`. ``unverified`` counts
    messages that could not be verified, by cause. ``kinds`` counts acknowledged messages
    by kind. ``new`` and ``duplicates`` count pieces of feedback (one per recipient).
    ``refused`` counts messages by the label of the refusal, ``warnings`` by the warning.
    """

    received: int = 0
    outcomes: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    unverified: Counter[str] = dataclasses.field(default_factory=Counter)
    kinds: Counter[str] = dataclasses.field(default_factory=Counter)
    new: int = 0
    duplicates: int = 0
    refused: Counter[str] = dataclasses.field(default_factory=Counter)
    warnings: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count the outcomes of some messages."""
        for outcome in (event for one in outcomes for event in one.events or (one,)):
            self.received += 1
            self.outcomes[outcome.kind, outcome.name] += 1
            self.new += outcome.new
            self.duplicates += outcome.duplicates
            self.warnings.update(outcome.warnings)
            if outcome.refusal:
                self.refused[outcome.refusal.label] += 1
                if outcome.refusal.cause:
                    self.unverified[outcome.refusal.cause] += 1
            else:
                self.kinds[outcome.kind] += 1

    def as_fields(self) -> dict[str, Any]:
        """Return the counts as fields of a log line."""
        return {
            "received": self.received,
            "kinds": dict(self.kinds),
            "new": self.new,
            "duplicates": self.duplicates,
            "refused": dict(self.refused),
            "warnings": dict(self.warnings),
        }


class OutcomeLog:
    """Counts every message, and logs those that an operator should know about.

    The log holds ids, causes and counts, but no contents.

    Args:
        max_lines: the most messages to log one by one between two summaries; None for no
            limit. Needed if strangers can send messages: they could fill the disk.
    """

    def __init__(self, max_lines: int | None = None) -> None:
        #: The counts so far.
        self.stats = Stats()
        self._max_lines = max_lines
        self._lines = 0
        self._unlogged = 0

    def add(self, outcome: Outcome, **ids: object) -> None:
        """Count a message, and log its warnings and its refusal.

        Args:
            outcome: its outcome.
            ids: the ids of the message, as fields of the log line.
        """
        self.stats.add([outcome])
        if not (outcome.warnings or outcome.refusal):
            return
        if self._max_lines is not None and self._lines >= self._max_lines:
            self._unlogged += 1
            return
        self._lines += 1
        if outcome.sns_message_id:
            ids["sns_message_id"] = outcome.sns_message_id
        for warning in outcome.warnings:
            _log.warning(warning, **ids)
        if refused := [event for event in outcome.events if event.refusal]:
            ids |= {"events": len(outcome.events), "refused": len(refused)}
        if refusal := outcome.refusal:
            _log.warning("message refused", kind=refusal.label, cause=str(refusal), **ids)

    def summarise(self) -> None:
        """Log the counts, and restart the count of lines."""
        unlogged = {} if self._max_lines is None else {"unlogged": self._unlogged}
        _log.info("summary", **self.stats.as_fields(), **unlogged)
        self._lines = self._unlogged = 0

    def stopped(self) -> None:
        """Log the counts for the last time."""
        _log.info("stopped", **self.stats.as_fields())
