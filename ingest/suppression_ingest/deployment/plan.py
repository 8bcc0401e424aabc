"""The steps of a plan. Provisioning makes the whole plan before it changes anything."""

import dataclasses
import enum
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from suppression_ingest.aws.failures import translated
from suppression_ingest.deployment import policies
from suppression_ingest.deployment.policies import Allowed

#: The attribute of topics and queues that holds their policy.
POLICY: Final = "Policy"


class Mark(enum.StrEnum):
    """The first character of a step's line."""

    CREATE = "+"
    CHANGE = "~"
    KEEP = "="
    #: It is not changed, but a person should look at it.
    WARN = "!"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A line of the plan, and the call that carries it out, if there is anything to do."""

    mark: Mark
    what: str
    detail: str
    act: Callable[[], object] | None = None

    def __str__(self) -> str:
        return f"{self.mark} {self.what}: {self.detail}"


def create(what: str, detail: str, act: Callable[[], object]) -> Step:
    """Return the step that creates something."""
    return Step(Mark.CREATE, what, detail, act)


def change(what: str, detail: str, act: Callable[[], object]) -> Step:
    """Return the step that completes something."""
    return Step(Mark.CHANGE, what, detail, act)


def keep(what: str, detail: str) -> Step:
    """Return the line about something that is as it should be."""
    return Step(Mark.KEEP, what, detail)


def warn(what: str, detail: str) -> Step:
    """Return the line about something that a person should look at."""
    return Step(Mark.WARN, what, detail)


def call(operation: Any, **arguments: Any) -> Callable[[], None]:
    """Return a function that calls AWS, for a step to carry out."""

    def act() -> None:
        with translated():
            operation(**arguments)

    return act


def policy_steps(
    what: str,
    found: Mapping[str, str],
    request: policies.Request,
    set_attribute: Callable[[str, str], Callable[[], None]],
) -> Iterator[Step]:
    """Yield the steps after which a policy allows a request; warn if it allows strangers.

    Args:
        what: the policy's name in the plan.
        found: the attributes of the topic or queue.
        request: what it must allow.
        set_attribute: makes the call that sets an attribute.
    """
    policy = found.get(POLICY, "")
    match policies.decide(policy, request):
        case Allowed.YES:
            yield keep(what, f"{request.service} may {request.action}")
        case Allowed.UNKNOWN:
            yield warn(what, f"cannot tell whether {request.service} may {request.action}")
        case Allowed.NO:
            added = policies.with_statement(policy, policies.statement_for(request))
            act = set_attribute(POLICY, added)
            yield change(what, f"let {request.service} {request.action}, from here only", act)
            if policies.decide(added, request) is not Allowed.YES:
                yield warn(what, "a Deny in it stands against that; take it out by hand")
    if policies.decide(policy, policies.by_a_stranger(request)) is Allowed.YES:
        yield warn(what, f"lets strangers {request.action}; take that statement out by hand")
