"""The steps for the rule of EventBridge that sends SES's events to the queue."""

import json
from collections.abc import Callable, Iterator
from typing import Final

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import requirements, state
from suppression_ingest.deployment.names import Names, name_in
from suppression_ingest.deployment.plan import Step, call, change, create, keep, warn
from suppression_ingest.deployment.state import FoundRule
from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, parse_object

#: What EventBridge calls the queue among the targets of the rule.
TARGET_ID: Final = "suppression-queue"


class RuleSteps:
    """Compares the rule and its target with the requirements.

    Args:
        aws: the account.
        names: the names of the wiring's parts.
    """

    def __init__(self, aws: Aws, names: Names) -> None:
        self._aws = aws
        self._names = names

    def steps(self) -> Iterator[Step]:
        """Yield the steps. Before them, the queue must let EventBridge send."""
        found = state.rule_named(self._aws, name_in(self._names.rule_arn))
        yield from self._rule(found)
        yield from self._target(found)

    def _rule(self, found: FoundRule | None) -> Iterator[Step]:
        own = self._names.configuration_set
        if found is None:
            detail = f"{name_in(self._names.rule_arn)}, takes in the events of {own}"
            yield create("rule", detail, self._put(requirements.rule_pattern([own])))
            return
        yield keep("rule", found.arn)
        if not found.enabled:
            act = call(self._aws.events.enable_rule, Name=found.name)
            yield change("rule", "enable it", act)
        needed, set_arn = requirements.NEEDED_EVENTS, self._names.configuration_set_arn
        if not (missing := state.held_back(self._aws, found, needed, set_arn)):
            return
        if (sets := _sets_of(found.pattern)) is None:
            yield warn("rule", f"its pattern holds back {', '.join(missing)}; mend it by hand")
        else:
            pattern = requirements.rule_pattern([*sets, own])
            yield change("rule", f"take in the events of {own}, too", self._put(pattern))

    def _target(self, found: FoundRule | None) -> Iterator[Step]:
        queue_arn = self._names.queue_arn
        target = found and found.target(queue_arn)
        if not target:
            act = call(
                self._aws.events.put_targets,
                Rule=name_in(self._names.rule_arn),
                Targets=[{"Id": TARGET_ID, "Arn": queue_arn}],
            )
            yield create("rule target", f"the queue {name_in(queue_arn)}", act)
        elif state.rewrites(target):
            yield warn("rule target", "it rewrites the events; take its input transformer off")
        else:
            yield keep("rule target", queue_arn)

    def _put(self, pattern: JsonObject) -> Callable[[], None]:
        return call(
            self._aws.events.put_rule,
            Name=name_in(self._names.rule_arn),
            EventPattern=json.dumps(pattern),
            State="ENABLED",
            Description="Bounces and complaints of SES, for the suppression list",
        )


def _sets_of(pattern: str) -> list[str] | None:
    """Return the configuration sets of a pattern of ours; None for any other pattern."""
    try:
        sets = parse_object(pattern)["detail"]["mail"]["tags"]["ses:configuration-set"]
        return sets if parse_object(pattern) == requirements.rule_pattern(sets) else None
    except (KeyError, TypeError, Malformed):
        return None
