"""The checks of the wiring in AWS: account, SES, topic, subscription and queues."""

from typing import TYPE_CHECKING, Final

from suppression_ingest.deployment import policies, requirements, state
from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.names import name_in
from suppression_ingest.deployment.policies import Allowed, Request
from suppression_ingest.deployment.results import (
    PROVISION,
    CheckResult,
    cannot_check,
    failed,
    passed,
)
from suppression_ingest.errors import NotSignedIn
from suppression_service.config import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_sesv2.literals import SuppressionListReasonType


def credentials(deployment: Deployment) -> CheckResult:
    """Whether AWS accepts the credentials, in the region of the queue."""
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


def sending(deployment: Deployment) -> CheckResult:
    """Whether SES sends for this account, and to any address."""
    account = deployment.account
    enforcement = account.get("EnforcementStatus", "HEALTHY")
    if not account.get("SendingEnabled"):
        return failed(
            f"SES has paused sending ({enforcement})",
            "see the reputation page of SES's console, fix the cause, then write to AWS",
        )
    if not account.get("ProductionAccessEnabled"):
        return failed(
            "the account is in the sandbox: it can send to verified addresses only",
            "request production access in SES's console",
        )
    note = "" if enforcement == "HEALTHY" else f"AWS reviews the account ({enforcement})"
    return passed("enabled, with production access", note)


def account_suppression(deployment: Deployment) -> CheckResult:
    """Whether SES itself suppresses addresses that bounced or complained."""
    present = deployment.account.get("SuppressionAttributes", {}).get("SuppressedReasons", [])
    return _suppression("SES's own list takes in", present, f"{PROVISION} to switch it on")


def configuration_set(deployment: Deployment) -> CheckResult:
    """Whether the configuration set exists, sends, and does not override account suppression."""
    if not deployment.settings.configuration_set:
        names = ", ".join(state.configuration_set_names(deployment.aws)) or "none"
        return failed(
            f"SUPPRESSION_CONFIGURATION_SET is not set (there are: {names})",
            "export SUPPRESSION_CONFIGURATION_SET=NAME, the one that mail is sent through",
        )
    found = deployment.configuration_set
    if found is None:
        return failed(f"{deployment.set_name} is not there", PROVISION)
    if not found.get("SendingOptions", {}).get("SendingEnabled", True):
        return failed(
            f"sending through {deployment.set_name} is switched off",
            "aws sesv2 put-configuration-set-sending-options --sending-enabled "
            f"--configuration-set-name {deployment.set_name}",
        )
    own = found.get("SuppressionOptions", {})
    if "SuppressedReasons" in own:
        said = f"{deployment.set_name} overrides the account, and suppresses"
        return _suppression(said, own["SuppressedReasons"], PROVISION)
    return passed(deployment.set_name)


def _suppression(said: str, present: "list[SuppressionListReasonType]", fix: str) -> CheckResult:
    if missing := [reason for reason in requirements.SUPPRESSED if reason not in present]:
        return failed(f"{said} no {' and no '.join(missing)}", fix)
    return passed(f"{said} {' and '.join(requirements.SUPPRESSED)}")


def event_destination(deployment: Deployment) -> CheckResult:
    """Whether the configuration set publishes its events to the topic, or to EventBridge."""
    if deployment.configuration_set is None:
        cannot_check("the configuration set is not there")
    found, target = deployment.destinations, deployment.target
    to = "EventBridge" if deployment.by_rule else name_in(deployment.topic_arn)
    leading = requirements.leading_to(found, target)
    if not leading:
        return failed(f"no destination of {deployment.set_name} leads to {to}", PROVISION)
    name = leading[0]["Name"]
    if not any(one.get("Enabled") for one in leading):
        return failed(
            f"{name} is disabled; SES does that when it cannot publish to the topic",
            f"fix the topic's policy if it fails below, then {PROVISION}",
        )
    if missing := requirements.missing_events(found, target, requirements.NEEDED_EVENTS):
        return failed(f"{name} does not publish {', '.join(missing)}", PROVISION)
    return passed(f"{name} publishes to {to}")


def rule(deployment: Deployment) -> CheckResult:
    """Whether a rule of EventBridge sends all events to the queue, as they are."""
    name = name_in(deployment.queue.arn)
    if not deployment.rules:
        return failed(f"no rule of EventBridge sends to {name}", PROVISION)
    found = deployment.rule
    if not found.enabled:
        return failed(f"the rule {found.name} is disabled", PROVISION)
    if missing := deployment.held_back(found):
        return failed(f"the rule {found.name} holds back {', '.join(missing)}", PROVISION)
    target = found.target(deployment.queue.arn)
    if target and state.rewrites(target):
        return failed(
            f"the rule {found.name} rewrites the events",
            "take the input transformer off its target",
        )
    return passed(f"{found.name} sends to {name}")


def topic(deployment: Deployment) -> CheckResult:
    """Whether the topic exists and allows SES to publish, but no stranger."""
    arn = deployment.topic_arn
    found = state.topic_attributes(deployment.aws, arn)
    if found is None:
        return failed(f"{arn} is not there", PROVISION)
    if requirements.locked_by_key(found):
        return failed(
            "the topic is encrypted with the key alias/aws/sns, which SES cannot use",
            "encrypt it with a key of your own that ses.amazonaws.com may use, or not at all",
        )
    note = "" if found.get("SignatureVersion") == requirements.SIGNATURE_VERSION else _OLD_SIGNATURE
    request = policies.publication(arn, deployment.set_arn)
    return _policy("SES may publish", found.get("Policy", ""), request, note)


_OLD_SIGNATURE: Final = f"it signs with version 1 (SHA-1); {PROVISION} for version 2"


def subscription(deployment: Deployment) -> CheckResult:
    """Whether the topic delivers to the queue, without a filter."""
    found = deployment.subscription
    topic_name, queue_name = name_in(deployment.topic_arn), name_in(deployment.queue.arn)
    if found is None:
        return failed(f"{queue_name} is not subscribed to {topic_name}", PROVISION)
    if found.get("PendingConfirmation") == "true":
        return failed("the subscription is not confirmed", f"delete it, then {PROVISION}")
    if found.get("FilterPolicy"):
        return failed(
            "the subscription has a filter policy, which drops feedback",
            "aws sns set-subscription-attributes --attribute-name FilterPolicy "
            f"--attribute-value '{{}}' --subscription-arn {found['SubscriptionArn']}",
        )
    return passed(f"{topic_name} to {queue_name}")


def raw_delivery(deployment: Deployment) -> CheckResult:
    """Whether messages have a signature if the worker verifies signatures."""
    found = deployment.subscription or cannot_check("there is no subscription")
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


def queue(deployment: Deployment) -> CheckResult:
    """Whether the queue exists, with timeouts and retention that the worker can use."""
    url = deployment.settings.queue_url
    if not url:
        return failed("SUPPRESSION_QUEUE_URL is not set", f"{PROVISION}: it prints the settings")
    found = state.queue_at(deployment.aws, url)
    if found is None:
        return failed(f"{url} is not there", f"{PROVISION}, or correct SUPPRESSION_QUEUE_URL")
    visibility = found.number("VisibilityTimeout")
    if not requirements.LEAST_VISIBILITY <= visibility <= requirements.MOST_VISIBILITY:
        return failed(
            f"a message that was not finished comes again after {visibility} s; "
            f"{requirements.LEAST_VISIBILITY} to {requirements.MOST_VISIBILITY} are sane",
            f"{PROVISION}: it sets {requirements.VISIBILITY}",
        )
    retention = found.number("MessageRetentionPeriod")
    if retention < requirements.LEAST_RETENTION:
        return failed(f"it keeps messages for {_days(retention)}", f"{PROVISION}: it sets 7 days")
    if not deployment.settings.wait_seconds:
        return failed(
            "the worker uses short polling: many paid requests a second",
            f"unset SUPPRESSION_WAIT_SECONDS (then {requirements.LONG_POLL})",
        )
    return passed(f"{name_in(found.arn)}, keeps for {_days(retention)}, {visibility} s to finish")


def queue_policy(deployment: Deployment) -> CheckResult:
    """Whether the topic, or the rule, may send to the queue, and no other."""
    found = deployment.queue
    if requirements.locked_by_key(found.attributes):
        return failed(
            "the queue is encrypted with the key alias/aws/sqs, which no other service can use",
            "switch to encryption with keys of SQS (SSE-SQS), or to a key that the sender may use",
        )
    policy = found.attributes.get("Policy", "")
    if deployment.by_rule:
        request = policies.rule_delivery(found.arn, deployment.rule.arn)
        return _policy("only the rule may send to it", policy, request)
    said = "only the topic may send to it"
    request = policies.delivery(found.arn, deployment.topic_arn)
    told = policies.with_account(request)
    decisions = policies.decide(policy, request), policies.decide(policy, told)
    if decisions == (Allowed.NO, Allowed.YES):
        return _policy(said, policy, told, _ACCOUNT_REQUIRED)
    return _policy(said, policy, request)


_ACCOUNT_REQUIRED: Final = (
    "it requires aws:SourceAccount, which SNS is not known to send; if no feedback arrives "
    f"that may be why: {PROVISION} to require the topic alone"
)


def _policy(said: str, policy: str, request: Request, note: str = "") -> CheckResult:
    what = f"{request.service} {request.action}"
    allowed = policies.decide(policy, request)
    if allowed is Allowed.NO:
        return failed(f"the policy does not let {what}", PROVISION)
    by_strangers = policies.decide(policy, policies.by_a_stranger(request))
    if by_strangers is Allowed.YES:
        return failed(
            f"the policy lets {what} for strangers too",
            "take out the statement that has no condition on aws:SourceArn",
        )
    if Allowed.UNKNOWN in (allowed, by_strangers):
        cannot_check("the policy has conditions that this program does not read")
    return passed(said, note)


def dead_letter_queue(deployment: Deployment) -> CheckResult:
    """Whether messages that cannot be processed become dead letters and are kept long enough."""
    receives = int(deployment.redrive.get("maxReceiveCount", 0))
    if not receives:
        return failed(
            "the queue has no redrive policy: broken messages are received for ever", PROVISION
        )
    if not requirements.LEAST_RECEIVES <= receives <= requirements.MOST_RECEIVES:
        return failed(
            f"a message is a dead letter after {receives} receives; "
            f"{requirements.LEAST_RECEIVES} to {requirements.MOST_RECEIVES} are sane",
            f"set maxReceiveCount to {requirements.RECEIVES} in the queue's redrive policy",
        )
    name = name_in(str(deployment.redrive["deadLetterTargetArn"]))
    found = state.queue_named(deployment.aws, name)
    if found is None:
        return failed(f"{name} is not there", PROVISION)
    retention = found.number("MessageRetentionPeriod")
    if retention < requirements.DEAD_LETTER_RETENTION:
        return failed(f"{name} keeps messages for {_days(retention)}, not 14", PROVISION)
    if not policies.takes_from(
        found.attributes.get("RedriveAllowPolicy", ""), deployment.queue.arn
    ):
        return failed(f"{name} does not take messages of the queue", PROVISION)
    return passed(f"{name}, after {receives} receives, keeps for {_days(retention)}")


def _days(seconds: int) -> str:
    return f"{seconds / 86_400:.3g} days"
