"""Whatever is in the queue, the worker processes good messages and leaves broken ones."""

import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local import events
from deploy.local.aws import StandIn
from suppression_ingest.pipeline import decide
from suppression_ingest.policy import Policy
from suppression_service.store import Store
from suppression_service.store.store import utc_now
from tests.support.feedback import Feedback
from tests.support.fuzz.examples import examples
from tests.support.fuzz.mutations import ANY_JSON, SAMPLES, cut, mutated
from tests.support.fuzz.process_health import ProcessHealth
from tests.support.processes import Processes, eventually

#: Texts that SQS accepts: one or more XML characters (SendMessage in its API reference).
_ACCEPTED: Final = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=60,
)
#: SQS refuses messages of this many bytes.
LONGEST: Final = 1 << 20
#: Bodies that are in the queue at once. The stand-in takes 8 s for a receive from a queue of
#: 1,000, and answers some of several concurrent ones with an error. A message whose answers are
#: lost twice would become a dead letter that the worker has not seen.
AT_ONCE: Final = 30
#: MiB that memory may grow by while the messages are processed.
MARGIN: Final = 32


@pytest.fixture
def feedback(stand_in: StandIn, processes: Processes, tmp_path: Path) -> Iterator[Feedback]:
    """SQS delivers a message that is not deleted twice at most."""
    url = f"sqlite:///{tmp_path}/list.db"
    wiring = stand_in.wire(f"t{secrets.token_hex(6)}", visibility_seconds=2, max_receive_count=2)
    with contextlib.closing(Store.open(url, migrate_first=True)) as store:
        yield Feedback(stand_in, wiring, processes, url, store)


@pytest.fixture(scope="module")
def bodies() -> list[str]:
    """Different bodies, most of them broken."""
    made: set[str] = set()

    @examples(30)
    @given(
        mutated(SAMPLES).map(json.dumps)
        | st.sampled_from(SAMPLES).map(json.dumps).flatmap(cut)
        | ANY_JSON.map(json.dumps)
        | _ACCEPTED
    )
    def collect(body: str) -> None:
        made.add("".join(character for character in body if character.isprintable()))

    collect()
    return sorted(body for body in made if 0 < len(body.encode()) < LONGEST)


def is_broken(body: str) -> bool:
    """Whether a body must go to the dead-letter queue."""
    return not decide(body, utc_now(), lambda _: None, Policy()).outcome.acknowledged


def test_broken_messages_between_good_ones_are_left_and_the_good_ones_count(
    feedback: Feedback, bodies: list[str]
) -> None:
    worker = feedback.start_worker()
    worker.line("started")
    health = ProcessHealth(worker)
    before = health.memory()
    # given good bounces with random bodies between them, which the worker has received
    good = []
    for start in range(0, len(bodies), AT_ONCE):
        for body in bodies[start : start + AT_ONCE]:
            feedback.enqueue(body)
        good.append(f"good{start}@shop.example")
        feedback.publish(json.dumps(events.bounce(good[-1])))
        feedback.wait_until_empty()
    # then the good ones are counted, the broken ones are in the dead-letter queue,
    assert {tuple(feedback.occurrences(address)) for address in good} == {(1,)}
    broken = Counter(filter(is_broken, bodies))
    eventually(
        "the broken ones are in the dead-letter queue",
        lambda: feedback.dead() == broken.total(),
    )
    assert broken
    # and the worker goes on as it was.
    assert health.problem() == ""
    assert health.memory() - before < MARGIN
    feedback.publish(json.dumps(events.bounce("after@shop.example")))
    feedback.wait_until_listed("after@shop.example")
