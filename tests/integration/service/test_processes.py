"""The real command: its workers, its signals, its end."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf.duration_pb2 import Duration

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.store import Store
from tests.support.processes import BIN, Process, Processes, eventually, run

JANE = "jane.secret@example.com"
SERVE = BIN / "suppression-service"
Stub = Any
Start = Callable[..., tuple[Process, str]]


@pytest.fixture
def start(new_sqlite: str, processes: Processes) -> Start:
    """Start the command on a free port; give its process and its address."""

    def started(*flags: str, url: str = new_sqlite) -> tuple[Process, str]:
        told = ["--database-url", url, "--listen", "127.0.0.1:0", "--drain-seconds", "0"]
        snapshots = ["--snapshot-directory", ""]
        process = processes.start("serve", [SERVE, "serve", *told, *snapshots, *flags])
        return process, process.line(r"listens on (\S+)")[1]

    return started


@contextlib.contextmanager
def asking(address: str) -> Iterator[Stub]:
    """A stub on a connection of its own: the kernel picks the worker."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(address, options=options) as channel:
        yield SuppressionServiceStub(channel)


def check(stub: Stub, address: str = JANE, **fields: Any) -> Any:
    asked = rpc.CheckAddressRequest(address=address, **fields)
    return stub.CheckAddress(asked, wait_for_ready=True, timeout=30)


def suppress(stub: Stub, address: str = JANE) -> Any:
    asked = rpc.SuppressRequest(address=address, reason=pb.REASON_MANUAL)
    return stub.Suppress(asked, wait_for_ready=True, timeout=30)


def answers(address: str) -> bool:
    with asking(address) as stub, contextlib.suppress(grpc.RpcError):
        return bool(check(stub).revision)
    return False


def workers(process: Process) -> list[psutil.Process]:
    """The workers: of the command's children, those that listen."""
    found = []
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(each.status == psutil.CONN_LISTEN for each in child.net_connections("tcp")):
                found.append(child)
    return found


def until_workers(process: Process, wanted: Callable[[set[int]], bool]) -> set[int]:
    """Wait until the workers are as wanted; return their process ids."""

    def look() -> set[int] | None:
        found = {each.pid for each in workers(process)}
        return found if wanted(found) else None

    try:
        return eventually("the workers", look)
    except AssertionError:
        raise AssertionError(process.output) from None


def both(found: set[int]) -> bool:
    return len(found) == 2


@pytest.mark.parametrize(("number", "count"), [(signal.SIGTERM, 2), (signal.SIGINT, 1)])
def test_calls_under_way_end_well_when_the_command_is_told_to_stop(
    start: Start, number: signal.Signals, count: int
) -> None:
    process, address = start("--processes", str(count))
    until_workers(process, lambda found: len(found) == count)
    with asking(address) as stub, ThreadPoolExecutor(2) as threads:
        # Given a call that waits, on a server that answers
        now = check(stub).revision
        waits = rpc.ListChangesRequest(after_revision=now, max_wait=Duration(seconds=60))
        waiting = threads.submit(stub.ListChanges, waits, timeout=60)
        check(stub)
        # When the command is told to stop
        process.send(number)
        # Then the call is answered, and the command ends well with its workers.
        assert waiting.result().through_revision == now
    assert process.ended() == 0
    assert "Traceback" not in process.output


def test_a_worker_that_is_killed_while_the_database_is_away_does_not_stop_the_others(
    new_postgresql: str, start: Start, outage: Callable[[str], Any]
) -> None:
    # Given two workers and a database that goes away
    process, address = start("--processes", "2", url=new_postgresql)
    killed, stays = until_workers(process, both)
    eventually("answers", lambda: answers(address))
    with outage(new_postgresql):
        # When one worker dies, then it is replaced, and the other goes on
        os.kill(killed, signal.SIGKILL)
        now = until_workers(process, lambda found: both(found) and killed not in found)
        assert stays in now
    # and when the database is back, they answer.
    eventually("answers", lambda: answers(address))


@pytest.mark.parametrize("settled", [True, False], ids=["that served", "that was starting"])
def test_a_command_shares_its_port_with_no_worker_of_one_that_was_killed(
    start: Start, settled: bool
) -> None:
    # Given a command that was killed, and whose workers were not
    process, address = start("--processes", "2")
    orphans = [psutil.Process(pid) for pid in until_workers(process, both)] if settled else []
    process.send(signal.SIGKILL)

    def started_again() -> Process | None:
        with contextlib.suppress(AssertionError):
            return start("--processes", "2", "--listen", address)[0]
        return None

    # When it is started again, which it refuses while they listen
    again = eventually("a new command", started_again)
    # Then nobody but its workers listens there,
    found = until_workers(again, both)
    port = int(address.rpartition(":")[2])
    listening = {
        each.pid
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and each.laddr.port == port
    }
    assert listening == found
    # and those of the killed one have gone.
    assert psutil.wait_procs(orphans, timeout=60)[1] == []


def test_an_acknowledged_write_survives_kill_9_of_everything(new_sqlite: str, start: Start) -> None:
    process, address = start()
    with asking(address) as stub:
        made = suppress(stub)
        for each in (*psutil.Process(process.pid).children(), psutil.Process(process.pid)):
            each.kill()
    with contextlib.closing(Store.open(new_sqlite)) as store:
        [entry] = store.address(JANE).suppressions
    assert made.revision.endswith(f".{entry.revision}")


def test_a_write_on_one_worker_is_seen_by_checks_on_another_every_time(start: Start) -> None:
    # Given two workers that look for changes rarely, and connections to both
    process, address = start("--processes", "2", "--poll-seconds", "10")
    until_workers(process, both)
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(4) as threads:
        stubs = [stack.enter_context(asking(address)) for _ in range(8)]

        def write_then_check(name: str) -> list[int]:
            verdicts = []
            for number in range(40):
                writer, reader = stubs[number % 8], stubs[(number * 3 + 1) % 8]
                made = suppress(writer, f"{name}{number}@x.org")
                answer = check(reader, f"{name}{number}@x.org", min_revision=made.revision)
                verdicts.append(answer.verdict)
            return verdicts

        # When four write on one connection and check on another, again and again
        told = list(threads.map(write_then_check, "abcd"))
    # Then no check misses the write that it names.
    assert told == [[pb.VERDICT_DO_NOT_SEND] * 40] * 4


def test_a_port_in_use_is_one_line_and_a_status(new_sqlite: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run([SERVE, "serve", "--database-url", new_sqlite, "--listen", listen])
    [line] = ended.stderr.splitlines()
    assert ended.returncode == 3
    assert re.search(f"cannot listen on {listen}: .*in use", line)


def test_a_second_server_on_the_port_of_a_first_is_refused(start: Start, new_sqlite: str) -> None:
    _, address = start()
    ended = run([SERVE, "serve", "--database-url", new_sqlite, "--listen", address])
    assert ended.returncode == 3
    assert "in use" in ended.stderr


def test_an_address_of_another_machine_is_told_and_a_status(new_sqlite: str) -> None:
    told = ["--database-url", new_sqlite, "--listen", "192.0.2.1:50051", "--insecure"]
    ended = run([SERVE, "serve", *told])
    assert ended.returncode == 3
    assert "cannot listen on 192.0.2.1" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_nothing_that_the_server_writes_holds_an_address(
    new_postgresql: str, start: Start, outage: Callable[[str], Any]
) -> None:
    process, address = start("--log-format", "json", url=new_postgresql)
    with asking(address) as stub:
        # Given calls of every kind, good and bad
        made = suppress(stub)
        check(stub, min_revision=made.revision)
        for broken in (f"{JANE}@", f"{JANE}\0", f"<{JANE}>"):
            check(stub, broken)
            with contextlib.suppress(grpc.RpcError):
                suppress(stub, broken)
        with contextlib.suppress(grpc.RpcError):
            stub.GetAddress(rpc.GetAddressRequest(address=f"{JANE}@"))
        # and writes that the database refuses
        with outage(new_postgresql), contextlib.suppress(grpc.RpcError):
            suppress(stub)
    process.send(signal.SIGTERM)
    assert process.ended() == 0
    # Then what was written is there and knows nobody.
    assert "draining" in process.output
    assert "jane" not in process.output.lower()


@pytest.mark.parametrize(
    "module",
    ["suppression_service.server.processes", "suppression_service.cli"],
)
def test_importing_brings_in_no_grpc(module: str) -> None:
    code = f"import {module}, sys; print([m for m in sys.modules if m.split('.')[0] == 'grpc'])"
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={**os.environ}
    )
    assert told.stdout.strip() == "[]"
