"""From an SES event to the pieces of feedback that the store takes."""

import dataclasses
from collections.abc import Mapping
from typing import Final

from suppression_ingest.policy import DEFAULT_POLICY, Case, Counts, Policy, Row, Scope, decide
from suppression_ingest.recipient import NO_ADDRESS, recipient_address
from suppression_ingest.ses import BOUNCE, COMPLAINT, DELIVERY, SEND, Recipient, SesEvent
from suppression_service.store import Effect, Feedback, Milestone, MilestoneKind

PROVIDER: Final = "ses"

#: Where mail to SES's mailbox simulator goes; treated like any other, but in no rate.
SIMULATOR: Final = "@simulator.amazonses.com"

#: Remarks beyond those of the decision table.
NO_RECIPIENT: Final = "feedback that names no recipient"
NOT_AN_ADDRESS: Final = "feedback about something that is no address"

_MILESTONES: Final = {SEND: MilestoneKind.SEND, DELIVERY: MilestoneKind.DELIVERY}

# An event that names no recipient is remembered all the same, once.
_NOBODY: Final = (Recipient(""),)


@dataclasses.dataclass(frozen=True, slots=True)
class Judge:
    """Decides about events.

    Args:
        policy: the decision table.
        streams: from configuration set to stream.
    """

    policy: Policy = DEFAULT_POLICY
    streams: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def feedback(self, event: SesEvent) -> tuple[list[Feedback], frozenset[str]]:
        """Return what an event means for each recipient, once an address.

        Returns:
            The pieces to store, none for events that are only counted; and the
            remarks of the rows that decided, for an operator.
        """
        pieces: dict[str, Feedback] = {}
        remarks = set()
        for recipient in event.recipients or _NOBODY:
            row = decide(_case(event, recipient), self.policy)
            if row.stored:
                piece = self._piece(event, recipient, row)
                # One that has an effect must not give way to one that has none.
                if piece.address not in pieces or piece.effect:
                    pieces[piece.address] = piece
            remarks |= {row.remark, _remark(event, recipient)}
        return [*pieces.values()], frozenset(remarks - {""})

    def milestones(self, event: SesEvent) -> list[Milestone]:
        """Return what a send or a delivery tells of each recipient; nothing of other events.

        Mail to the simulator is left out: it is in no rate, and nobody's mailbox.
        """
        if not (kind := _MILESTONES.get(event.kind)):
            return []
        recipients = map(_counted_recipient, event.reached)
        return [
            Milestone(
                kind=kind,
                identity=event.message_id or event.identity,
                recipient=recipient,
                happened=event.happened,
                configuration_set=event.configuration_set,
            )
            for recipient in recipients
            if not recipient.endswith(SIMULATOR)
        ]

    def _piece(self, event: SesEvent, recipient: Recipient, row: Row) -> Feedback:
        address = recipient_address(recipient.address)
        effect = self._effect(row, event.configuration_set)
        unmapped = row.listed is not None and effect is None
        return Feedback(
            provider=PROVIDER,
            kind=event.kind,
            identity=_undecided(event.identity) if unmapped else event.identity,
            address=address,
            happened=event.happened,
            type=event.type,
            sub_type=event.sub_type,
            feedback_id=event.feedback_id,
            message_id=event.message_id,
            configuration_set=event.configuration_set,
            action=recipient.action,
            status=recipient.status,
            diagnostic=recipient.diagnostic,
            counts_as=_counts_as(event, address, row),
            effect=None if address == NO_ADDRESS else effect,
        )

    def _effect(self, row: Row, configuration_set: str) -> Effect | None:
        if row.listed is None:
            return None
        if row.scope is Scope.ALL_MAIL:
            return Effect(row.listed)
        stream = self.streams.get(configuration_set, "")
        return Effect(row.listed, stream) if stream else None


def _case(event: SesEvent, recipient: Recipient) -> Case:
    return Case(event.kind, event.type, event.sub_type, recipient.action, recipient.status)


def _counts_as(event: SesEvent, address: str, row: Row) -> Counts:
    in_no_rate = address.endswith(SIMULATOR) or not event.recipients
    return Counts.NOT if in_no_rate else row.counts_as


def _counted_recipient(text: str) -> str:
    """Return the address; of what is none, a text that can be told from others."""
    return recipient_address(text) or ascii(text)


def _remark(event: SesEvent, recipient: Recipient) -> str:
    if event.kind not in {BOUNCE, COMPLAINT}:
        return ""
    if not event.recipients:
        return NO_RECIPIENT
    return NOT_AN_ADDRESS if recipient_address(recipient.address) == NO_ADDRESS else ""


def _undecided(identity: str) -> str:
    """Return the identity of feedback that has no effect for want of a mapping.

    Were it the plain one, the same feedback could no longer take effect when it
    comes with its configuration set (identities publish it without), or is
    replayed once the mapping has been made.
    """
    return f"{identity} unmapped"
