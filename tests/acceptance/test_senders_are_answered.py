import json
import signal
import threading
from collections import Counter
from dataclasses import dataclass

import grpc
import pytest

from deploy.local.events import bounce
from suppression import Reason, Verdict
from suppression.v1 import suppression_service_pb2 as pb
from suppression.v1 import suppression_service_pb2_grpc as pb_grpc
from tests.support.processes import BIN, eventually, run
from tests.support.system import System

CALLERS = 4
# gRPC cancels the calls that it has read and no handler has taken yet when its server
# stops (grpc/grpc#41785, open). Clients take both for "could not be asked".
NOT_ANSWERED = ("UNAVAILABLE", "CANCELLED")


# In one worker of pytest-xdist, so that the server is drained once for both.
ONCE = pytest.mark.xdist_group("drain")


class Load:
    """Callers that ask one question after the other, and count how each went.

    Args:
        address: of the server.
    """

    def __init__(self, address: str) -> None:
        self.outcomes: Counter[str] = Counter()
        self._address = address
        self._enough = threading.Event()
        self._callers = [threading.Thread(target=self._ask_on) for _ in range(CALLERS)]

    def __enter__(self) -> "Load":
        for caller in self._callers:
            caller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for caller in self._callers:
            caller.join()

    def _ask_on(self) -> None:
        # No retries of the library's own: each status is one that the server gave.
        with grpc.insecure_channel(self._address, [("grpc.enable_retries", 0)]) as channel:
            stub = pb_grpc.SuppressionServiceStub(channel)
            while not self._enough.is_set():
                try:
                    stub.CheckAddress(pb.CheckAddressRequest(address="a@example.com"), timeout=30)
                    self.outcomes["OK"] += 1
                except grpc.RpcError as error:
                    self.outcomes[error.code().name] += 1


@dataclass(frozen=True)
class Drain:
    """How a server that was asked to stop under load did so."""

    outcomes: Counter[str]
    status: int


@pytest.fixture(scope="module")
def drain(module_system: System) -> Drain:
    server = module_system.start_server()
    with Load(module_system.address) as load:
        eventually("the load is on", lambda: load.outcomes["OK"] > 100)
        server.send(signal.SIGTERM)
        status = server.ended()
    return Drain(load.outcomes, status)


@ONCE
def test_checks_during_a_drain_fail_only_as_not_answered(drain: Drain) -> None:
    assert set(drain.outcomes) <= {"OK", *NOT_ANSWERED}


@ONCE
def test_a_drain_ends_without_an_error(drain: Drain) -> None:
    assert drain.status == 0


def test_a_write_through_one_process_is_seen_by_every_process(system: System, address: str) -> None:
    with system.client() as writer:
        revision = writer.suppress(address, Reason.MANUAL).revision
    # Each client is one connection, and a connection stays with one of two processes.
    verdicts = set()
    for _ in range(16):
        with system.client() as reader:
            verdicts.add(reader.check(address, min_revision=revision).verdict)
    assert verdicts == {Verdict.DO_NOT_SEND}


def test_feedback_reaches_every_process(system: System, address: str) -> None:
    system.publish(bounce(address))
    system.settle()
    assert {system.check(address).verdict for _ in range(16)} == {Verdict.DO_NOT_SEND}


def test_text_that_is_no_address_is_an_answer(system: System) -> None:
    with system.client() as client:
        assert client.check("no address").reason == Reason.INVALID_ADDRESS


def test_the_shell_command_exits_with_1_for_an_address_not_to_be_mailed(
    system: System, address: str
) -> None:
    system.publish(bounce(address))
    system.settle()
    system.check(address)
    done = run([BIN / "suppression", "check", address, "--server", system.address])
    assert done.returncode == 1


def test_a_grpc_client_without_our_stubs_gets_the_verdict(system: System, address: str) -> None:
    with system.client() as client:
        revision = client.suppress(address, Reason.MANUAL).revision
    url = f"http://{system.address}/suppression.v1.SuppressionService/CheckAddress"
    asked = json.dumps({"address": address, "minRevision": revision})
    done = run(
        [BIN / "buf", "curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", asked, url]
    )
    assert json.loads(done.stdout)["verdict"] == "VERDICT_DO_NOT_SEND"
