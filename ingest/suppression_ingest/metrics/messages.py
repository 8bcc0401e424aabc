"""The Prometheus metrics of received messages.

The metrics for CloudWatch have other names: :mod:`suppression_ingest.rates.cloudwatch`.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from suppression_ingest.decision_table import KNOWN_KINDS, UNKNOWN
from suppression_ingest.errors import (
    ForeignTopic,
    Forged,
    InternalError,
    Malformed,
    PayloadInS3,
    Refused,
    Unrecognised,
    Unstorable,
    Unverifiable,
)
from suppression_ingest.outcomes import SET_UP, Result, Stats

#: The kind of a refused message: it was refused before its kind was read.
NO_KIND: Final = "none"

# All series exist from the beginning: a counter that begins at 1 has never risen, so no
# alert would ring.
_KINDS: Final = (*sorted(KNOWN_KINDS), UNKNOWN, SET_UP)
_REFUSALS: Final = (
    Malformed,
    Unrecognised,
    PayloadInS3,
    Forged,
    ForeignTopic,
    Unverifiable,
    Unstorable,
    InternalError,
)
_CAUSES: Final = (*Forged.CAUSES, ForeignTopic.cause, Unverifiable.cause)


class MessageMetrics(Collector):
    """The outcomes of the messages of one process.

    Args:
        stats: the counts. Another thread may add to them at the same time.
        refusals: the refusals of this source, besides those that all sources share.
    """

    def __init__(self, stats: Stats, refusals: Iterable[type[Refused]] = ()) -> None:
        self._stats = stats
        self._refusals: tuple[type[Refused], ...] = (*_REFUSALS, *refusals)

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield self._messages()
        yield self._feedback()
        yield self._verification_failures()

    def _messages(self) -> Metric:
        family = CounterMetricFamily(
            "suppression_ingest_messages",
            "Messages that came in, by kind of event and by what became of them.",
            labels=("kind", "outcome"),
        )
        counts = {(kind, result.value): 0 for kind in _KINDS for result in Result}
        counts |= {(NO_KIND, refusal.label): 0 for refusal in self._refusals}
        for (kind, outcome), count in (counts | dict(self._stats.outcomes)).items():
            family.add_metric((_label(kind or NO_KIND), _label(outcome)), count)
        return family

    def _feedback(self) -> Metric:
        family = CounterMetricFamily(
            "suppression_ingest_feedback",
            "Pieces of feedback, one a recipient, by whether they were known before.",
            labels=("outcome",),
        )
        family.add_metric((Result.NEW,), self._stats.new)
        family.add_metric((Result.DUPLICATE,), self._stats.duplicates)
        return family

    def _verification_failures(self) -> Metric:
        family = CounterMetricFamily(
            "suppression_ingest_verification_failures",
            "Messages that could not be shown to be SNS's and ours, by what failed.",
            labels=("cause",),
        )
        own = (refusal.cause for refusal in self._refusals if refusal.cause)
        causes = dict.fromkeys((*_CAUSES, *own), 0) | dict(self._stats.unverified)
        for cause, count in causes.items():
            family.add_metric((cause,), count)
        return family


def _label(text: str) -> str:
    return text.lower().replace(" ", "_").replace("-", "_")
