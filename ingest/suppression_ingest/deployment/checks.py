"""The deployment checklist, one function a line, in the order to mend things in."""

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from suppression_ingest.deployment import policies, reading
from suppression_ingest.deployment import requirements as wanted
from suppression_ingest.deployment.alarms import alarms_of
from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.findings import Finding, cannot_tell, failed, passed
from suppression_ingest.deployment.names import name_in
from suppression_ingest.deployment.policies import Allowed, Request
from suppression_ingest.errors import NotSignedIn
from suppression_service.config import SettingsError
from suppression_service.store import StoreError

if TYPE_CHECKING:
    from mypy_boto3_sesv2.literals import SuppressionListReasonType

_PROVISION: Final = "run suppression-ingest provision"
_DAY: Final = dt.timedelta(days=1)


class Check(NamedTuple):
    """A line of the checklist: a name that stays, and what looks."""

    name: str
    look: Callable[[Deployment], Finding]


def credentials(deployment: Deployment) -> Finding:
    """Whether AWS knows us, in the region of the queue."""
    try:
        aws = deployment.aws
    except (NotSignedIn, SettingsError) as error:
        return failed(str(error), "set AWS_REGION, and AWS_PROFILE or the keys of a role")
    region = deployment.queue_region
    if region and region != aws.region:
        return failed(
            f"the region is {aws.region}, the queue's is {region}", f"export AWS_REGION={region}"
        )
    return passed(f"account {aws.account}, {aws.region}")


def sending(deployment: Deployment) -> Finding:
    """Whether SES sends for this account, and to anybody."""
    account = deployment.account
    enforcement = account.get("EnforcementStatus", "HEALTHY")
    if not account.get("SendingEnabled"):
        return failed(
            f"SES has paused sending ({enforcement})",
            "see the reputation page of SES's console, mend the cause, then write to AWS",
        )
    if not account.get("ProductionAccessEnabled"):
        return failed(
            "the account is in the sandbox: it can send to verified addresses only",
            "request production access in SES's console",
        )
    note = "" if enforcement == "HEALTHY" else f"AWS reviews the account ({enforcement})"
    return passed("enabled, with production access", note)


def account_suppression(deployment: Deployment) -> Finding:
    """Whether SES itself holds back mail to addresses that bounced or complained."""
    present = deployment.account.get("SuppressionAttributes", {}).get("SuppressedReasons", [])
    return _suppression("SES's own list takes in", present, f"{_PROVISION} to switch it on")


def configuration_set(deployment: Deployment) -> Finding:
    """Whether the configuration set is there, sends, and does not undo account suppression."""
    if not deployment.settings.configuration_set:
        names = ", ".join(reading.configuration_set_names(deployment.aws)) or "none"
        return failed(
            f"SUPPRESSION_CONFIGURATION_SET is not set (there are: {names})",
            "export SUPPRESSION_CONFIGURATION_SET=NAME, the one that mail is sent through",
        )
    found = deployment.configuration_set
    if found is None:
        return failed(f"{deployment.set_name} is not there", _PROVISION)
    if not found.get("SendingOptions", {}).get("SendingEnabled", True):
        return failed(
            f"sending through {deployment.set_name} is switched off",
            "aws sesv2 put-configuration-set-sending-options --sending-enabled "
            f"--configuration-set-name {deployment.set_name}",
        )
    own = found.get("SuppressionOptions", {})
    if "SuppressedReasons" in own:
        said = f"{deployment.set_name} overrides the account, and suppresses"
        return _suppression(said, own["SuppressedReasons"], _PROVISION)
    return passed(deployment.set_name)


def _suppression(said: str, present: "list[SuppressionListReasonType]", fix: str) -> Finding:
    if missing := [reason for reason in wanted.SUPPRESSED if reason not in present]:
        return failed(f"{said} no {' and no '.join(missing)}", fix)
    return passed(f"{said} {' and '.join(wanted.SUPPRESSED)}")


def event_destination(deployment: Deployment) -> Finding:
    """Whether the configuration set tells the topic what happens."""
    if deployment.configuration_set is None:
        cannot_tell("the configuration set is not there")
    found, topic = deployment.destinations, deployment.topic_arn
    leading = wanted.to_topic(found, topic)
    if not leading:
        return failed(f"no destination of {deployment.set_name} leads to {topic}", _PROVISION)
    name = leading[0]["Name"]
    if not any(one.get("Enabled") for one in leading):
        return failed(
            f"{name} is disabled; SES does that when it cannot publish to the topic",
            f"mend the topic's policy if it fails below, then {_PROVISION}",
        )
    if missing := wanted.missing_events(found, topic, wanted.NEEDED_EVENTS):
        return failed(f"{name} does not publish {', '.join(missing)}", _PROVISION)
    return passed(f"{name} publishes to {name_in(topic)}")


def topic(deployment: Deployment) -> Finding:
    """Whether the topic is there, and lets SES publish and no stranger."""
    arn = deployment.topic_arn
    found = reading.topic_attributes(deployment.aws, arn)
    if found is None:
        return failed(f"{arn} is not there", _PROVISION)
    if wanted.locked_by_key(found):
        return failed(
            "the topic is encrypted with the key alias/aws/sns, which SES cannot use",
            "encrypt it with a key of your own that ses.amazonaws.com may use, or not at all",
        )
    note = "" if found.get("SignatureVersion") == wanted.SIGNATURE_VERSION else _OLD_SIGNATURE
    request = policies.publication(arn, deployment.set_arn)
    return _policy("SES may publish", found.get("Policy", ""), request, note)


_OLD_SIGNATURE: Final = f"it signs with version 1 (SHA-1); {_PROVISION} for version 2"


def subscription(deployment: Deployment) -> Finding:
    """Whether what is published to the topic goes on to the queue, all of it."""
    found = deployment.subscription
    topic_name, queue_name = name_in(deployment.topic_arn), name_in(deployment.queue.arn)
    if found is None:
        return failed(f"{queue_name} is not subscribed to {topic_name}", _PROVISION)
    if found.get("PendingConfirmation") == "true":
        return failed("the subscription is not confirmed", f"delete it, then {_PROVISION}")
    if found.get("FilterPolicy"):
        return failed(
            "the subscription has a filter policy, which holds feedback back",
            "aws sns set-subscription-attributes --attribute-name FilterPolicy "
            f"--attribute-value '{{}}' --subscription-arn {found['SubscriptionArn']}",
        )
    return passed(f"{topic_name} to {queue_name}")


def raw_delivery(deployment: Deployment) -> Finding:
    """Whether messages come with the signature that the worker is to verify."""
    found = deployment.subscription or cannot_tell("there is no subscription")
    raw = found.get("RawMessageDelivery", "").lower() == "true"
    verifying = deployment.settings.verify_signatures
    if raw and verifying:
        return failed(
            "raw delivery is on: no message has a signature, though they are to be verified",
            "aws sns set-subscription-attributes --attribute-name RawMessageDelivery "
            f"--attribute-value false --subscription-arn {found['SubscriptionArn']}, or export "
            "SUPPRESSION_VERIFY_SIGNATURES=false to trust the queue's policy alone",
        )
    if raw:
        return passed("on, and signatures are not asked for: the queue's policy is trusted")
    note = "" if verifying else "signatures come and are not verified"
    return passed("off: messages come signed", note)


def queue(deployment: Deployment) -> Finding:
    """Whether the queue is there, and keeps and hands out messages as the worker needs it."""
    url = deployment.settings.queue_url
    if not url:
        return failed("SUPPRESSION_QUEUE_URL is not set", f"{_PROVISION}: it prints the settings")
    found = reading.queue_at(deployment.aws, url)
    if found is None:
        return failed(f"{url} is not there", f"{_PROVISION}, or mend SUPPRESSION_QUEUE_URL")
    visibility = found.number("VisibilityTimeout")
    if not wanted.LEAST_VISIBILITY <= visibility <= wanted.MOST_VISIBILITY:
        return failed(
            f"a message that was not finished comes again after {visibility} s; "
            f"{wanted.LEAST_VISIBILITY} to {wanted.MOST_VISIBILITY} are sane",
            f"{_PROVISION}: it sets {wanted.VISIBILITY}",
        )
    retention = found.number("MessageRetentionPeriod")
    if retention < wanted.LEAST_RETENTION:
        return failed(f"it keeps messages for {_days(retention)}", f"{_PROVISION}: it sets 7 days")
    if not deployment.settings.wait_seconds:
        return failed(
            "the worker polls short: it asks, and pays, many times a second",
            f"unset SUPPRESSION_WAIT_SECONDS (then {wanted.LONG_POLL})",
        )
    return passed(f"{name_in(found.arn)}, keeps for {_days(retention)}, {visibility} s to finish")


def queue_policy(deployment: Deployment) -> Finding:
    """Whether the topic may fill the queue, and nobody else's."""
    found = deployment.queue
    if wanted.locked_by_key(found.attributes):
        return failed(
            "the queue is encrypted with the key alias/aws/sqs, which SNS cannot use",
            "switch to encryption with keys of SQS (SSE-SQS), or to a key that SNS may use",
        )
    said, policy = "the topic alone may fill it", found.attributes.get("Policy", "")
    request = policies.delivery(found.arn, deployment.topic_arn)
    told = policies.with_account(request)
    decisions = policies.decide(policy, request), policies.decide(policy, told)
    if decisions == (Allowed.NO, Allowed.YES):
        return _policy(said, policy, told, _ACCOUNT_ASKED)
    return _policy(said, policy, request)


_ACCOUNT_ASKED: Final = (
    "it asks for aws:SourceAccount, which SNS is not known to tell; if no feedback arrives "
    f"that may be why: {_PROVISION} to ask for the topic alone"
)


def _policy(said: str, policy: str, request: Request, note: str = "") -> Finding:
    what = f"{request.service} {request.action}"
    allowed = policies.decide(policy, request)
    if allowed is Allowed.NO:
        return failed(f"the policy does not let {what}", _PROVISION)
    by_strangers = policies.decide(policy, policies.by_a_stranger(request))
    if by_strangers is Allowed.YES:
        return failed(
            f"the policy lets {what} for strangers too",
            "take out the statement that has no condition on aws:SourceArn",
        )
    if Allowed.UNKNOWN in (allowed, by_strangers):
        cannot_tell("the policy has conditions that this program does not read")
    return passed(said, note)


def dead_letter_queue(deployment: Deployment) -> Finding:
    """Whether what cannot be taken in is put aside, and kept long enough to be looked at."""
    receives = int(deployment.redrive.get("maxReceiveCount", 0))
    if not receives:
        return failed("the queue has no redrive policy: broken messages come for ever", _PROVISION)
    if not wanted.LEAST_RECEIVES <= receives <= wanted.MOST_RECEIVES:
        return failed(
            f"a message is given up after {receives} receives; "
            f"{wanted.LEAST_RECEIVES} to {wanted.MOST_RECEIVES} are sane",
            f"set maxReceiveCount to {wanted.RECEIVES} in the queue's redrive policy",
        )
    name = name_in(str(deployment.redrive["deadLetterTargetArn"]))
    found = reading.queue_named(deployment.aws, name)
    if found is None:
        return failed(f"{name} is not there", _PROVISION)
    retention = found.number("MessageRetentionPeriod")
    if retention < wanted.DEAD_LETTER_RETENTION:
        return failed(f"{name} keeps messages for {_days(retention)}, not 14", _PROVISION)
    if not policies.takes_from(
        found.attributes.get("RedriveAllowPolicy", ""), deployment.queue.arn
    ):
        return failed(f"{name} does not take messages of the queue", _PROVISION)
    return passed(f"{name}, after {receives} receives, keeps for {_days(retention)}")


def alarms(deployment: Deployment) -> Finding:
    """Whether somebody is told before SES acts, and when nothing is heard."""
    faults: list[str] = []
    untold = 0
    queue_arn, dead_letter_arn = deployment.queue.arn, deployment.dead_letters.arn
    watched = alarms_of("", queue_arn, dead_letter_arn, deployment.set_name)
    for alarm in watched:
        found = reading.alarms_on(deployment.aws, alarm.namespace, alarm.metric, alarm.dimensions)
        sane = [one for one in found if not alarm.faults(one)]
        if not found:
            faults.append(f"nothing watches {alarm.namespace} {alarm.metric}")
        elif not sane:
            faults.append(f"{found[0]['AlarmName']}: {', '.join(alarm.faults(found[0]))}")
        untold += not any(one.get("AlarmActions") for one in sane)
    if faults:
        return failed("; ".join(faults), f"{_PROVISION} (--reset-alarms for those tuned by hand)")
    # A rule of EventBridge may tell somebody, and cannot be seen from here.
    notes = [f"{untold} tell nobody: {_PROVISION} --alarm-topic-arn ARN"] if untold else []
    if not deployment.settings.publish_rates:
        notes.append("those on our own rates see nothing without SUPPRESSION_PUBLISH_RATES=true")
    return passed(f"{len(watched)} watch", "; ".join(notes))


def allowlist(deployment: Deployment) -> Finding:
    """Whether the worker takes messages of the topic, and of that one alone."""
    arn, allowed = deployment.topic_arn, deployment.settings.topic_arns
    fix = f"export SUPPRESSION_TOPIC_ARNS={arn}"
    if not allowed:
        return failed("SUPPRESSION_TOPIC_ARNS is not set: messages of any topic are taken", fix)
    if arn not in allowed:
        return failed("SUPPRESSION_TOPIC_ARNS does not name the topic: all is refused", fix)
    return passed(f"names {name_in(arn)}")


def database(deployment: Deployment) -> Finding:
    """Whether the list can be written, and has a schema that this program can work with."""
    try:
        revision = deployment.store.revision()
    except StoreError as error:
        return failed(str(error), "suppression-service migrate, or mend SUPPRESSION_DATABASE_URL")
    return passed(f"reachable, schema fits, revision {revision}")


def dead_letters(deployment: Deployment) -> Finding:
    """Whether all messages were taken in."""
    waiting = deployment.dead_letters.waiting
    if waiting:
        return failed(
            f"{waiting} message{'s' * (waiting > 1)} in {name_in(deployment.dead_letters.arn)}",
            "suppression-ingest dead-letters tells why, and takes them back",
        )
    return passed("none")


def backlog(deployment: Deployment) -> Finding:
    """Whether the worker keeps up."""
    waiting = deployment.queue.waiting
    age = deployment.queue_metric(
        "ApproximateAgeOfOldestMessage", "Maximum", dt.timedelta(minutes=15)
    )
    if not waiting:
        return passed("nothing waits")
    if age is None:
        cannot_tell(f"{waiting} wait; CloudWatch does not tell since when")
    if age > wanted.LONGEST_WAIT:
        return failed(
            f"{waiting} wait, the oldest for {_age(dt.timedelta(seconds=age))}",
            "start suppression-ingest worker, or more of them; its log says what holds it up",
        )
    return passed(f"{waiting} wait, the oldest for {_age(dt.timedelta(seconds=age))}")


def feedback(deployment: Deployment) -> Finding:
    """Whether anything is heard of the mail that is sent."""
    last = deployment.usable_store.last_received()
    since = deployment.now() - last if last else None
    seen = f"last event {_age(since)} ago" if since is not None else "no event yet"
    if since is not None and since < _DAY:
        return passed(seen)
    sent = deployment.account.get("SendQuota", {}).get("SentLast24Hours", 0.0)
    if not sent:
        return passed(f"{seen}; SES sent nothing in a day")
    # Sends and deliveries come too, and are no events of the list.
    if deployment.queue_metric("NumberOfMessagesSent", "Sum", _DAY):
        return passed(f"{seen}; the queue was filled within a day")
    return failed(
        f"{seen}, though SES sent {sent:.0f} messages in a day",
        f"send with the configuration set (ConfigurationSetName={deployment.set_name}): mail "
        "without one publishes nothing; doctor --probe shows whether the rest works",
    )


def identities(deployment: Deployment) -> Finding:
    """Whether some feedback comes twice. Harmless: it counts once."""
    topics = reading.identity_topics(deployment.aws)
    twice = [name for name, arns in topics.items() if deployment.topic_arn in arns]
    if twice:
        note = f"{len(twice)} publish bounces themselves too: they come twice and count once"
        return passed("harmless", note)
    return passed("none publishes by itself")


#: The checklist, in the order to mend things in.
CHECKS: Final = (
    Check("credentials", credentials),
    Check("sending", sending),
    Check("account suppression", account_suppression),
    Check("configuration set", configuration_set),
    Check("event destination", event_destination),
    Check("topic", topic),
    Check("subscription", subscription),
    Check("raw delivery", raw_delivery),
    Check("queue", queue),
    Check("queue policy", queue_policy),
    Check("dead-letter queue", dead_letter_queue),
    Check("alarms", alarms),
    Check("topic allowlist", allowlist),
    Check("database", database),
    Check("dead letters", dead_letters),
    Check("backlog", backlog),
    Check("feedback", feedback),
    Check("identities", identities),
)


def _days(seconds: int) -> str:
    return f"{seconds / 86_400:.3g} days"


def _age(span: dt.timedelta) -> str:
    """Return a span in its largest unit."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
