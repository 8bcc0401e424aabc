"""Kill processes of the whole system at random under load, then verify six invariants."""

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.kills.databases import ENGINES
from tests.soak.kills.soak import KillSoak

_HELP = argparse.ArgumentDefaultsHelpFormatter


def main() -> int:
    """Run it; return 1 if an invariant was violated, or was not tested."""
    parser = argparse.ArgumentParser(
        prog="make soak-kill", description=__doc__, formatter_class=_HELP
    )
    parser.add_argument("--seconds", type=int, default=600, help="duration of the kills")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats a run")
    parser.add_argument("--engine", choices=[*ENGINES], default="sqlite", help="of the database")
    given = parser.parse_args()
    # SIGTERM ends it like an error, so that the processes it started are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    print(f"{given.engine}, {given.seconds} s, seed {given.seed}", flush=True)
    began = time.monotonic()
    with ENGINES[given.engine]() as database, tempfile.TemporaryDirectory(prefix="soak-") as name:
        soak = KillSoak(database, Path(name), seconds=given.seconds, seed=given.seed)
        findings = soak.run(lambda line: print(line, flush=True))
    for finding in findings:
        print(finding)
    passed = all(finding.holds for finding in findings)
    result = "no violations" if passed else "VIOLATED or not tested"
    print(f"{result}, after {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
