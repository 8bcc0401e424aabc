"""``make soak``: 100,000 events in disorder, from queue and webhook, with kill -9 in between."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import Soak


def main() -> int:
    """Run it on SQLite; return 1 if the disorder has changed anything."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="different ones")
    parser.add_argument("--kills", type=int, default=20, help="of the worker and of the webhook")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
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
            patience=900,
        )
        done = soak.run(given.seed)
    print(
        f"{given.events:,} events and {given.events // 5:,} repetitions in {done.seconds:.0f} s; "
        f"{done.kills} kills, {done.lent_again:,} messages came again, {len(done.refused)} refused"
    )
    standing = len(done.clean.standing), len(done.soaked.standing)
    print(f"standing entries: {standing[0]:,} clean, {standing[1]:,} soaked")
    same = done.clean == done.soaked and not done.refused
    print("the same" if same else f"NOT the same: {done.clean.counts} {done.soaked.counts}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
