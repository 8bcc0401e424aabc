"""`make up`: the whole system in one terminal, until Ctrl-C."""

import re
import signal
import sys
import time
from types import FrameType
from typing import Final

from deploy.local import guide
from deploy.local.parts import Line
from deploy.local.running import FolderInUse, alone_in
from deploy.local.settings import BadSetting, LocalSettings
from deploy.local.system import Failed, Stopping, System

# What structlog marks as ordinary, and every request that moto serves.
_ORDINARY: Final = re.compile(r"\[(debug|info)\s*\]|\x1b\[32m")
_IN_USE: Final = (
    "another 'make up' runs in {}: give this one a folder and ports of its own, "
    "SUPPRESSION_LOCAL_DIR=.local2 SUPPRESSION_LISTEN=127.0.0.1:50061 "
    "SUPPRESSION_STAND_IN_PORT=50062 make up"
)


def main() -> int:
    """Run until Ctrl-C, SIGTERM or the death of a part; return the exit status."""
    began = time.monotonic()
    try:
        settings = LocalSettings.read()
        with alone_in(settings.folder):
            settings.require_free_ports()
            system = System(settings, _show)
            _stop_on_signals(system)
            return _run(system, settings, began)
    except BadSetting as error:
        print(f"make up: {error}", file=sys.stderr)
    except FolderInUse:
        print(f"make up: {_IN_USE.format(settings.folder)}", file=sys.stderr)
    return 2


def _run(system: System, settings: LocalSettings, began: float) -> int:
    try:
        running = system.start()
        print(guide.text(running, settings, time.monotonic() - began), flush=True)
        system.watch()
    except Stopping:
        print("\nstopping", flush=True)
        return 0
    except Failed as failure:
        print(f"make up: {failure}\nstopping the rest", file=sys.stderr, flush=True)
        return 1
    finally:
        system.stop()
    return 0


def _stop_on_signals(system: System) -> None:
    asked = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        # Whoever asks twice does not want to wait for calls under way.
        system.stop_soon() if asked == 1 else system.kill()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _show(line: Line) -> None:
    """Show what a person should see; the rest is in the log."""
    if line.part.name != "aws" and not _ORDINARY.search(line.text):
        print(f"{line.part.name:>8} | {line.text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
