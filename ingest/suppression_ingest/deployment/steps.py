"""What the steps of several services have in common."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from suppression_ingest.aws.failures import translated
from suppression_ingest.deployment import policies
from suppression_ingest.deployment.plan import Step, change, keep, look
from suppression_ingest.deployment.policies import Allowed

#: The attribute of topics and queues that holds their policy.
POLICY: Final = "Policy"


def call(operation: Any, **arguments: Any) -> Callable[[], None]:
    """Return a call of AWS for later."""

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
    """Give the steps that let a request through, and point out who else comes through.

    Args:
        what: the policy's name in the plan.
        found: the attributes of the topic or queue.
        request: what it must let through.
        set_attribute: makes the call that sets an attribute.
    """
    policy = found.get(POLICY, "")
    match policies.decide(policy, request):
        case Allowed.YES:
            yield keep(what, f"{request.service} may {request.action}")
        case Allowed.UNKNOWN:
            yield look(what, f"cannot tell whether {request.service} may {request.action}")
        case Allowed.NO:
            added = policies.with_statement(policy, policies.statement_for(request))
            act = set_attribute(POLICY, added)
            yield change(what, f"let {request.service} {request.action}, from here only", act)
            if policies.decide(added, request) is not Allowed.YES:
                yield look(what, "a Deny in it stands against that; take it out by hand")
    if policies.decide(policy, policies.by_a_stranger(request)) is Allowed.YES:
        yield look(what, f"lets strangers {request.action}; take that statement out by hand")
