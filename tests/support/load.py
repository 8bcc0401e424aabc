"""A system under load during a fault: senders that keep calling and record every answer."""

import contextlib
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from deploy.local.aws import StandIn
from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.store import NewSuppression, Reason, Store, Suppression
from tests.support.processes import DEADLINE, Processes
from tests.support.system import System

#: On the list before the load begins: every check must answer "do not send".
LISTED: Final = "listed@example.com"
#: Seconds between two calls of one sender.
_PAUSE: Final = 0.01


def started_system(url: str, stand_in: StandIn, processes: Processes, folder: Path) -> System:
    """Return a system on a database that has a schema: its service and its worker run."""
    # Longer than any fault: SQS does not redeliver a worker's messages meanwhile.
    wiring = stand_in.wire(f"t{secrets.token_hex(6)}", visibility_seconds=5, max_receive_count=9)
    with contextlib.closing(Store.open(url)) as store, store.write() as transaction:
        transaction.suppress([NewSuppression(LISTED, Reason.COMPLAINT)])
    system = System(processes, url, stand_in, wiring, folder)
    system.start_server()
    system.start_worker()
    return system


def listed(store: Store) -> dict[str, Suppression]:
    """Return every entry of a list, each of another address."""
    return {entry.address: entry for entry in store.changes(0, 1_000_000).changes}


class Load:
    """Two senders that check and three that suppress, each on a connection of its own.

    Nothing is tried again behind their backs: a call that fails is a failure that is seen.

    Args:
        address: of the service.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._stop = threading.Event()
        #: Every answer to a check, and the reason of every refusal.
        self.checks: list[Any] = []
        self.refused_checks: list[str] = []
        #: The addresses whose Suppress was confirmed, with the revision; and the reasons why not.
        self.confirmed: dict[str, str] = {}
        self.refused_writes: list[str] = []

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Call for the length of the block."""
        senders = [self._check, self._check, *(self._suppressing(name) for name in "abc")]
        threads = [threading.Thread(target=self._send, args=(call,)) for call in senders]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _send(self, call: Callable[[Any], None]) -> None:
        options = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(self._address, options=options) as channel:
            stub = SuppressionServiceStub(channel)
            while not self._stop.is_set():
                call(stub)
                time.sleep(_PAUSE)

    def _check(self, stub: Any) -> None:
        try:
            asked = rpc.CheckAddressRequest(address=LISTED)
            self.checks.append(stub.CheckAddress(asked, timeout=DEADLINE))
        except grpc.RpcError as error:
            self.refused_checks.append(_reason(error))

    def _suppressing(self, name: str) -> Callable[[Any], None]:
        numbers = itertools.count()

        def suppress(stub: Any) -> None:
            address = f"{name}{next(numbers)}@example.com"
            asked = rpc.SuppressRequest(address=address, reason=pb.REASON_MANUAL)
            try:
                self.confirmed[address] = stub.Suppress(asked, timeout=DEADLINE).revision
            except grpc.RpcError as error:
                self.refused_writes.append(_reason(error))

        return suppress


def _reason(error: Any) -> str:
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    if status is None or not status.details[0].Unpack(info):
        return f"{error.code().name}: {error.details()}"
    return f"{error.code().name} {info.reason}"
