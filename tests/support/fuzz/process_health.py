"""The health of a process under fuzz tests: same child processes, no internal error, its memory."""

import re
from typing import Final

import psutil

from tests.support.processes import Process

_MIB: Final = 1024 * 1024
#: Log messages of internal errors, of the programs and of their libraries.
_INTERNAL_ERROR: Final = re.compile(
    r"Traceback|call failed|internal error|could not be synchronised|never retrieved|died"
)


class ProcessHealth:
    """Compares a process with its state at the start.

    Args:
        process: after all its child processes have started.
    """

    def __init__(self, process: Process) -> None:
        self.process = process
        self._pids = self._alive()

    def memory(self) -> float:
        """Return the MiB that the process and its children use."""
        used: int = sum(psutil.Process(pid).memory_info().rss for pid in self._pids)
        return used / _MIB

    def problem(self) -> str:
        """Return what is wrong with the process; empty if nothing is."""
        if self._alive() != self._pids:
            return f"processes have ended: {self.process.output}"
        line = next((each for each in self.process.lines if _INTERNAL_ERROR.search(each)), "")
        return f"{line}: {self.process.output}" if line else ""

    def _alive(self) -> set[int]:
        main = psutil.Process(self.process.pid)
        return {main.pid, *(child.pid for child in main.children(recursive=True))}
