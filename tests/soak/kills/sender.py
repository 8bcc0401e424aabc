"""A sender with its own connection, for which the kernel chooses a server process."""

import time
from typing import Any, Final, Self

import grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from tests.soak.kills.ledger import Seen, Write

#: Deadlines of a check and of a write. A write waits for locks of the database.
CHECK_SECONDS: Final = 2.0
WRITE_SECONDS: Final = 10.0

# Without gRPC's retries, so that every attempt is recorded.
_OPTIONS: Final = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
]
_NOT_ANSWERED: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
)


class NotAnswered(Exception):
    """The service was down, or had no answer; the message is its reason."""


class Refused(Exception):
    """The service refused the request; the message says why."""


class Sender:
    """Makes calls, each once without retries.

    Args:
        address: of the service.
    """

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address, _OPTIONS)
        self._stub: Any = SuppressionServiceStub(self._channel)
        self._health: Any = health_pb2_grpc.HealthStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def serving(self) -> bool:
        """Return whether the server process reports SERVING.

        Raises:
            NotAnswered: the process is down.
        """
        answer = self._call(self._health.Check, health_pb2.HealthCheckRequest(), CHECK_SECONDS)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def write(self, address: str, *, suppress: bool) -> str:
        """Suppress or unsuppress; return the revision.

        Raises:
            NotAnswered: the write may have been made or not.
            Refused: it was not made.
        """
        if suppress:
            new = rpc.SuppressRequest(address=address, reason=pb.REASON_MANUAL)
            return str(self._call(self._stub.Suppress, new, WRITE_SECONDS).revision)
        removal = rpc.UnsuppressRequest(address=address)
        return str(self._call(self._stub.Unsuppress, removal, WRITE_SECONDS).revision)

    def check(self, address: str, at_least: str = "") -> Seen:
        """Check an address, at a minimum revision if one is given.

        Raises:
            NotAnswered: there is no answer.
            Refused: the service refuses this check.
        """
        question = rpc.CheckAddressRequest(address=address, min_revision=at_least)
        asked = time.time()
        answer = self._call(self._stub.CheckAddress, question, CHECK_SECONDS)
        return Seen(
            address=address,
            suppressed=answer.verdict != pb.VERDICT_SEND,
            revision=number_of(answer.revision),
            at_least=number_of(at_least) if at_least else 0,
            as_of=answer.as_of_time.ToNanoseconds() / 1e9,
            asked=asked,
        )

    def wait(self, address: str, seconds: float) -> None:
        """Wait until there is an answer about an address."""
        question = rpc.CheckAddressRequest(address=address)
        self._stub.CheckAddress(question, wait_for_ready=True, timeout=seconds)

    def _call(self, method: Any, request: Any, seconds: float) -> Any:
        try:
            return method(request, timeout=seconds)
        except grpc.RpcError as error:
            kind = NotAnswered if error.code() in _NOT_ANSWERED else Refused
            raise kind(_reason(error) or error.code().name) from error


def acknowledged(revision: str, *, suppressed: bool, attempts: int) -> Write:
    """Return the ledger's record of a write."""
    return Write(number_of(revision), suppressed, attempts == 1)


def number_of(revision: str) -> int:
    """Return the number in a revision; only tests may parse revisions."""
    return int(revision.rpartition(".")[2])


def _reason(error: grpc.RpcError) -> str:
    info = error_details_pb2.ErrorInfo()
    for detail in getattr(rpc_status.from_call(error), "details", ()):
        detail.Unpack(info)
    return str(info.reason)
