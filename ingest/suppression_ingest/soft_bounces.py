"""The policy of soft bounces: how many in a row keep an address off for a while.

What stands on the list follows from which bounces and deliveries happened when, and
not from the order in which they came to be known. A delivery counts as proof: bounces
up to it do not count any more, and an entry that rests on them is removed.
"""

import dataclasses
import datetime as dt
from collections import Counter, deque
from typing import Final

from suppression_ingest.feedback import PROVIDER
from suppression_service.store import SoftBounce, SoftBounceHistory, WriteTransaction


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """Soft bounces in a row that suffice for an entry, and the end of that entry."""

    bounces: list[SoftBounce]
    expires: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class SoftBouncePolicy:
    """When soft bounces lead to an entry.

    Args:
        limit: bounces in a row, of as many messages; 0 is never.
        within: the time in which they must lie.
        lasts: how long the entry stands after the last of them.
    """

    limit: int = 5
    within: dt.timedelta = dt.timedelta(days=30)
    lasts: dt.timedelta = dt.timedelta(days=30)

    @property
    def reach(self) -> dt.timedelta:
        """The age at which a bounce matters no more: the entry that it began has expired."""
        return self.within + self.lasts

    def run(self, bounces: list[SoftBounce]) -> Run | None:
        """Return the run that an entry rests on, if there is one.

        It ends with the newest bounce before which, that one included, enough
        messages bounced within the time. Those that came later belong to the
        row and do not make it last longer.

        Args:
            bounces: since the newest delivery, oldest first.
        """
        window: deque[SoftBounce] = deque()
        messages: Counter[str] = Counter()
        found: tuple[dt.datetime, dt.datetime] | None = None
        for bounce in bounces:
            window.append(bounce)
            messages[bounce.message] += 1
            while window[0].happened <= bounce.happened - self.within:
                gone = window.popleft().message
                messages[gone] -= 1
                if not messages[gone]:
                    del messages[gone]
            if 0 < self.limit <= len(messages):
                found = window[0].happened, bounce.happened
        if found is None:
            return None
        first, last = found
        row = [bounce for bounce in bounces if bounce.happened >= first]
        return Run(row, last + self.lasts)


DEFAULT_SOFT_BOUNCES: Final = SoftBouncePolicy()


def apply_policy(
    policy: SoftBouncePolicy, transaction: WriteTransaction, histories: list[SoftBounceHistory]
) -> set[str]:
    """Let the list say what the histories say.

    An entry goes only when a delivery has made its bounces too few. That they became
    too few because the policy was made milder does not remove what stands.

    Returns:
        The addresses that have bounced softly too often to be tried again.
    """
    held = set()
    for history in histories if policy.limit else []:
        if run := policy.run(history.bounces):
            transaction.hold(history.address, run.bounces, PROVIDER, run.expires)
            held.add(history.address)
        elif history.delivered:
            transaction.release(history.address, PROVIDER, history.reset)
    return held
