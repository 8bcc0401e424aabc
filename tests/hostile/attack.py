"""Attack a server on this machine, in a process of its own; print as JSON what was spent.

python -m tests.hostile.attack rapid-resets 50051 --seconds 10
"""

import argparse
import asyncio
import dataclasses
import json
import os
import resource
import sys
import time

import uvloop

from tests.hostile.attacks import ATTACKS, Attacker


def main() -> int:
    """Run one attack until its time is over."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.attack", description=__doc__)
    parser.add_argument("attack", choices=[*ATTACKS])
    parser.add_argument("port", type=int, help="of 127.0.0.1")
    parser.add_argument("--seconds", type=float, default=2.0, help="until it ends")
    given = parser.parse_args()
    _allow_many_files()
    attacker = Attacker(given.port)
    print(given.attack, flush=True)
    uvloop.run(_attack(attacker, given.attack, given.seconds))
    return 0


async def _attack(attacker: Attacker, name: str, seconds: float) -> None:
    attack = asyncio.create_task(ATTACKS[name](attacker))
    ended, _ = await asyncio.wait({attack}, timeout=seconds)
    for task in ended:
        task.result()
    spent = dataclasses.asdict(attacker.spent) | {"cpu_seconds": time.process_time()}
    print(json.dumps(spent), flush=True)
    # The system closes thousands of connections faster than they can be cancelled.
    os._exit(0)


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
