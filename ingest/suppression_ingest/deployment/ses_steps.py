"""The steps for SES: configuration set, event destination, account suppression."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import requirements, state
from suppression_ingest.deployment.names import Names
from suppression_ingest.deployment.plan import Step, call, change, create, keep
from suppression_ingest.deployment.requirements import Target

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import EventDestinationTypeDef


class SesSteps:
    """Compares SES's part of the wiring with the requirements.

    Args:
        aws: the account.
        names: the names of the wiring's parts.
        target: where the configuration set is to publish.
    """

    def __init__(self, aws: Aws, names: Names, target: Target) -> None:
        self._aws = aws
        self._names = names
        self._target = target

    def steps(self) -> Iterator[Step]:
        """Yield the steps. Before them, a topic must allow SES to publish."""
        yield from self._configuration_set()
        yield from self._destination()
        yield from self._account_suppression()

    def _configuration_set(self) -> Iterator[Step]:
        name = self._names.configuration_set
        found = state.configuration_set(self._aws, name)
        if found is None:
            act = call(
                self._aws.ses.create_configuration_set,
                ConfigurationSetName=name,
                ReputationOptions={"ReputationMetricsEnabled": True},
                SendingOptions={"SendingEnabled": True},
            )
            yield create("configuration set", f"{name}, with metrics of its reputation", act)
            return
        yield keep("configuration set", name)
        own = found.get("SuppressionOptions")
        if own is not None and "SuppressedReasons" in own:
            yield from self._own_suppression(own)

    def _own_suppression(self, own: Any) -> Iterator[Step]:
        """Complete the suppression of a configuration set that overrides the account's."""
        reasons = _together(own["SuppressedReasons"], requirements.SUPPRESSED)
        if len(reasons) > len(own["SuppressedReasons"]):
            act = call(
                self._aws.ses.put_configuration_set_suppression_options,
                **{name: value for name, value in own.items() if name != "SuppressedReasons"},
                ConfigurationSetName=self._names.configuration_set,
                SuppressedReasons=reasons,
            )
            yield change("configuration set", f"suppress {' and '.join(reasons)}", act)

    def _destination(self) -> Iterator[Step]:
        names = self._names
        found = state.destinations(self._aws, names.configuration_set)
        missing = requirements.missing_events(found, self._target, requirements.PUBLISHED_EVENTS)
        present = requirements.leading_to(found, self._target)
        if not present:
            yield self._new_destination([one["Name"] for one in found])
        elif missing:
            yield self._more_events(present[0], missing)
        else:
            to = "the topic" if "SnsDestination" in self._target else "EventBridge"
            yield keep("event destination", f"{present[0]['Name']} publishes to {to}")

    def _new_destination(self, taken: Sequence[str]) -> Step:
        names = self._names
        # A destination of this name that publishes elsewhere belongs to somebody else: leave it.
        free = [names.prefix, *(f"{names.prefix}-{number}" for number in range(2, 12))]
        name = next(name for name in free if name not in taken)
        act = call(
            self._aws.ses.create_configuration_set_event_destination,
            ConfigurationSetName=names.configuration_set,
            EventDestinationName=name,
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": list(requirements.PUBLISHED_EVENTS),
                **self._target,
            },
        )
        return create(
            "event destination", f"{name}: {', '.join(requirements.PUBLISHED_EVENTS)}", act
        )

    def _more_events(self, present: "EventDestinationTypeDef", missing: Sequence[str]) -> Step:
        events = _together(present["MatchingEventTypes"], missing)
        act = call(
            self._aws.ses.update_configuration_set_event_destination,
            ConfigurationSetName=self._names.configuration_set,
            EventDestinationName=present["Name"],
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": events,
                **self._target,
            },
        )
        enable = "" if present.get("Enabled") else "enable; "
        return change("event destination", f"{enable}publish {', '.join(missing)}", act)

    def _account_suppression(self) -> Iterator[Step]:
        what = "account suppression"
        found: Any = state.account(self._aws).get("SuppressionAttributes") or {}
        present = found.get("SuppressedReasons", [])
        reasons = _together(present, requirements.SUPPRESSED)
        if len(reasons) == len(present):
            yield keep(what, "for BOUNCE and COMPLAINT")
            return
        act = call(
            self._aws.ses.put_account_suppression_attributes,
            **{**found, "SuppressedReasons": reasons},
        )
        yield change(what, f"for {' and '.join(reasons)}", act)


def _together(present: Sequence[Any], more: Sequence[Any]) -> list[Any]:
    return [*present, *(one for one in more if one not in present)]
