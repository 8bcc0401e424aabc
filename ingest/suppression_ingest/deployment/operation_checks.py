"""The checks of the running system: alarms, settings, database and the flow of feedback."""

import datetime as dt
from typing import Final

from suppression_ingest.deployment import requirements, state
from suppression_ingest.deployment.alarms import alarms_of
from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.names import name_in
from suppression_ingest.deployment.results import (
    PROVISION,
    CheckResult,
    cannot_check,
    failed,
    passed,
)
from suppression_ingest.streams import Streams
from suppression_service.store import StoreError

_DAY: Final = dt.timedelta(days=1)


def alarms(deployment: Deployment) -> CheckResult:
    """Whether alarms ring before SES acts, and when no feedback arrives."""
    faults: list[str] = []
    silent = 0
    queue_arn, dead_letter_arn = deployment.queue.arn, deployment.dead_letters.arn
    rule = deployment.rule.name if deployment.by_rule else ""
    watched = alarms_of("", queue_arn, dead_letter_arn, deployment.set_name, rule)
    for alarm in watched:
        found = state.alarms_on(deployment.aws, alarm.namespace, alarm.metric, alarm.dimensions)
        sane = [one for one in found if not alarm.faults(one)]
        if not found:
            faults.append(f"no alarm watches {alarm.namespace} {alarm.metric}")
        elif not sane:
            faults.append(f"{found[0]['AlarmName']}: {', '.join(alarm.faults(found[0]))}")
        silent += not any(one.get("AlarmActions") for one in sane)
    if faults:
        return failed("; ".join(faults), f"{PROVISION} (--reset-alarms for those tuned by hand)")
    # A rule of EventBridge may notify somebody, but this check cannot see it.
    notes = [f"{silent} notify nobody: {PROVISION} --alarm-topic-arn ARN"] if silent else []
    if not deployment.settings.publish_rates:
        notes.append("those on our own rates have no data without SUPPRESSION_PUBLISH_RATES=true")
    return passed(f"{len(watched)} watch", "; ".join(notes))


def allowlist(deployment: Deployment) -> CheckResult:
    """Whether the worker accepts messages of the topic, and of no other."""
    arn, allowed = deployment.topic_arn, deployment.settings.topic_arns
    fix = f"export SUPPRESSION_TOPIC_ARNS={arn}"
    if not allowed:
        return failed("SUPPRESSION_TOPIC_ARNS is not set: messages of any topic are accepted", fix)
    if arn not in allowed:
        return failed(
            "SUPPRESSION_TOPIC_ARNS does not name the topic: all messages are refused", fix
        )
    return passed(f"names {name_in(arn)}")


def database(deployment: Deployment) -> CheckResult:
    """Whether the database can be reached, and has the schema of this program."""
    try:
        revision = deployment.store.revision()
    except StoreError as error:
        return failed(
            str(error), "suppression-service migrate, or correct SUPPRESSION_DATABASE_URL"
        )
    return passed(f"reachable, schema fits, revision {revision}")


def dead_letters(deployment: Deployment) -> CheckResult:
    """Whether there are dead letters."""
    waiting = deployment.dead_letters.waiting
    if waiting:
        return failed(
            f"{waiting} message{'s' * (waiting > 1)} in {name_in(deployment.dead_letters.arn)}",
            "suppression-ingest dead-letters list says why; dead-letters redrive sends them back",
        )
    return passed("none")


def backlog(deployment: Deployment) -> CheckResult:
    """Whether the worker keeps up."""
    waiting = deployment.queue.waiting
    age = deployment.queue_metric(
        "ApproximateAgeOfOldestMessage", "Maximum", dt.timedelta(minutes=15)
    )
    if not waiting:
        return passed("nothing waits")
    if age is None:
        cannot_check(f"{waiting} wait; CloudWatch does not say since when")
    if age > requirements.LONGEST_WAIT:
        return failed(
            f"{waiting} wait, the oldest for {_age(dt.timedelta(seconds=age))}",
            "start suppression-ingest worker, or more of them; its log says what delays it",
        )
    return passed(f"{waiting} wait, the oldest for {_age(dt.timedelta(seconds=age))}")


def feedback(deployment: Deployment) -> CheckResult:
    """Whether feedback arrives about the mail that is sent."""
    last = deployment.usable_store.last_received()
    since = deployment.now() - last if last else None
    seen = f"last event {_age(since)} ago" if since is not None else "no event yet"
    if since is not None and since < _DAY:
        return passed(seen)
    sent = deployment.account.get("SendQuota", {}).get("SentLast24Hours", 0.0)
    if not sent:
        return passed(f"{seen}; SES sent nothing in a day")
    # These messages can be sends and deliveries, which are not stored as events.
    if deployment.queue_metric("NumberOfMessagesSent", "Sum", _DAY):
        return passed(f"{seen}; the queue received messages within a day")
    return failed(
        f"{seen}, though SES sent {sent:.0f} messages in a day",
        f"send with the configuration set (ConfigurationSetName={deployment.set_name}): mail "
        "without one publishes nothing; doctor --probe shows whether the rest works",
    )


def identities(deployment: Deployment) -> CheckResult:
    """Whether some feedback arrives twice. That is harmless: it counts once."""
    topics = state.identity_topics(deployment.aws)
    twice = [name for name, arns in topics.items() if deployment.topic_arn in arns]
    if twice:
        note = f"{len(twice)} publish bounces themselves too: these arrive twice and count once"
        return passed("harmless", note)
    return passed("none publishes by itself")


def unsubscribes(deployment: Deployment) -> CheckResult:
    """Whether unsubscribes by SES's subscription management reach the list."""
    topics = state.subscription_topics(deployment.aws)
    if not topics:
        return passed("SES manages no contact list")
    settings = deployment.settings
    streams = Streams(settings.streams, topics=settings.topic_streams)
    missing = [topic for topic in topics if not _is_mapped(streams, topic, deployment)]
    if missing:
        return failed(
            f"no stream for {', '.join(missing)}: unsubscribes are recorded and change nothing",
            f"export SUPPRESSION_TOPIC_STREAMS={','.join(f'{topic}=STREAM' for topic in missing)}",
        )
    if requirements.missing_events(deployment.destinations, deployment.target, ["SUBSCRIPTION"]):
        return failed("SES does not publish SUBSCRIPTION", PROVISION)
    return passed(f"a stream for {', '.join(topics)}")


def _is_mapped(streams: Streams, name: str, deployment: Deployment) -> bool:
    contact_list, _, topic = name.partition("/")
    return bool(streams.of_topic(contact_list, topic, deployment.settings.configuration_set))


def _age(span: dt.timedelta) -> str:
    """Return a span in its largest unit."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
