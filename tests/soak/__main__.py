"""Send events in random order, some twice, to worker and webhook, and kill both at random."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import Soak

_HELP = argparse.ArgumentDefaultsHelpFormatter


def main() -> int:
    """Run it on SQLite; return 1 if the result differs from that of an undisturbed run."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__, formatter_class=_HELP)
    parser.add_argument(
        "--events",
        type=int,
        default=100_000,
        help="number of different events",
    )
    parser.add_argument("--kills", type=int, default=20, help="kills of each of the two")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats a run")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        soak = Soak(
            f"sqlite:///{folder}/soaked.db",
            f"sqlite:///{folder}/clean.db",
            folder / "logs",
            count=given.events,
            kills=given.kills,
            timeout=900,
        )
        done = soak.run(given.seed)
    print(
        f"{given.events:,} events and {given.events // 5:,} repetitions in {done.seconds:.0f} s; "
        f"{done.kills} kills, {done.redelivered:,} messages delivered again, "
        f"{len(done.refused)} refused"
    )
    active = len(done.clean.active), len(done.soaked.active)
    print(f"active entries: {active[0]:,} in the clean run, {active[1]:,} in the soak")
    same = done.clean == done.soaked and not done.refused
    differ = f"the results DIFFER: {done.clean.counts} {done.soaked.counts}"
    print("the results are equal" if same else differ)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
