"""SES events of a sender with many bounces, for both soak tests."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from typing import Any

from deploy.local import events

#: Kinds of events, by percentage.
_KINDS = {"Send": 35, "Delivery": 29, "soft": 20, "hard": 8, "Complaint": 4, "DeliveryDelay": 4}


def feedback_events(count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Return events by the time at which they happened, all of them today or yesterday.

    Each address has about twenty, so that soft bounces and deliveries alternate in
    many ways.
    """
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=24)
    step = dt.timedelta(hours=23) / count
    for number, kind in enumerate(chance.choices([*_KINDS], [*_KINDS.values()], k=count)):
        address = f"reader{chance.randrange(max(1, count // 20))}@example.com"
        name = chance.choice(["news", "orders"])
        yield _event(kind, address, name, start + number * step)


def _event(kind: str, address: str, name: str, happened: dt.datetime) -> dict[str, Any]:
    match kind:
        case "soft":
            soft = {"type_": "Transient", "sub_type": "MailboxFull", "status": "4.2.2"}
            return events.bounce(address, happened=happened, configuration_set=name, **soft)  # type: ignore[arg-type]
        case "hard":
            return events.bounce(address, happened=happened, configuration_set=name)
        case "Complaint":
            return events.complaint(address, happened=happened, configuration_set=name)
        case _:
            event = events.other(kind, address, happened=happened)
            event["mail"]["destination"] = [address]
            event["mail"]["tags"]["ses:configuration-set"] = [name]
            # A send event has the time of its mail.
            event["mail"]["timestamp"] = happened.isoformat(timespec="milliseconds")
            return event


def disordered(bodies: list[str], chance: random.Random) -> list[str]:
    """Return bodies in random order, a fifth of them twice."""
    repeated = [*bodies, *chance.sample(bodies, len(bodies) // 5)]
    chance.shuffle(repeated)
    return repeated


def as_text(event: dict[str, Any]) -> str:
    """Return an event as SES publishes it, for a run without envelopes."""
    return json.dumps(event)
