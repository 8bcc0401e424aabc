"""``suppression-ingest`` in the process of a test; used where a test runs many short commands.

To start the program takes longer than most of its commands do.
"""

import io
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from typing import cast
from unittest import mock

from suppression_ingest.cli import main
from tests.support.processes import clean, require_no_address


def run_ingest(
    arguments: tuple[str | Path, ...], environment: Mapping[str, str], stdin: str = ""
) -> CompletedProcess[str]:
    """Run a command with these variables and input; no address is in its output but its help."""
    argv = ["suppression-ingest", *map(str, arguments)]
    code: object = 0
    with (
        mock.patch.dict(os.environ, clean(environment), clear=True),
        mock.patch.object(sys, "argv", argv),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()))),
        # The loggers of this process belong to all of its tests: structlog keeps those that
        # were used once, with the configuration of that time.
        mock.patch("structlog.configure"),
        redirect_stdout(_stream()) as output,
        redirect_stderr(_stream()) as errors,
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    done = CompletedProcess(
        argv, code if isinstance(code, int) else 1, _written(output), _written(errors)
    )
    if "--help" not in argv:
        require_no_address(str(argv), done.stdout + done.stderr)
    return done


def _stream() -> io.TextIOWrapper:
    """Return a stream with an encoding, which a StringIO has not."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return cast("io.BytesIO", stream.buffer).getvalue().decode()
