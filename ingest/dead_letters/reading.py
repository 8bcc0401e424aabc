"""Why a letter is dead: what the pipeline says of it now, storing nothing."""

import dataclasses
from typing import Any, Final

from ingest.dead_letters.queue import DeadLetter
from ingest.decisions import KNOWN_KINDS
from ingest.envelope import NOTIFICATION, open_envelope
from ingest.errors import Refused
from ingest.event import SesEvent, parse_event
from ingest.feedback import Judge
from ingest.outcome import UNKNOWN
from ingest.pipeline import Authenticate, Pipeline
from service.address import masked
from service.store import Feedback, Store
from service.store.engine import open_engine

#: What is said of a letter that the worker would take now.
SOUND: Final = "sound"
_WHY_SOUND: Final = "nothing is wrong with it now: redrive it"


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What may be shown of a dead letter.

    ``sort`` is that of the refusal, or :data:`SOUND`; ``recipients`` are masked.
    """

    message_id: str
    sns_message_id: str
    sort: str
    why: str
    kind: str
    recipients: list[str]
    sent: str
    receive_count: int


class _NothingToStore(Judge):
    """Decides as ever, and has none of it stored."""

    def feedback(self, event: SesEvent) -> tuple[list[Feedback], frozenset[str]]:
        return [], super().feedback(event)[1]

    def milestones(self, event: SesEvent) -> list[Any]:  # noqa: ARG002 - of what it replaces
        return []


class Reader:
    """Reads dead letters as the worker would.

    Args:
        authenticate: what an envelope has to pass.
    """

    def __init__(self, authenticate: Authenticate) -> None:
        # Connects to nothing: there is nothing to store.
        store = Store(open_engine("sqlite://"))
        self._pipeline = Pipeline(store, authenticate, _NothingToStore())

    def read(self, letter: DeadLetter) -> Reading:
        """Return what is known of a letter."""
        [outcome] = self._pipeline.process([letter.body])
        event = _event(letter.body)
        return Reading(
            message_id=letter.message_id,
            sns_message_id=outcome.sns_message_id,
            sort=outcome.refusal.label if outcome.refusal else SOUND,
            why=str(outcome.refusal or _WHY_SOUND),
            kind=outcome.kind or _kind(event),
            recipients=[masked(named.address) for named in event.recipients] if event else [],
            sent=letter.sent.isoformat(timespec="seconds").replace("+00:00", "Z"),
            receive_count=letter.receive_count,
        )


def _kind(event: SesEvent | None) -> str:
    if event is None:
        return ""
    return event.kind if event.kind in KNOWN_KINDS else UNKNOWN


def _event(body: str) -> SesEvent | None:
    """Return the event in a body, genuine or not, if one can be read."""
    try:
        envelope = open_envelope(body)
        if envelope.type != NOTIFICATION:
            return None
        event = parse_event(envelope.message, published=envelope.timestamp)
    except Refused:
        return None
    return event if isinstance(event, SesEvent) else None
