"""Why a message is in the dead-message queue: what the pipeline decides about it now."""

import dataclasses
from typing import Final

from suppression_ingest.aws.sqs import Message
from suppression_ingest.decision_table import kind_to_show
from suppression_ingest.errors import Refused
from suppression_ingest.outcomes import Outcome
from suppression_ingest.pipeline import Decided, decide
from suppression_ingest.policy import Policy
from suppression_ingest.sns.envelope import Envelope, EnvelopeCheck
from suppression_service.address import masked

#: The result for a message that the worker would accept now.
ACCEPTED: Final = "accepted"
_WHY_ACCEPTED: Final = "the worker would accept it now: redrive it"


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """The facts about a dead message that may be shown.

    ``result`` is the label of the refusal, or :data:`ACCEPTED`; ``kind`` and
    ``recipients`` (masked) are shown even if the message is forged.
    """

    message_id: str
    sns_message_id: str
    result: str
    why: str
    kind: str
    recipients: list[str]
    sent: str
    receive_count: int


def explain(message: Message, authenticate: EnvelopeCheck) -> Explanation:
    """Return why a message is a dead letter, as far as can be seen now. Nothing is stored.

    Args:
        message: the message.
        authenticate: checks its envelope.
    """
    not_authentic: list[Refused] = []

    def note(envelope: Envelope) -> None:
        """Continue with a forged message: an operator wants to see its recipients."""
        try:
            authenticate(envelope)
        except Refused as refusal:
            not_authentic.append(refusal)

    decided = decide(message.body, message.sent_time, note, Policy())
    outcome = decided.outcome
    refusal = next(iter(not_authentic), outcome.refusal)
    return Explanation(
        message_id=message.message_id,
        sns_message_id=outcome.sns_message_id,
        result=refusal.label if refusal else ACCEPTED,
        why=f"{_refused_share(outcome)}{refusal or _WHY_ACCEPTED}",
        kind=_kinds(decided),
        recipients=_recipients(decided),
        sent=message.sent_time.isoformat(timespec="seconds").replace("+00:00", "Z"),
        receive_count=message.receive_count,
    )


def _refused_share(outcome: Outcome) -> str:
    """Return how many of several events are refused. The others are stored already."""
    refused = sum(event.refusal is not None for event in outcome.events)
    return f"{refused} of {len(outcome.events)} events: " if refused else ""


def _kinds(decided: Decided) -> str:
    kinds = [
        kind_to_show(one.event) if one.event else one.outcome.kind for one in decided.decisions
    ]
    return ", ".join(dict.fromkeys(kind for kind in kinds if kind))


def _recipients(decided: Decided) -> list[str]:
    events = [one.event for one in decided.decisions if one.event]
    return [masked(named.address) for event in events for named in event.recipients]
