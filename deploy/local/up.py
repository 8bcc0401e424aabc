"""`make up`: the whole system in one terminal, until Ctrl-C."""

import re
import signal
import sys
import time
from types import FrameType
from typing import Final

from deploy.local import guide
from deploy.local.folder import FolderInUse, locked
from deploy.local.process import OutputLine
from deploy.local.settings import BadSetting, LocalSettings
from deploy.local.system import Failed, Stopping, System

# Levels that are not shown, and the colour of moto's request lines.
_UNIMPORTANT: Final = re.compile(r"\[(debug|info)\s*\]|\x1b\[32m")
_IN_USE: Final = (
    "another 'make up' runs in {}; give this one its own folder and ports: "
    "SUPPRESSION_LOCAL_DIR=.local2 SUPPRESSION_LISTEN=127.0.0.1:50061 "
    "SUPPRESSION_STAND_IN_PORT=50062 SUPPRESSION_CONSOLE_LISTEN=127.0.0.1:8091 make up"
)


def main() -> int:
    """Run until Ctrl-C, SIGTERM or the death of a process; return the exit status."""
    began = time.monotonic()
    try:
        settings = LocalSettings.read()
        with locked(settings.folder):
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
        endpoints = system.start()
        print(guide.text(endpoints, settings, time.monotonic() - began), flush=True)
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
    signals = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal signals
        signals += 1
        # The second one does not wait for calls under way.
        system.request_stop() if signals == 1 else system.kill()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _show(line: OutputLine) -> None:
    """Print warnings and errors; the rest is in the log files."""
    if line.process.name != "aws" and not _UNIMPORTANT.search(line.text):
        print(f"{line.process.name:>8} | {line.text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
