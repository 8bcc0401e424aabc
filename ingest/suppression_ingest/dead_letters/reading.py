"""Why a letter is dead: what the pipeline says of it now, storing nothing."""

import dataclasses
from typing import Any, Final

from suppression_ingest.dead_letters.queue import DeadLetter
from suppression_ingest.errors import Refused
from suppression_ingest.feedback import Judge
from suppression_ingest.outcome import UNKNOWN
from suppression_ingest.pipeline import Authenticate, Pipeline
from suppression_ingest.policy import KNOWN_KINDS
from suppression_ingest.ses import SesEvent, parse_event
from suppression_ingest.sns.envelope import NOTIFICATION, open_envelope
from suppression_service.address import masked
from suppression_service.store import Feedback, Store
from suppression_service.store.engine import open_engine

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
