"""Resource policies: deciding whether one allows a request, and adding a statement to one.

This module evaluates only the part of IAM's policy language that decides whether SES may
publish to a topic and SNS may send to a queue. Anything else gives
:attr:`Allowed.UNKNOWN`, never a guess. AWS's own simulator (``iam:SimulateCustomPolicy``)
accepts only IAM users as callers, not services.
"""

import dataclasses
import enum
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, parse_object

#: An account that is not ours, to find out whether a policy allows strangers.
FOREIGN_ACCOUNT: Final = "000000000000"

_ARN: Final = "aws:sourcearn"
_ACCOUNT: Final = "aws:sourceaccount"


class Allowed(enum.Enum):
    """Whether a policy allows a request."""

    YES = enum.auto()
    NO = enum.auto()
    #: The policy has elements that this program does not evaluate.
    UNKNOWN = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """A call by an AWS service. The keys of the context are in lower case."""

    service: str
    action: str
    resource: str
    context: Mapping[str, str]


def delivery(queue_arn: str, topic_arn: str) -> Request:
    """Return the request with which SNS delivers from a topic to a queue.

    It carries ``aws:SourceArn``, and AWS does not document ``aws:SourceAccount``. Source:
    "Subscribing an Amazon SQS queue to an Amazon SNS topic" in the SNS guide, whose
    policies require ``aws:SourceArn`` alone; the ARN names the account.
    """
    context = _origin(topic_arn)
    del context[_ACCOUNT]
    return Request("sns.amazonaws.com", "sqs:SendMessage", queue_arn, context)


def rule_delivery(queue_arn: str, rule_arn: str) -> Request:
    """Return the request with which EventBridge delivers the events of a rule to a queue.

    Source: "Amazon SQS permissions" under "Using resource-based policies" in the EventBridge
    guide, whose policy requires ``aws:SourceArn`` alone.
    """
    return dataclasses.replace(delivery(queue_arn, rule_arn), service="events.amazonaws.com")


def with_account(request: Request) -> Request:
    """Return the same request with ``aws:SourceAccount``."""
    return dataclasses.replace(request, context=_origin(request.context[_ARN]))


def publication(topic_arn: str, configuration_set_arn: str) -> Request:
    """Return the request with which SES publishes a configuration set's events."""
    return Request("ses.amazonaws.com", "sns:Publish", topic_arn, _origin(configuration_set_arn))


def by_a_stranger(request: Request) -> Request:
    """Return the same request for a resource of another account."""
    own = request.context[_ARN]
    foreign = _origin(f"{own.replace(_account(own), FOREIGN_ACCOUNT)}-of-a-stranger")
    return dataclasses.replace(request, context={key: foreign[key] for key in request.context})


def statement_for(request: Request) -> JsonObject:
    """Return the narrowest statement that allows a request.

    Its Sid is the same for requests of one origin, with or without the account. The
    statement therefore replaces a stricter one with the same origin.
    """
    origin = _origin(request.context[_ARN])
    mark = hashlib.blake2b(repr(sorted(origin.items())).encode(), digest_size=4)
    conditions = {"ArnEquals": {"aws:SourceArn": request.context[_ARN]}}
    if account := request.context.get(_ACCOUNT):
        conditions = {"StringEquals": {"aws:SourceAccount": account}, **conditions}
    return {
        "Sid": f"SuppressionFeedback{mark.hexdigest()}",
        "Effect": "Allow",
        "Principal": {"Service": request.service},
        "Action": request.action,
        "Resource": request.resource,
        "Condition": conditions,
    }


def with_statement(policy: str, statement: JsonObject) -> str:
    """Return a policy (empty: none) with a statement added; one of the same Sid is replaced."""
    document = parse_object(policy) if policy else {"Version": "2012-10-17"}
    others = [other for other in _statements(document) if other.get("Sid") != statement["Sid"]]
    return json.dumps({**document, "Statement": [*others, statement]})


def decide(policy: str, request: Request) -> Allowed:
    """Return whether a policy (empty: none) allows a request."""
    try:
        statements = _statements(parse_object(policy)) if policy else []
    except Malformed:
        return Allowed.UNKNOWN
    found = {
        (statement.get("Effect"), fits)
        for statement in statements
        if (fits := _fits(statement, request)) is not False
    }
    # None: it is not known whether the statement applies.
    if ("Deny", True) in found:
        return Allowed.NO
    if ("Allow", True) in found:
        return Allowed.UNKNOWN if ("Deny", None) in found else Allowed.YES
    return Allowed.UNKNOWN if ("Allow", None) in found else Allowed.NO


def _origin(arn: str) -> dict[str, str]:
    return {_ARN: arn, _ACCOUNT: _account(arn), "aws:securetransport": "true"}


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _statements(document: JsonObject) -> list[JsonObject]:
    return [one for one in _listed(document.get("Statement")) if isinstance(one, dict)]


def _fits(statement: JsonObject, request: Request) -> bool | None:
    """Return whether a statement applies to a request; None where that is unknown."""
    conditions = statement.get("Condition") or {}
    parts = [
        _names_service(statement.get("Principal"), request.service),
        _like(statement.get("Action"), request.action, ignore_case=True),
        _like(statement.get("Resource"), request.resource),
        *(
            _holds(operator, key, expected, request.context)
            for operator, keys in conditions.items()
            for key, expected in keys.items()
        ),
    ]
    if False in parts:
        return False
    return None if None in parts else True


def _names_service(principal: Any, service: str) -> bool | None:
    if principal is None:
        return None
    if isinstance(principal, dict):
        everybody = "*" in _listed(principal.get("AWS"))
        return everybody or service in _listed(principal.get("Service"))
    return bool(principal == "*")


def _like(patterns: Any, text: str, *, ignore_case: bool = False) -> bool | None:
    if patterns is None:
        return None
    flags = re.IGNORECASE if ignore_case else 0
    return any(re.fullmatch(_regex(str(p)), text, flags) for p in _listed(patterns))


def _regex(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


def _holds(operator: str, key: str, expected: Any, context: Mapping[str, str]) -> bool | None:
    """Return whether a condition holds; None for an operator that is not supported."""
    name, optional = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    negated = "Not" in name
    compare = _OPERATORS.get(name.replace("Not", ""))
    if compare is None:
        return None
    value = context.get(key.lower())
    if value is None:
        return optional or negated
    return compare(map(str, _listed(expected)), value) is not negated


def _equal(expected: Iterable[str], value: str) -> bool:
    return value in expected


def _equal_in_any_case(expected: Iterable[str], value: str) -> bool:
    return value.lower() in [one.lower() for one in expected]


def _alike(expected: Iterable[str], value: str) -> bool:
    return bool(_like(list(expected), value))


_OPERATORS: Final = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": _alike,
    "ArnEquals": _alike,
    "ArnLike": _alike,
    "Bool": _equal_in_any_case,
}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def takes_from(redrive_allow: str, queue_arn: str) -> bool:
    """Return whether a redrive allow policy (empty: none) allows a queue as a source.

    Source: "Configuring a dead-letter queue" in the SQS developer guide; without a
    policy every queue of the account may.
    """
    try:
        policy = parse_object(redrive_allow) if redrive_allow else {}
    except Malformed:
        return False
    match policy.get("redrivePermission", "allowAll"):
        case "byQueue":
            return queue_arn in policy.get("sourceQueueArns", [])
        case permission:
            return bool(permission == "allowAll")
