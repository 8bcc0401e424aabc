"""Why a message is in the dead-message queue: what the pipeline decides about it now."""

import dataclasses
from typing import Final

from suppression_ingest.aws.sqs import Message
from suppression_ingest.decision_table import kind_to_show
from suppression_ingest.errors import Refused
from suppression_ingest.pipeline import EnvelopeCheck, decide
from suppression_ingest.policy import Policy
from suppression_ingest.sns.envelope import Envelope
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

    decided = decide(message.body, message.sent_time, (note,), Policy())
    outcome, event = decided.outcome, decided.event
    refusal = next(iter(not_authentic), outcome.refusal)
    return Explanation(
        message_id=message.message_id,
        sns_message_id=outcome.sns_message_id,
        result=refusal.label if refusal else ACCEPTED,
        why=str(refusal or _WHY_ACCEPTED),
        kind=kind_to_show(event) if event else outcome.kind,
        recipients=[masked(named.address) for named in event.recipients] if event else [],
        sent=message.sent_time.isoformat(timespec="seconds").replace("+00:00", "Z"),
        receive_count=message.receive_count,
    )
