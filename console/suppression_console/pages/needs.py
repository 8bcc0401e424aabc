"""What needs a person today."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from suppression_console.charts import percent
from suppression_console.rendering import ago
from suppression_console.service import statistics

#: SES's lines in percent: from 5 it may review the account, from 10 it may pause it. From 2 on,
#: it asks senders to act. Source: SES's developer guide, "Reputation metrics".
BOUNCE_LIMITS: Final = {2.0: "warn", 5.0: "bad", 10.0: "bad"}
COMPLAINT_LIMITS: Final = {0.1: "bad", 0.5: "bad"}
_BOUNCE_TEXTS: Final = {
    2.0: "more than SES advises",
    5.0: "SES may review the account",
    10.0: "SES may pause the account",
}
_COMPLAINT_TEXTS: Final = {
    0.1: "SES may review the account",
    0.5: "SES may pause the account",
}
#: Seconds.
_OLD_LIST: Final = 60
_SILENCE: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs a person.

    Attributes:
        kind: ``bad`` or ``warn``.
        title: what is wrong.
        text: what it means, or what to do.
        target: the path of a page that shows more; empty without one.
    """

    kind: str
    title: str
    text: str
    target: str = ""


def needs(
    status: Any,
    bounce: float | None,
    complaint: float | None,
    replies: Iterable[Any],
    now: dt.datetime | None = None,
) -> list[Need]:
    """Return what needs a person, the worst first.

    Args:
        status: the ``GetStatusResponse`` of the service.
        bounce: the rate of hard bounces of the last days, in percent.
        complaint: the rate of complaints, in percent.
        replies: rows of statistics by category of replies, of the last days.
        now: the time.
    """
    found = [
        *_of_system(status, now or dt.datetime.now(dt.UTC)),
        *_of_rate("Bounce rate", bounce, BOUNCE_LIMITS, _BOUNCE_TEXTS),
        *_of_rate("Complaint rate", complaint, COMPLAINT_LIMITS, _COMPLAINT_TEXTS),
        *_of_replies(replies),
    ]
    return sorted(found, key=lambda need: need.kind != "bad")


def _of_system(status: Any, now: dt.datetime) -> Iterable[Need]:
    if not status.database_available:
        text = "Checks go on from memory. Nothing can be added or removed."
        yield Need("bad", "The database does not answer", text)
    as_of = _time(status, "as_of_time")
    if as_of and (now - as_of).total_seconds() > _OLD_LIST:
        yield Need("bad", f"The list is from {ago(as_of, now)}", "Newer entries are not applied.")
    if status.dead_letters:
        text = "Read them with: suppression-ingest dead-letters list"
        yield Need("bad", f"{status.dead_letters:,} messages in the dead-letter queue", text)
    newest = _time(status, "last_feedback_time")
    if status.database_available and (newest is None or (now - newest).total_seconds() > _SILENCE):
        title = f"No feedback since {ago(newest, now)}" if newest else "No feedback yet"
        text = "If mail was sent, check the way from SES: suppression-ingest doctor"
        yield Need("warn", title, text)


def _of_rate(
    name: str, value: float | None, limits: Mapping[float, str], texts: Mapping[float, str]
) -> Iterable[Need]:
    crossed = [limit for limit in limits if value is not None and value >= limit]
    if crossed:
        limit = max(crossed)
        title = f"{name} of {percent(value)}, above {limit:g} %"
        text = f"Over the last 7 days: {texts[limit]}."
        yield Need(limits[limit], title, text, "/reasons?days=7")


def _of_replies(rows: Iterable[Any]) -> Iterable[Need]:
    blocked = sum(
        row.hard_bounces + row.soft_bounces
        for row in rows
        if row.category == statistics.REPLY_CATEGORY_REPUTATION
    )
    if blocked:
        text = "Receivers block the sender, its domain or its IP address."
        target = "/reasons?days=7&category=reputation"
        yield Need("warn", f"{blocked:,} mails blocked by reputation", text, target)


def _time(status: Any, field: str) -> dt.datetime | None:
    if not status.HasField(field):
        return None
    time: dt.datetime = getattr(status, field).ToDatetime(dt.UTC)
    return time
