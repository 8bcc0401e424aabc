"""What happens to the mail of a sender in trouble, as signed envelopes."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from typing import Any

from deploy.local import events

#: Of a hundred events, so many are of each sort.
_SORTS = {"Send": 35, "Delivery": 29, "soft": 20, "hard": 8, "Complaint": 4, "DeliveryDelay": 4}


def happenings(count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Return events in the order in which they happened, all of them today or yesterday.

    There are twenty for each address, so that soft bounces meet deliveries in rows of
    every length.
    """
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=24)
    step = dt.timedelta(hours=23) / count
    for number, sort in enumerate(chance.choices([*_SORTS], [*_SORTS.values()], k=count)):
        address = f"reader{chance.randrange(max(1, count // 20))}@example.com"
        name = chance.choice(["news", "orders"])
        yield _event(sort, address, name, start + number * step)


def _event(sort: str, address: str, name: str, happened: dt.datetime) -> dict[str, Any]:
    match sort:
        case "soft":
            soft = {"type_": "Transient", "sub_type": "MailboxFull", "status": "4.2.2"}
            return events.bounce(address, happened=happened, configuration_set=name, **soft)  # type: ignore[arg-type]
        case "hard":
            return events.bounce(address, happened=happened, configuration_set=name)
        case "Complaint":
            return events.complaint(address, happened=happened, configuration_set=name)
        case _:
            event = events.other(sort, address, happened=happened)
            event["mail"]["destination"] = [address]
            event["mail"]["tags"]["ses:configuration-set"] = [name]
            # A send is as old as its mail.
            event["mail"]["timestamp"] = happened.isoformat(timespec="milliseconds")
            return event


def disordered(bodies: list[str], chance: random.Random) -> list[str]:
    """Return bodies shuffled, with a fifth of them a second time."""
    repeated = [*bodies, *chance.sample(bodies, len(bodies) // 5)]
    chance.shuffle(repeated)
    return repeated


def as_text(event: dict[str, Any]) -> str:
    """Return an event as SES publishes it, for a run without envelopes."""
    return json.dumps(event)
