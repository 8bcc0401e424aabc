"""Feedback, sends and deliveries for tests of what is counted, at hours of one week."""

import contextlib
import datetime as dt
from collections.abc import Iterator

from sqlalchemy import text

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
#: When all of it comes to be known.
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
    """A soft bounce at an hour; of a message of its own, unless another is named."""
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


def take_in(
    store: Store, *items: Feedback | DeliveryEvent, by: FeedbackWriter | None = None
) -> None:
    """Record items in one transaction."""
    feedback = [item for item in items if isinstance(item, Feedback)]
    delivery_events = [item for item in items if isinstance(item, DeliveryEvent)]
    (by or FeedbackWriter()).write(store, feedback, delivery_events)


def standing(store: Store, address: str = JANE) -> list[Suppression]:
    """The entries for soft bounces that stand."""
    known = store.address(address).suppressions
    return [e for e in known if e.reason is Reason.SOFT_BOUNCE and e.is_active(NOW)]


@contextlib.contextmanager
def opened(url: str) -> Iterator[Store]:
    """Migrate and open a database, at one moment for ever."""
    with contextlib.closing(Store.open(url, migrate_first=True)) as store:
        yield Store(store.engine, now=lambda: NOW)


def empty(store: Store) -> None:
    """Forget everything, for tests that need many databases."""
    tables = (
        "event",
        "suppression",
        "delivery_event",
        "daily_count",
        "soft_bounce_history",
        "retry",
    )
    with store.engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"DELETE FROM {table}"))
