"""Who may write to the queue hides feedback in carriers, and sends what is dear to open."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from deploy.local.aws import StandIn
from deploy.local.events import bounce
from suppression_service.store import Store
from tests.support.feedback import Feedback
from tests.support.processes import Processes, eventually

Json = dict[str, Any]

_SIZE: Final = 200_000
#: Bodies that cost much to open for their size. Nothing in them is feedback.
_BOMBS: Final = (
    "[]" * (_SIZE // 2),
    "[" + "[]," * (_SIZE // 3) + "[]]",
    "[\n" * (_SIZE // 2),
    '{"a":' * (_SIZE // 5),
    ("[" + "{}," * 300 + "\n") * (_SIZE // 902),
    json.dumps({"Records": [{"body": "{}"}] * (_SIZE // 14)}),
)
#: What is nobody's event.
_OTHERS: Final = (
    '{"AlarmName": "bounces", "NewStateValue": "ALARM"}',
    '["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3Key": "1"}]',
    "Hello",
)


@pytest.fixture
def feedback(stand_in: StandIn, processes: Processes, sqlite_url: str) -> Iterator[Feedback]:
    wiring = stand_in.wire(f"t{secrets.token_hex(6)}", visibility_seconds=1, max_receive_count=2)
    store = Store.open(sqlite_url, migrate_first=True)
    yield Feedback(stand_in, wiring, processes, sqlite_url, store)
    store.close()


def _hidden(number: int) -> dict[str, str]:
    """Return bodies, by the one address that each of them says has bounced."""
    events = {name: bounce(f"{name}{number}@shop.example") for name in _CARRIERS}
    return {f"{name}{number}@shop.example": _CARRIERS[name](events[name]) for name in _CARRIERS}


def _bridged(event: Json) -> Json:
    return {"source": "aws.ses", "detail-type": "Email Bounced", "detail": event}


_CARRIERS: Final[dict[str, Callable[[Json], str]]] = {
    "bare": json.dumps,
    "bridge": lambda event: json.dumps(_bridged(event)),
    "lambda": lambda event: json.dumps({"Records": [{"body": json.dumps(_bridged(event))}]}),
    "array": lambda event: json.dumps([[event]]),
    "mark": lambda event: f"\ufeff{json.dumps(event)}",
    "twice": lambda event: f"{json.dumps(event)}\n{json.dumps(event)}",
    "broken": lambda event: f"{{broken\n{json.dumps(event)}\n[]",
}


@pytest.mark.xdist_group("hostile")
def test_no_feedback_stays_hidden_and_nothing_is_deleted_unread(
    feedback: Feedback, attack_seconds: float | None
) -> None:
    feedback.start_worker().line("started")
    ends = time.monotonic() + (attack_seconds or 0)
    rounds = 0
    # Given feedback in every carrier, and on top of it what is dear to open, or nobody's
    while not rounds or time.monotonic() < ends:
        hidden, published = _hidden(rounds), f"topic{rounds}@shop.example"
        for body in (*hidden.values(), *_BOMBS, *_OTHERS):
            feedback.enqueue(body)
        feedback.publish(json.dumps(_bridged(bounce(published))))
        rounds += 1
        # Then each address is on the list, once,
        eventually("the queue is empty", lambda: not feedback.in_queue())
        counts = {address: feedback.occurrences(address) for address in (*hidden, published)}
        assert counts == {address: [1] for address in counts}
    # and whatever is not feedback, or is broken, is a dead letter.
    dead = rounds * (len(_BOMBS) + len(_OTHERS) + 1)
    eventually("all others are dead letters", lambda: feedback.dead() == dead)
