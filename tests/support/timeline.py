"""Feedback, sends and deliveries at hours of one week, for tests of counts and soft bounces."""

import contextlib
import datetime as dt
from collections.abc import Iterator

from suppression_ingest.pipeline import FeedbackWriter
from suppression_service.store import (
    DeliveryEvent,
    DeliveryEventKind,
    Feedback,
    Reason,
    Store,
    Suppression,
)

JANE = "jane@example.com"
START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
#: When all of it is recorded.
NOW = START + dt.timedelta(days=8)


def hour(number: float) -> dt.datetime:
    return START + dt.timedelta(hours=number)


def soft_bounce(
    number: float,
    *,
    message: str = "",
    action: str = "failed",
    counts_as: str = "soft bounce",
    configuration_set: str = "",
) -> Feedback:
    """A soft bounce at an hour, of its own message unless another is named."""
    return Feedback(
        provider="ses",
        kind="Bounce",
        identity=f"soft {number} {message}",
        address=JANE,
        happened=hour(number),
        type="Transient",
        sub_type="MailboxFull",
        feedback_id=f"soft {number} {message}",
        message_id=message or f"mail {number}",
        configuration_set=configuration_set,
        action=action,
        status="4.2.2",
        counts_as=counts_as,
    )


def delivery(number: float, address: str = JANE, configuration_set: str = "") -> DeliveryEvent:
    """A delivery at an hour, of a message of its own."""
    return DeliveryEvent(
        DeliveryEventKind.DELIVERY, f"delivered {number}", address, hour(number), configuration_set
    )


def send(number: float, address: str = JANE, configuration_set: str = "") -> DeliveryEvent:
    """A send at an hour, of a message of its own."""
    return DeliveryEvent(
        DeliveryEventKind.SEND, f"sent {number}", address, hour(number), configuration_set
    )


def record(
    store: Store, *items: Feedback | DeliveryEvent, by: FeedbackWriter | None = None
) -> None:
    """Record items in one transaction."""
    feedback = [item for item in items if isinstance(item, Feedback)]
    delivery_events = [item for item in items if isinstance(item, DeliveryEvent)]
    (by or FeedbackWriter()).write(store, feedback, delivery_events)


def active_entries(store: Store, address: str = JANE) -> list[Suppression]:
    """The active entries for soft bounces."""
    known = store.address(address).suppressions
    return [e for e in known if e.reason is Reason.SOFT_BOUNCE and e.is_active(NOW)]


@contextlib.contextmanager
def opened_store(url: str) -> Iterator[Store]:
    """Migrate and open a database whose clock always shows NOW."""
    with contextlib.closing(Store.open(url, migrate_first=True)) as store:
        yield Store(store.engine, now=lambda: NOW)
