"""Whatever happens on either side between runs, both lists end up alike."""

import datetime as dt
import random
from collections.abc import Callable

import pytest

from suppression_ingest.account_list.options import RemovedAtSes, RemovedHere
from suppression_service.store import Reason
from tests.support.aws.lists import Lists

ADDRESSES = [f"{name}@x.example" for name in ("a", "b", "C", "d")]


def changes(lists: Lists, chance: random.Random) -> list[Callable[[], None]]:
    """What may happen to a random address, in the present moment."""
    address = chance.choice(ADDRESSES)
    canonical = address.lower()
    at, on = lists.ses, lists.today.day

    def listed(reason: str) -> None:
        lists.listed(chance.choice([address, canonical]), reason, on)

    def deleted() -> None:
        at.suppressed.pop(address, None)
        at.suppressed.pop(canonical, None)

    return [
        lambda: listed("BOUNCE"),
        lambda: listed("COMPLAINT"),
        deleted,
        lambda: lists.suppress(canonical, Reason.HARD_BOUNCE, on=on),
        lambda: lists.suppress(canonical, Reason.COMPLAINT, on=on),
        lambda: lists.unsuppress(canonical, on),
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("at_ses", [RemovedAtSes.REMOVE, RemovedAtSes.RESTORE])
def test_lists_do_not_differ_after_a_run_that_follows_removals(
    lists: Lists, at_ses: RemovedAtSes, seed: int
) -> None:
    chance = random.Random(seed)
    lists.today = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    for _ in range(8):
        for _ in range(chance.randrange(4)):
            chance.choice(changes(lists, chance))()
            lists.today += dt.timedelta(days=1)
        lists.run(removed_here=RemovedHere.REMOVE, removed_at_ses=at_ses)
        assert not lists.run(dry=True).differing
