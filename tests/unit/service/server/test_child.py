import os
import signal
import sys

from suppression_service.server.child import Child

#: Ends once it is told to stop, and says whether it was told so by the pipe alone.
_OBEDIENT = """
import asyncio, signal, sys
from suppression_service.server.child import STOP_SIGNALS, stop_event

async def main():
    await stop_event().wait()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    sys.exit(7 if blocked >= set(STOP_SIGNALS) else 1)

asyncio.run(main())
"""


def child(code: str) -> Child:
    return Child([sys.executable, "-c", code], {})


def test_a_child_stops_when_its_parent_says_so_and_knows_no_signals() -> None:
    started = child(_OBEDIENT)
    assert started.exit_status is None
    started.stop_soon()
    started.stop_soon()
    started.wait(60)
    assert started.exit_status == 7


def test_a_child_that_does_not_stop_is_killed() -> None:
    started = child("import time; time.sleep(600)")
    started.stop_soon()
    started.wait(0)
    assert started.exit_status == -signal.SIGKILL


def test_signals_of_the_parent_are_as_before() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    started = child("")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    started.wait(60)
    started.stop_soon()


def test_no_other_file_of_the_parent_is_open_in_a_child() -> None:
    # so that one child does not keep the pipe of another open
    first = child(_OBEDIENT)
    second = child(_OBEDIENT)
    first.stop_soon()
    first.wait(60)
    assert first.exit_status == 7
    second.stop_soon()
    second.wait(60)


def test_a_child_has_the_variables_that_it_is_given_and_those_of_its_parent() -> None:
    code = "import os, sys; sys.exit(os.environ['GIVEN'] != 'x' or 'PATH' not in os.environ)"
    started = Child([sys.executable, "-c", code], {"GIVEN": "x"})
    started.wait(60)
    assert (started.exit_status, "GIVEN" in os.environ) == (0, False)
    started.stop_soon()
