"""From message bodies to the list, a batch at a time.

The one way in: for the queue, for files, and for whatever brings feedback later.
Everything that can fail for one message fails before the transaction, so that a
broken message never holds back its neighbours.
"""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import islice

from suppression_ingest.errors import Defect, Refused, Unstorable, Unverifiable
from suppression_ingest.feedback import Judge
from suppression_ingest.outcome import UNKNOWN, Outcome
from suppression_ingest.policy import KNOWN_KINDS
from suppression_ingest.recording import DEFAULT_RECORDER, Recorder
from suppression_ingest.ses import NotAnEvent, SesEvent, parse_event
from suppression_ingest.sns.envelope import NOTIFICATION, Envelope, open_envelope
from suppression_service.store import Feedback, Milestone, Store, StoreError

#: Raises a :class:`Refused` for an envelope that is not to be trusted.
Authenticate = Callable[[Envelope], None]


@dataclasses.dataclass(frozen=True, slots=True)
class _Decided:
    """A message that is ready for the store, or refused before."""

    outcome: Outcome
    feedback: Sequence[Feedback] = ()
    milestones: Sequence[Milestone] = ()


class Pipeline:
    """Turns bodies into changes to the list.

    Args:
        store: the list.
        authenticate: what an envelope has to pass.
        judge: decides what each event means.
        recorder: writes what was decided.
    """

    def __init__(
        self,
        store: Store,
        authenticate: Authenticate,
        judge: Judge,
        recorder: Recorder = DEFAULT_RECORDER,
    ) -> None:
        #: The list.
        self.store = store
        self._authenticate = authenticate
        self._judge = judge
        self._recorder = recorder

    def process(self, bodies: Sequence[str]) -> list[Outcome]:
        """Take in a batch of bodies, in one transaction.

        Returns:
            What became of each, in order. Those acknowledged are durable; those
            refused have changed nothing.

        Raises:
            StoreUnavailable: the database cannot write now; nothing was changed.
            StoreError: an operator must mend the database first; nothing was changed.
        """
        unfetched: dict[str, Unverifiable] = {}
        decided = [self._decide(body, unfetched) for body in bodies]
        if not any(one.feedback or one.milestones for one in decided):
            return [one.outcome for one in decided]
        try:
            return self._record(decided)
        except StoreError:  # no fault of a message
            raise
        except Exception:  # noqa: BLE001 - found again, and named, message by message
            return [self._record_alone(one) for one in decided]

    def _decide(self, body: str, unfetched: dict[str, Unverifiable]) -> _Decided:
        envelope = Envelope("")
        try:
            envelope = open_envelope(body)
            self._authenticate_once(envelope, unfetched)
            return self._judged(envelope)
        except Refused as refusal:
            return _refused(refusal, envelope.message_id)
        except Exception as error:  # noqa: BLE001 - its neighbours must not suffer for it
            defect = Defect(f"{type(error).__name__} in the program")
            return _refused(defect, envelope.message_id)

    def _authenticate_once(self, envelope: Envelope, unfetched: dict[str, Unverifiable]) -> None:
        """Authenticate, asking for a certificate that does not come only once a batch.

        A whole batch would otherwise wait ten times for a host that is down.
        """
        if envelope.certificate_url in unfetched:
            raise unfetched[envelope.certificate_url]
        try:
            self._authenticate(envelope)
        except Unverifiable as refusal:
            unfetched[envelope.certificate_url] = refusal
            raise

    def _judged(self, envelope: Envelope) -> _Decided:
        if envelope.type != NOTIFICATION:
            return _ignored(NotAnEvent.SET_UP, envelope, f"a {envelope.type} by SNS")
        event = parse_event(envelope.message, published=envelope.timestamp)
        if isinstance(event, NotAnEvent):
            return _ignored(event, envelope)
        feedback, remarks = self._judge.feedback(event)
        outcome = Outcome(_kind_to_show(event), remarks=remarks, sns_message_id=envelope.message_id)
        return _Decided(outcome, feedback, self._judge.milestones(event))

    def _record(self, decided: Sequence[_Decided]) -> list[Outcome]:
        pieces = [piece for one in decided for piece in one.feedback]
        milestones = [milestone for one in decided for milestone in one.milestones]
        news = iter(self._recorder.record(self.store, pieces, milestones))
        return [_counted(one, list(islice(news, len(one.feedback)))) for one in decided]

    def _record_alone(self, one: _Decided) -> Outcome:
        if not (one.feedback or one.milestones):
            return one.outcome
        try:
            return self._record([one])[0]
        except StoreError:  # no fault of a message
            raise
        except Exception as error:  # noqa: BLE001 - whatever the driver finds wrong with it
            refusal = Unstorable(f"{type(error).__name__} from the database")
            return Outcome(refusal=refusal, sns_message_id=one.outcome.sns_message_id)


def _kind_to_show(event: SesEvent) -> str:
    """Return a kind that may be counted and logged: no stranger's text."""
    return event.kind if event.kind in KNOWN_KINDS else UNKNOWN


def _ignored(kind: str, envelope: Envelope, *remarks: str) -> _Decided:
    return _Decided(Outcome(kind, remarks=frozenset(remarks), sns_message_id=envelope.message_id))


def _refused(refusal: Refused, sns_message_id: str) -> _Decided:
    return _Decided(Outcome(refusal=refusal, sns_message_id=sns_message_id))


def _counted(one: _Decided, news: list[bool]) -> Outcome:
    new = sum(news)
    return dataclasses.replace(one.outcome, new=new, duplicates=len(news) - new)
