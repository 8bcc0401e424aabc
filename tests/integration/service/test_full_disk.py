"""A disk without room, as real processes meet it."""

import contextlib
import json
import os
import resource
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.aws import StandIn
from deploy.local.events import bounce
from suppression import UnavailableError
from suppression_service.store import Store
from tests.support.load import LISTED, Load, listed, started_system
from tests.support.processes import Processes, eventually
from tests.support.system import System

# One system for both, which each leaves as it found it.
pytestmark = pytest.mark.xdist_group("full disk")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("full-disk")


@pytest.fixture(scope="module")
def processes(folder: Path) -> Iterator[Processes]:
    with Processes(folder / "logs") as started:
        yield started


@pytest.fixture(scope="module")
def system(sqlite_template: Path, stand_in: StandIn, processes: Processes, folder: Path) -> System:
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'list.db')}"
    return started_system(url, stand_in, processes, folder)


@contextlib.contextmanager
def full_disk(processes: Processes) -> Iterator[None]:
    """Let no process write to a file for the length of the block: as if there were no room."""
    tree = [psutil.Process(each.pid) for each in processes.started]
    everyone = [each.pid for root in tree for each in (root, *root.children(recursive=True))]
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    for pid in everyone:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield
    for pid in filter(psutil.pid_exists, everyone):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


def holds(system: System, address: str) -> bool:
    """Whether the service, if it answers already, says not to send."""
    with contextlib.suppress(UnavailableError), system.client() as client:
        return not client.check(address).send
    return False


def test_a_full_disk_refuses_writes_loses_nothing_and_is_left_behind(
    system: System, processes: Processes
) -> None:
    load = Load(system.address)
    with load.running():
        eventually("writes are confirmed", lambda: len(load.confirmed) > 20)
        # When the disk is full, and feedback comes
        with full_disk(processes):
            system.send(json.dumps(bounce("gone@example.com")))
            eventually("a write is refused", lambda: load.refused_writes)
            checked = len(load.checks)
            eventually("checks go on", lambda: len(load.checks) > checked + 20)
            eventually("the worker waits", lambda: "does not answer" in processes.output)
        # Then writes are taken again once there is room, and so is the feedback,
        confirmed = len(load.confirmed)
        eventually("writes are confirmed again", lambda: len(load.confirmed) > confirmed + 20)
        system.settle()
    # every check was answered, and writes were refused in words that say "later",
    assert load.refused_checks == []
    assert set(load.refused_writes) == {"UNAVAILABLE DATABASE_UNAVAILABLE"}
    # and nothing that was confirmed is lost.
    with contextlib.closing(Store.open(system.environment["SUPPRESSION_DATABASE_URL"])) as store:
        entries = listed(store)
    assert load.confirmed.keys() <= entries.keys()
    assert entries["gone@example.com"].occurrences == 1
    assert system.dead_letters() == []


def test_a_worker_that_finds_no_room_for_its_snapshot_answers_all_the_same(
    system: System, processes: Processes, folder: Path
) -> None:
    server = processes.started[0]
    with full_disk(processes):
        # Given no snapshot to start from, and no room for another
        for snapshot in (folder / "snapshots").glob("*.snapshot"):
            snapshot.unlink()
        # When a worker is replaced
        [worker] = [
            child.pid
            for child in psutil.Process(server.pid).children()
            if child.net_connections("tcp")
        ]
        os.kill(worker, signal.SIGKILL)
        # Then it says so, and has the list.
        server.line("snapshot not written")
        eventually("the address is held", lambda: holds(system, LISTED))
