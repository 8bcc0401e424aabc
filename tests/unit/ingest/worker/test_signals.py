import signal
from collections.abc import Iterator

import pytest

from suppression_ingest.worker.signals import Stop, Stopped, Waiting


@pytest.fixture
def stop() -> Iterator[Stop]:
    with Stop().on_signals() as stop:
        yield stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_breaks_off_waiting(stop: Stop, number: signal.Signals) -> None:
    with pytest.raises(Stopped), Waiting(stop):
        signal.raise_signal(number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_does_not_break_off_work(stop: Stop, number: signal.Signals) -> None:
    signal.raise_signal(number)
    assert stop.requested


def test_work_that_a_signal_came_into_is_followed_by_no_more_waiting(stop: Stop) -> None:
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Stopped), Waiting(stop):
        pytest.fail("waited although it should stop")


def test_a_sleep_does_not_begin_when_the_process_is_to_stop(stop: Stop) -> None:
    stop.requested = True
    with pytest.raises(Stopped):
        stop.sleep(3_600)


def test_a_second_signal_does_not_break_off_the_end(stop: Stop) -> None:
    with pytest.raises(Stopped), Waiting(stop):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    assert not stop.waiting


def test_no_library_takes_a_stop_for_an_error() -> None:
    assert not issubclass(Stopped, Exception)


def test_the_handlers_of_before_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stop().on_signals():
        pass
    assert signal.getsignal(signal.SIGTERM) is before
