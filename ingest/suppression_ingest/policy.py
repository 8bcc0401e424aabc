"""The policy: it applies the decision table to SES events."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
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
from suppression_ingest.masking import masked
from suppression_ingest.recipients import NO_ADDRESS, Recipient, recipient_address
from suppression_ingest.reply_table import reply_category
from suppression_ingest.ses import (
    BOUNCE,
    COMPLAINT,
    DELIVERY,
    PROVIDER,
    SEND,
    SUBSCRIPTION,
    SesEvent,
)
from suppression_ingest.streams import Streams
from suppression_service.store import (
    DeliveryEvent,
    DeliveryEventKind,
    Effect,
    Feedback,
    ReplyCategory,
)

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
        streams: the streams of configuration sets, tenants and topics.
    """

    table: Table = DEFAULT_TABLE
    streams: Streams = Streams()  # noqa: RUF009 - it is frozen

    def feedback(self, event: SesEvent) -> tuple[list[Feedback], frozenset[str]]:
        """Return the feedback to store, and warnings for an operator.

        There is one piece of feedback per address, or one per address and stream after a
        change of preferences. There is none for events that are only counted.
        """
        pieces: dict[tuple[str, str], Feedback] = {}
        warnings = set()
        for recipient in event.recipients or _NOBODY:
            row = decisive_row(_case(event, recipient), self.table)
            for piece in self._pieces(event, recipient, row):
                key = piece.address, piece.identity
                # A piece without effect must not replace one with effect.
                if key not in pieces or piece.effect:
                    pieces[key] = piece
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
                stream=self._mail_stream(event),
            )
            for recipient in recipients
            if not recipient.endswith(SIMULATOR)
        ]

    def _pieces(self, event: SesEvent, recipient: Recipient, row: Row) -> Iterator[Feedback]:
        if not row.stored:
            return
        address = recipient_address(recipient.address)
        effects: list[Effect | None] = [*self._effects(row, event)]
        counts_as = _counts_as(event, address, row)
        category, example = _reply(event, recipient, address, counts_as)
        for effect in effects or [None]:
            yield Feedback(
                provider=PROVIDER,
                kind=event.kind,
                identity=_identity(event, row, effect),
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
                counts_as=counts_as,
                effect=None if address == NO_ADDRESS else effect,
                stream=self._mail_stream(event),
                category=category,
                example=example,
            )

    def _mail_stream(self, event: SesEvent) -> str:
        # Not that of the tenant: it must follow from the configuration set, which can become
        # known later.
        return self.streams.configuration_sets.get(event.configuration_set, "")

    def _effects(self, row: Row, event: SesEvent) -> Iterator[Effect]:
        if row.listed is None:
            return
        if row.scope is Scope.ALL_MAIL:
            yield Effect(row.listed)
        for stream, is_left in self._streams(row.scope, event).items():
            yield Effect(row.listed, stream, removes=not is_left)

    def _streams(self, scope: Scope, event: SesEvent) -> dict[str, bool]:
        """Return for each stream that an event concerns whether an entry is made or removed."""
        match scope:
            case Scope.ALL_MAIL:
                stream = None
            case Scope.CONFIGURATION_SET:
                stream = self.streams.configuration_sets.get(event.configuration_set)
            case Scope.TENANT:
                stream = self.streams.tenants.get(event.tenant)
            case Scope.PREFERENCES:
                change = event.subscription
                return self.streams.changed(change, event.configuration_set) if change else {}
        return {stream: True} if stream else {}


def _case(event: SesEvent, recipient: Recipient) -> Case:
    return Case(event.kind, event.type, event.sub_type, recipient.action, recipient.status)


def _counts_as(event: SesEvent, address: str, row: Row) -> Counts:
    in_no_rate = address.endswith(SIMULATOR) or not event.recipients
    return Counts.NOTHING if in_no_rate else row.counts_as


def _reply(
    event: SesEvent, recipient: Recipient, address: str, counts_as: Counts
) -> tuple[ReplyCategory, Callable[[], str] | None]:
    """Return the category of the reply to a bounce that counts, and what masks the reply."""
    if event.kind != BOUNCE or counts_as == Counts.NOTHING:
        return ReplyCategory.UNSPECIFIED, None
    category = reply_category(event.sub_type, recipient.status, recipient.diagnostic)
    return category, functools.partial(masked, recipient.diagnostic, address)


def _counted_recipient(text: str) -> str:
    """Return the address of a recipient, or a text that is different for each recipient."""
    return recipient_address(text) or ascii(text)


def _warning(event: SesEvent, recipient: Recipient) -> str:
    if event.kind not in {BOUNCE, COMPLAINT, SUBSCRIPTION}:
        return ""
    if not event.recipients:
        return NO_RECIPIENT
    return NOT_AN_ADDRESS if recipient_address(recipient.address) == NO_ADDRESS else ""


def _identity(event: SesEvent, row: Row, effect: Effect | None) -> str:
    """Return the identity of a piece of feedback.

    Feedback without effect because no stream is mapped has an identity of its own. With that
    of the event, the same feedback could not take effect later. It can take effect when it
    arrives with its configuration set (identities publish it without), or when it is replayed
    after the stream has been mapped.
    """
    if row.listed and not effect:
        return f"{event.identity} unmapped"
    if effect and row.scope is Scope.PREFERENCES:
        return f"{event.identity} about {effect.stream}"
    return event.identity
