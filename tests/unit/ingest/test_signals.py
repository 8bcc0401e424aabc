import signal
from collections.abc import Iterator

import pytest

from suppression_ingest.signals import Stopped, StopSignal


@pytest.fixture
def stop() -> Iterator[StopSignal]:
    with StopSignal().on_signals() as stop:
        yield stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_breaks_off_waiting(stop: StopSignal, number: signal.Signals) -> None:
    with pytest.raises(Stopped), stop.interruptible():
        signal.raise_signal(number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_does_not_break_off_work(stop: StopSignal, number: signal.Signals) -> None:
    signal.raise_signal(number)
    assert stop.requested


def test_work_that_a_signal_came_into_is_followed_by_no_more_waiting(stop: StopSignal) -> None:
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Stopped), stop.interruptible():
        pytest.fail("waited although it should stop")


def test_a_sleep_does_not_begin_when_the_process_is_to_stop(stop: StopSignal) -> None:
    stop.requested = True
    with pytest.raises(Stopped):
        stop.sleep(3_600)


def test_a_second_signal_does_not_break_off_the_end(stop: StopSignal) -> None:
    with pytest.raises(Stopped), stop.interruptible():
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)  # raises nothing
    assert stop.requested


def test_no_library_takes_a_stop_for_an_error() -> None:
    assert not issubclass(Stopped, Exception)


def test_the_handlers_of_before_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopSignal().on_signals():
        pass
    assert signal.getsignal(signal.SIGTERM) is before
