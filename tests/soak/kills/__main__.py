"""``make soak-kill``: ten minutes of kill -9 at random under load, then the six invariants."""

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.kills.databases import ENGINES
from tests.soak.kills.soak import KillSoak


def main() -> int:
    """Run it; return 1 if an invariant does not hold, or was not put to the test."""
    parser = argparse.ArgumentParser(prog="make soak-kill", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="to kill for")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--engine", choices=[*ENGINES], default="sqlite")
    given = parser.parse_args()
    # SIGTERM ends it like an error does: nothing that it started is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    print(f"{given.engine}, {given.seconds} s, seed {given.seed}", flush=True)
    began = time.monotonic()
    with ENGINES[given.engine]() as database, tempfile.TemporaryDirectory(prefix="soak-") as name:
        soak = KillSoak(database, Path(name), seconds=given.seconds, seed=given.seed)
        findings = soak.run(lambda line: print(line, flush=True))
    for finding in findings:
        print(finding)
    held = all(finding.holds for finding in findings)
    print(f"{'all hold' if held else 'NOT all hold'}, after {time.monotonic() - began:.0f} s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
