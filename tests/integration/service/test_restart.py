"""The real command, started while its database is away."""

import contextlib
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sqlalchemy import make_url

from deploy.local.aws import free_port
from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.store import NewSuppression, Reason, Store
from tests.support.postgresql import Server, started_server
from tests.support.processes import BIN, Process, Processes, eventually

JANE = "jane@example.com"
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVING = health_pb2.HealthCheckResponse.SERVING

Start = Callable[[str], tuple[Process, grpc.Channel]]


@pytest.fixture
def start(processes: Processes, tmp_path: Path) -> Iterator[Start]:
    """Start the command, always with the same folder for snapshots; give it and a channel."""
    told = ["--listen", "127.0.0.1:0", "--drain-seconds", "0"]
    told += ["--snapshot-directory", str(tmp_path / "snapshots")]
    with contextlib.ExitStack() as channels:

        def started(url: str) -> tuple[Process, grpc.Channel]:
            serve = [f"{BIN}/suppression-service", "serve", "--database-url", url]
            process = processes.start("serve", serve + told)
            address = process.line(r"listens on (\S+)")[1]
            return process, channels.enter_context(grpc.insecure_channel(address))

        yield started


def list_jane(url: str) -> None:
    with contextlib.closing(Store.open(url)) as store, store.write() as transaction:
        transaction.suppress([NewSuppression(JANE, Reason.COMPLAINT)])


def verdict_on_jane(channel: grpc.Channel) -> pb.Verdict:
    stub: Any = SuppressionServiceStub(channel)
    asked = rpc.CheckAddressRequest(address=JANE)
    verdict: pb.Verdict = stub.CheckAddress(asked, wait_for_ready=True, timeout=60).verdict
    return verdict


def health(channel: grpc.Channel) -> int:
    asked = health_pb2.HealthCheckRequest()
    stub = health_pb2_grpc.HealthStub(channel)
    return int(stub.Check(asked, wait_for_ready=True, timeout=60).status)


def leave_a_snapshot(url: str, start: Start) -> None:
    list_jane(url)
    process, channel = start(url)
    assert verdict_on_jane(channel) == pb.VERDICT_DO_NOT_SEND
    process.send(signal.SIGTERM)
    assert process.ended() == 0


@pytest.fixture
def own_postgresql(postgresql_server: str) -> Iterator[Server]:
    # That one has found PostgreSQL, or has said loudly that it is missing.
    with started_server() as server:
        yield server


def test_a_command_that_restarts_while_postgresql_is_stopped_answers_from_its_snapshot(
    own_postgresql: Server, start: Start
) -> None:
    url = own_postgresql.url("postgres")
    Store.open(url, migrate_first=True).close()
    leave_a_snapshot(url, start)
    # When the database is stopped, and the command started again
    own_postgresql.kill()
    process, channel = start(url)
    # Then it says so and answers.
    assert verdict_on_jane(channel) == pb.VERDICT_DO_NOT_SEND
    assert health(channel) == SERVING
    assert "database away; starting without it" in process.output


def test_a_command_that_restarts_while_the_sqlite_file_is_locked_answers_from_its_snapshot(
    new_sqlite: str, start: Start
) -> None:
    impatient = f"{new_sqlite}?timeout=0.1"
    leave_a_snapshot(impatient, start)
    path = str(make_url(new_sqlite).database)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as locked:
        # When somebody else has all of the file, and the command is started again
        locked.execute("PRAGMA locking_mode = EXCLUSIVE")
        locked.execute("BEGIN IMMEDIATE")
        _, channel = start(impatient)
        # Then it answers.
        assert verdict_on_jane(channel) == pb.VERDICT_DO_NOT_SEND


def test_a_command_that_starts_without_database_and_snapshot_serves_once_the_database_is_there(
    new_postgresql: str, start: Start, outage: Callable[[str], Any]
) -> None:
    list_jane(new_postgresql)
    with outage(new_postgresql):
        _, channel = start(new_postgresql)
        assert health(channel) == NOT_SERVING
    eventually("it serves", lambda: health(channel) == SERVING)
    assert verdict_on_jane(channel) == pb.VERDICT_DO_NOT_SEND


def test_a_command_that_cannot_reach_its_database_does_not_show_the_password(start: Start) -> None:
    password = "do-not-show-me"
    process, _ = start(f"postgresql://me:{password}@127.0.0.1:{free_port()}/list")
    process.line("database away at start")
    assert password not in process.output
