"""The pipeline from message bodies to the list. Queue, webhook and files all use it.

:meth:`Pipeline.decide` decides what a body changes. :meth:`Pipeline.record` records the
decisions of many bodies in one transaction. An error in one message is found before the
transaction, so that a broken message never blocks others. A body that carries several events
is decided and recorded event by event: those that are refused do not hold back the others, but
they keep the body from being acknowledged.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from suppression_ingest.carriers import Carried, SetUp, opened
from suppression_ingest.decision_table import kind_to_show
from suppression_ingest.errors import InternalError, Refused, Unstorable, Unverifiable
from suppression_ingest.json_object import JsonObject
from suppression_ingest.outcomes import SET_UP, Outcome
from suppression_ingest.policy import Policy
from suppression_ingest.ses import SesEvent, parse_event
from suppression_ingest.sns.envelope import NO_ENVELOPE, Envelope, EnvelopeCheck
from suppression_ingest.soft_bounces import (
    DEFAULT_SOFT_BOUNCES,
    SoftBouncePolicy,
    apply_policy,
    retries_of,
)
from suppression_service.store import (
    DEDUPLICATION_WINDOW,
    DeliveryEvent,
    Feedback,
    Store,
    StoreError,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """An event that is ready to be recorded, or refused.

    ``outcome`` is final for a refused event. For any other, recording adds what was new.
    ``event`` is None for a message that is refused, or that only sets up a topic.
    """

    outcome: Outcome
    event: SesEvent | None = None
    feedback: Sequence[Feedback] = ()
    delivery_events: Sequence[DeliveryEvent] = ()

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to record."""
        return bool(self.feedback or self.delivery_events)


@dataclasses.dataclass(frozen=True, slots=True)
class Decided:
    """A message with a decision about each event that it carries.

    ``envelope`` is the SNS envelope of the first one that is not refused, else of the first.
    """

    decisions: Sequence[Decision]
    envelope: Envelope = NO_ENVELOPE

    @property
    def outcome(self) -> Outcome:
        """The outcome as far as it is known before recording."""
        return Outcome.of([decision.outcome for decision in self.decisions])

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to record."""
        return any(decision.changes_something for decision in self.decisions)


@dataclasses.dataclass(frozen=True, slots=True)
class FeedbackWriter:
    """Writes the feedback of a batch in one transaction.

    Args:
        soft_bounces: decides when soft bounces lead to an entry.
        deduplication_window: how long repeated sends and deliveries are recognised. Older
            ones are not counted.
        retries: send soft bounces to the retry queue.
        streams: the stream of each configuration set, for retries.
    """

    soft_bounces: SoftBouncePolicy = DEFAULT_SOFT_BOUNCES
    deduplication_window: dt.timedelta = DEDUPLICATION_WINDOW
    retries: bool = False
    streams: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def write(
        self, store: Store, feedback: Sequence[Feedback], delivery_events: Sequence[DeliveryEvent]
    ) -> list[bool]:
        """Write a batch, durably.

        Returns:
            Whether each piece of feedback was new.

        Raises:
            StoreUnavailable: the database cannot write now; nothing was written.
        """
        with store.write(self.deduplication_window) as transaction:
            is_new = transaction.record(feedback)
            transaction.count(delivery_events)
            new = [piece for piece, fresh in zip(feedback, is_new, strict=True) if fresh]
            may_retry = apply_policy(self.soft_bounces, transaction)
            if self.retries:
                transaction.post(retries_of(new, may_retry, self.streams, transaction.now))
        return is_new


DEFAULT_WRITER: Final = FeedbackWriter()


class Pipeline:
    """Turns message bodies into changes to the list.

    Args:
        store: the list.
        authenticate: checks each envelope.
        policy: decides what each event changes.
        writer: writes the decisions.
    """

    def __init__(
        self,
        store: Store,
        authenticate: EnvelopeCheck,
        policy: Policy,
        writer: FeedbackWriter = DEFAULT_WRITER,
    ) -> None:
        #: The list.
        self.store = store
        self._authenticate = authenticate
        self._policy = policy
        self._writer = writer

    def process(self, bodies: Sequence[str]) -> list[Outcome]:
        """Decide about a batch of bodies and record the decisions.

        A certificate that cannot be fetched is requested only once per batch. Otherwise a
        batch could wait ten times for a host that is down.

        Raises:
            StoreUnavailable: the database cannot write now; nothing was changed.
            StoreError: an operator must mend the database first; nothing was changed.
        """
        authenticate = _FetchOnce(self._authenticate)
        now = self.store.now()
        return self.record([decide(body, now, authenticate, self._policy) for body in bodies])

    def decide(self, body: str, *checks: EnvelopeCheck) -> Decided:
        """Return what a body changes, or why it is refused. Nothing is changed yet.

        Args:
            body: the body of an SQS message or HTTP post, or a document in a file.
            checks: made before the outermost envelope is authenticated.
        """
        return decide(body, self.store.now(), self._authenticate, self._policy, checks)

    def record(self, decided: Sequence[Decided]) -> list[Outcome]:
        """Record decisions in one transaction.

        Returns:
            The outcome of each message, in order. Acknowledged messages are durable. A refused
            message has changed nothing, unless it carries several events: those of them that
            are not refused are durable.

        Raises:
            StoreUnavailable: the database cannot write now; nothing was changed.
            StoreError: an operator must mend the database first; nothing was changed.
        """
        outcomes = iter(self._record([each for one in decided for each in one.decisions]))
        return [Outcome.of(list(islice(outcomes, len(one.decisions)))) for one in decided]

    def _record(self, decisions: Sequence[Decision]) -> list[Outcome]:
        if not any(one.changes_something for one in decisions):
            return [one.outcome for one in decisions]
        try:
            return self._commit(decisions)
        except StoreError:  # no message's fault
            raise
        except Exception:  # noqa: BLE001 - found again for its event alone
            return [self._commit_alone(one) for one in decisions]

    def _commit(self, decisions: Sequence[Decision]) -> list[Outcome]:
        feedback = [piece for one in decisions for piece in one.feedback]
        delivery_events = [event for one in decisions for event in one.delivery_events]
        is_new = iter(self._writer.write(self.store, feedback, delivery_events))
        return [_counted(one, list(islice(is_new, len(one.feedback)))) for one in decisions]

    def _commit_alone(self, one: Decision) -> Outcome:
        if not one.changes_something:
            return one.outcome
        try:
            return self._commit([one])[0]
        except StoreError:  # no message's fault
            raise
        except Exception as error:  # noqa: BLE001 - drivers raise many types
            refusal = Unstorable(f"{type(error).__name__} from the database")
            return Outcome(refusal=refusal, sns_message_id=one.outcome.sns_message_id)


class _FetchOnce:
    """Authenticates. A certificate that cannot be fetched is requested only once."""

    def __init__(self, authenticate: EnvelopeCheck) -> None:
        self._authenticate = authenticate
        self._unavailable: dict[str, Unverifiable] = {}

    def __call__(self, envelope: Envelope) -> None:
        if envelope.certificate_url in self._unavailable:
            raise self._unavailable[envelope.certificate_url]
        try:
            self._authenticate(envelope)
        except Unverifiable as refusal:
            self._unavailable[envelope.certificate_url] = refusal
            raise


def decide(
    body: str,
    received: dt.datetime,
    authenticate: EnvelopeCheck,
    policy: Policy,
    checks: Sequence[EnvelopeCheck] = (),
) -> Decided:
    """Return what a body changes, or why it is refused. Needs no database.

    Args:
        body: the body of an SQS message or HTTP post, or a document in a file.
        received: the current time; nothing that the body reports happened later.
        authenticate: checks each SNS envelope.
        policy: decides what an event changes.
        checks: made before the outermost envelope is authenticated.
    """
    try:
        parts = opened(body, authenticate, checks)
    except Exception as error:  # noqa: BLE001 - it must not affect other messages
        parts = [Carried(_internal(error))]
    accepted = (part for part in parts if not isinstance(part.content, Refused))
    envelope = next(accepted, parts[0]).envelope
    return Decided([_decision(part, received, policy) for part in parts], envelope)


def _decision(part: Carried, received: dt.datetime, policy: Policy) -> Decision:
    id_ = part.envelope.message_id
    match part.content:
        case Refused() as refusal:
            return Decision(Outcome(refusal=refusal, sns_message_id=id_))
        case SetUp(warning):
            warnings = frozenset({warning} - {""})
            return Decision(Outcome(SET_UP, warnings=warnings, sns_message_id=id_))
        case document:
            return _decision_about(document, (received, part.published), policy, id_)


def _decision_about(
    document: JsonObject, times: tuple[dt.datetime, str], policy: Policy, id_: str
) -> Decision:
    try:
        event = parse_event(document, *times)
        feedback, warnings = policy.feedback(event)
        outcome = Outcome(kind_to_show(event), warnings=warnings, sns_message_id=id_)
        return Decision(outcome, event, feedback, policy.delivery_events(event))
    except Refused as refusal:
        return Decision(Outcome(refusal=refusal, sns_message_id=id_))
    except Exception as error:  # noqa: BLE001 - it must not affect other events
        return Decision(Outcome(refusal=_internal(error), sns_message_id=id_))


def _internal(error: Exception) -> InternalError:
    return InternalError(f"{type(error).__name__} in the program")


def _counted(one: Decision, is_new: list[bool]) -> Outcome:
    new = sum(is_new)
    return dataclasses.replace(one.outcome, new=new, duplicates=len(is_new) - new)
