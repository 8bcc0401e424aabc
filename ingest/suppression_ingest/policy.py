"""The policy: it applies the decision table to SES events."""

import dataclasses
from typing import Final

from suppression_ingest.decision_table import (
    DEFAULT_TABLE,
    Case,
    Counts,
    Row,
    Scope,
    Table,
    decisive_row,
)
from suppression_ingest.recipients import NO_ADDRESS, Recipient, recipient_address
from suppression_ingest.ses import BOUNCE, COMPLAINT, DELIVERY, PROVIDER, SEND, SesEvent
from suppression_ingest.streams import Streams
from suppression_service.store import DeliveryEvent, DeliveryEventKind, Effect, Feedback

#: The domain of SES's mailbox simulator. Mail to it is processed, but counts in no rate.
SIMULATOR: Final = "@simulator.amazonses.com"

#: Warnings beyond those of the decision table.
NO_RECIPIENT: Final = "feedback that names no recipient"
NOT_AN_ADDRESS: Final = "feedback about something that is not an address"

_DELIVERY_EVENTS: Final = {SEND: DeliveryEventKind.SEND, DELIVERY: DeliveryEventKind.DELIVERY}

# An event that names no recipient is recorded too, once.
_NOBODY: Final = (Recipient(""),)


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """Decides what SES events change.

    Args:
        table: the decision table.
        streams: the streams of configuration sets and tenants.
    """

    table: Table = DEFAULT_TABLE
    streams: Streams = Streams()  # noqa: RUF009 - it is frozen

    def feedback(self, event: SesEvent) -> tuple[list[Feedback], frozenset[str]]:
        """Return the feedback to store, one per address, and warnings for an operator.

        There is no feedback for events that are only counted.
        """
        pieces: dict[str, Feedback] = {}
        warnings = set()
        for recipient in event.recipients or _NOBODY:
            row = decisive_row(_case(event, recipient), self.table)
            if row.stored:
                piece = self._piece(event, recipient, row)
                # A piece without effect must not replace one with effect.
                if piece.address not in pieces or piece.effect:
                    pieces[piece.address] = piece
            warnings |= {row.warning, _warning(event, recipient)}
        return [*pieces.values()], frozenset(warnings - {""})

    def delivery_events(self, event: SesEvent) -> list[DeliveryEvent]:
        """Return a delivery event for each recipient of a send or a delivery, else none.

        Mail to the simulator is left out, because it counts in no rate.
        """
        if not (kind := _DELIVERY_EVENTS.get(event.kind)):
            return []
        recipients = map(_counted_recipient, event.reached)
        return [
            DeliveryEvent(
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
        effect = self._effect(row, event)
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

    def _effect(self, row: Row, event: SesEvent) -> Effect | None:
        if row.listed is None:
            return None
        match row.scope:
            case Scope.ALL_MAIL:
                return Effect(row.listed)
            case Scope.CONFIGURATION_SET:
                stream = self.streams.configuration_sets.get(event.configuration_set, "")
            case Scope.TENANT:
                stream = self.streams.tenants.get(event.tenant, "")
        return Effect(row.listed, stream) if stream else None


def _case(event: SesEvent, recipient: Recipient) -> Case:
    return Case(event.kind, event.type, event.sub_type, recipient.action, recipient.status)


def _counts_as(event: SesEvent, address: str, row: Row) -> Counts:
    in_no_rate = address.endswith(SIMULATOR) or not event.recipients
    return Counts.NOTHING if in_no_rate else row.counts_as


def _counted_recipient(text: str) -> str:
    """Return the address of a recipient, or a text that is different for each recipient."""
    return recipient_address(text) or ascii(text)


def _warning(event: SesEvent, recipient: Recipient) -> str:
    if event.kind not in {BOUNCE, COMPLAINT}:
        return ""
    if not event.recipients:
        return NO_RECIPIENT
    return NOT_AN_ADDRESS if recipient_address(recipient.address) == NO_ADDRESS else ""


def _undecided(identity: str) -> str:
    """Return the identity of feedback without effect because no stream is mapped.

    With the plain identity, the same feedback could not take effect later. It can take
    effect when it arrives with its configuration set (identities publish it without), or
    when it is replayed after the stream has been mapped.
    """
    return f"{identity} unmapped"
