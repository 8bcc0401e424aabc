"""A progress bar on standard error, where that is a terminal."""

import sys
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar


class Progress:
    """Shows how far a long command is. Use it with ``with``.

    Args:
        total: of what ``update`` is given as ``done``; None if it is not known.
    """

    def __init__(self, total: int | None) -> None:
        known: list[ProgressColumn] = [BarColumn(), TaskProgressColumn(), TimeRemainingColumn()]
        unknown: list[ProgressColumn] = [SpinnerColumn(), TimeElapsedColumn()]
        self._bar = Bar(
            TextColumn("{task.description}"),
            *(known if total else unknown),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, text: str, done: int = 0) -> None:
        """Show a text and how much of the total is done."""
        self._bar.update(self._task, description=text, completed=done)
