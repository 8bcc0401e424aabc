"""A command under test that nothing which is sent to it may harm."""

import re
from typing import Final

import psutil

from tests.support.processes import Process

_MIB: Final = 1024 * 1024
#: What a log says of a defect, whichever program and library wrote it.
_DEFECT: Final = re.compile(
    r"Traceback|call failed|a defect|could not be synchronised|never retrieved|died"
)


class Watched:
    """Remembers how a command was, to say whether it is so still.

    Args:
        process: the command, with all its workers up.
    """

    def __init__(self, process: Process) -> None:
        self.process = process
        self._pids = self._alive()

    def memory(self) -> float:
        """Return the MiB in use by the command and its workers."""
        octets: int = sum(psutil.Process(pid).memory_info().rss for pid in self._pids)
        return octets / _MIB

    def harm(self) -> str:
        """Say what has happened to the command; nothing should."""
        if self._alive() != self._pids:
            return f"processes have ended: {self.process.output}"
        told = next((line for line in self.process.lines if _DEFECT.search(line)), "")
        return f"{told}: {self.process.output}" if told else ""

    def _alive(self) -> set[int]:
        main = psutil.Process(self.process.pid)
        return {main.pid, *(child.pid for child in main.children(recursive=True))}
